import type { SessionKind } from '../login-state.ts';

/** Names of the keys that this side makes; the scripts make the others. All begin with the prefix of the installation. */
export const keysUnder = (prefix: string) => ({
  attempt: (handle: string): string => `${prefix}attempt:${handle}`,
  answer: (key: string): string => `${prefix}answer:${key}`,
  once: (key: string): string => `${prefix}once:${key}`,
  session: (kind: SessionKind, tokenHash: string): string => `${prefix}session:${kind}:${tokenHash}`,
  denyMark: (subject: string): string => `${prefix}deny:${subject}`,
  facts: `${prefix}facts`,
  probe: `${prefix}probe`,
});

export type Keys = ReturnType<typeof keysUnder>;

/** Name of a list of sessions without the prefix: of one principal, else of one connector, else all. */
export const sessionIndex = (match: {
  readonly kind: SessionKind;
  readonly principalId?: string | undefined;
  readonly connectorId?: string | undefined;
}): string => {
  const { kind, principalId, connectorId } = match;
  // A user has few sessions, a connector may have all of them: with both, the user's are looked through.
  if (principalId !== undefined) return `sessions:${kind}:of:${principalId}`;
  return connectorId === undefined ? `sessions:${kind}` : `sessions:${kind}:by:${connectorId}`;
};
