import { keepTrying, type Logger, type Patience } from '@gatehouse/service-kit';

/**
 * Writes the link that makes the first administrator to standard output, as soon as the stores say whether there is one. Of
 * several gateways each writes its own: the first that is used makes the others worthless.
 */
export const announceSetUpLink = (deps: {
  readonly setUpLink: () => Promise<string | undefined>;
  readonly patience: Patience;
  readonly logger: Pick<Logger, 'debug'>;
  readonly write?: (text: string) => void;
}): { close(): Promise<void> } => {
  const { setUpLink, patience, logger, write = (text) => void process.stdout.write(text) } = deps;
  const giveUp = new AbortController();
  const announce = async (): Promise<void> => {
    const link = await setUpLink();
    if (link !== undefined) write(`Set-up link, opens once and makes the first administrator: ${link}\n`);
  };
  const done = keepTrying(announce, {
    patience,
    signal: giveUp.signal,
    onFailure: (error) => logger.debug({ err: error }, 'not known yet whether there is an administrator'),
  });
  return {
    async close() {
      giveUp.abort();
      await done;
    },
  };
};
