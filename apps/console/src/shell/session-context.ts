import type { Administrator } from '@gatehouse/contracts';
import { createContext, useContext } from 'react';
import type { Settings } from '../api/session.ts';

export interface ConsoleSession {
  readonly administrator: Administrator;
  readonly settings: Settings;
}

export const ConsoleSessionContext = createContext<ConsoleSession | undefined>(undefined);

/** Who is signed in, and what this installation is called; on every page inside the shell. */
export const useConsoleSession = (): ConsoleSession => {
  const session = useContext(ConsoleSessionContext);
  if (session === undefined) throw new Error('useConsoleSession needs the shell around it');
  return session;
};
