import type { Connector, User } from '@gatehouse/contracts';
import type { SamlConnectorSettings } from '@gatehouse/saml';

/** A connector as the gateway knows it. `connector` is undefined once it was deleted. */
export interface KnownConnector {
  readonly id: string;
  readonly version: number;
  readonly connector: Connector | undefined;
  /** What the service provider is given: one object per version, so that it need not be compared. */
  readonly saml: SamlConnectorSettings | undefined;
}

/** A connector that people can sign in through now. */
export interface UsableConnector extends KnownConnector {
  readonly connector: Connector;
  readonly saml: SamlConnectorSettings;
}

export const isUsable = (known: KnownConnector | undefined): known is UsableConnector =>
  known?.connector?.enabled === true;

export interface KnownLink {
  readonly subjectDigest: string | undefined;
}

/** A user as the gateway knows him. `user` is undefined once he was deleted. */
export interface KnownUser {
  readonly id: string;
  readonly version: number;
  readonly user: User | undefined;
  /** By connector id. */
  readonly links: ReadonlyMap<string, KnownLink>;
}

/** Why sessions have to end; the `reason` of `session.revoked`. */
export const endingReasons = [
  'user_suspended',
  'user_deleted',
  'user_unlinked',
  'subject_freed',
  'connector_disabled',
  'connector_deleted',
] as const;
export type EndingReason = (typeof endingReasons)[number];

/** The sessions of a user, of a connector, or of a user through a connector. */
export interface Ending {
  readonly userId?: string | undefined;
  readonly connectorId?: string | undefined;
  readonly reason: EndingReason;
}

export interface StoredEnding extends Ending {
  readonly number: number;
}

const connectorEnding = (before: KnownConnector | undefined, after: KnownConnector): readonly Ending[] => {
  const connectorId = after.id;
  // Unknown before: the view is new and cannot tell what it missed.
  const wasUsable = before === undefined || isUsable(before);
  if (after.connector === undefined && before?.connector === undefined && before !== undefined) return [];
  if (after.connector === undefined) return [{ connectorId, reason: 'connector_deleted' }];
  return wasUsable && !isUsable(after) ? [{ connectorId, reason: 'connector_disabled' }] : [];
};

const linkEndings = (before: KnownUser, after: KnownUser): readonly Ending[] =>
  [...before.links].flatMap(([connectorId, link]): readonly Ending[] => {
    const now = after.links.get(connectorId);
    if (now === undefined) return [{ userId: after.id, connectorId, reason: 'user_unlinked' }];
    const isOther = link.subjectDigest !== undefined && link.subjectDigest !== now.subjectDigest;
    return isOther ? [{ userId: after.id, connectorId, reason: 'subject_freed' }] : [];
  });

const userEndings = (before: KnownUser | undefined, after: KnownUser): readonly Ending[] => {
  const userId = after.id;
  if (after.user === undefined) {
    return before !== undefined && before.user === undefined ? [] : [{ userId, reason: 'user_deleted' }];
  }
  if (after.user.status !== 'active') {
    return before?.user?.status === after.user.status ? [] : [{ userId, reason: 'user_suspended' }];
  }
  return before === undefined ? [] : linkEndings(before, after);
};

/** Which sessions a change puts an end to: pure, from what was known before and what is known now. */
export const endingsOf = { connector: connectorEnding, user: userEndings } as const;
