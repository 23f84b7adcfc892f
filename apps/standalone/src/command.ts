import { explainStart } from '@gatehouse/service-kit';

/**
 * Runs an operator's command: what it returns goes to standard output; what the operator can mend is one line per fault on
 * standard error, and exit code 1.
 */
export const runCommand = async (run: (args: readonly string[]) => Promise<string>): Promise<void> => {
  try {
    process.stdout.write(await run(process.argv.slice(2)));
  } catch (error) {
    const words = explainStart(error);
    if (words === undefined) console.error(error);
    else process.stderr.write(`${words}\n`);
    process.exitCode = 1;
  }
};
