import { randomBytes } from 'node:crypto';

/** The address of a database that nobody else uses, on a server. */
export const freshDatabase = (uri: string): string => `${uri}/gatehouse-${randomBytes(6).toString('hex')}`;
