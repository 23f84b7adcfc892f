import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/** What is undone when this process ends, however it ends: also by SIGKILL, when no handler of ours runs. */
export interface Watchdog {
  /** The shell command that undoes it, in place of the one before. */
  guard(command: string): void;
  /** Nothing is left to be undone. */
  release(): void;
}

/** Reads commands, keeps the last one and runs it at the end of its input, which comes with the end of its parent. */
const script = 'held=; while read -r line; do held=$line; done; eval "$held"';

/** Starts a shell in a session of its own, so that Ctrl-C in the terminal does not end it before us. */
export function startWatchdog(): Watchdog {
  const shell = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  shell.unref();
  // A child's pipe is a socket; it must not keep this process alive.
  (shell.stdin as unknown as Socket).unref();
  shell.stdin.on('error', () => undefined);
  return {
    guard: (command) => void shell.stdin.write(`${command}\n`),
    release: () => void shell.stdin.end('\n'),
  };
}
