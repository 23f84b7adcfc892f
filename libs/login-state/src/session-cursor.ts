import { LoginStateError, type SessionQuery } from './login-state.ts';

/** Where a page ended, and the list it belongs to: a cursor of another list is refused. */
type CursorParts = readonly [kind: string, principal: string, connector: string, id: string];

const decodeCursor = (cursor: string): readonly unknown[] => {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
};

/** The cursor behind the session `id` of the list that `query` asks for. */
export const cursorAfter = ({ kind, principalId = '', connectorId = '' }: SessionQuery, id: string): string => {
  const parts: CursorParts = [kind, principalId, connectorId, id];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
};

/** The id that the page asked for begins behind. @throws LoginStateError `cursor_invalid` for a cursor of another list */
export const idBefore = ({ kind, principalId = '', connectorId = '', cursor }: SessionQuery): string | undefined => {
  if (cursor === undefined) return undefined;
  const [ofKind, ofPrincipal, ofConnector, id] = decodeCursor(cursor);
  if (ofKind !== kind || ofPrincipal !== principalId || ofConnector !== connectorId || typeof id !== 'string') {
    throw new LoginStateError('cursor_invalid', 'the cursor is not one that this list gave');
  }
  return id;
};
