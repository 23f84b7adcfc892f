import type { Connector, User } from '@gatehouse/contracts';
import { type DenyMark, denySubjectsOf, type LoginState } from '@gatehouse/login-state';
import { isUsable } from '../projection/known.ts';
import type { Projection } from '../projection/projection.ts';

/** A user and the connector that he may use now. */
export interface Standing {
  readonly user: User;
  readonly connector: Connector;
}

/** Who and what stands between a user and the application. `subjectDigest`: the one that the session came by, if any. */
export interface StandingQuestion {
  readonly userId: string;
  readonly connectorId: string;
  readonly subjectDigest?: string | undefined;
}

/** A mark denies until the projection has seen what it was written for; from then on the projection says what holds. */
export const denies = ({ subject, version }: DenyMark, projection: Projection): boolean => {
  const aggregateId = subject.split('/')[1] ?? '';
  return projection.version(aggregateId) < version;
};

/** Whether any of the subjects is marked as denied by a change that this gateway has not seen yet. */
export const isDenied = async (
  deps: { readonly loginState: LoginState; readonly projection: Projection },
  subjects: readonly string[],
): Promise<boolean> => {
  const marks = await deps.loginState.readDenyMarks(subjects);
  return marks.some((mark) => denies(mark, deps.projection));
};

/** What the projection alone says: user active, link there and not of another subject, connector enabled. */
export const projectedStanding = (projection: Projection, question: StandingQuestion): Standing | undefined => {
  const { userId, connectorId, subjectDigest } = question;
  const known = projection.user(userId);
  if (known?.user?.status !== 'active') return undefined;
  const link = known.links.get(connectorId);
  if (link === undefined) return undefined;
  // A link without a subject may be one whose binding this gateway has not seen yet; a freed one has its mark.
  const isOther =
    link.subjectDigest !== undefined && subjectDigest !== undefined && link.subjectDigest !== subjectDigest;
  if (isOther) return undefined;
  const connector = projection.connector(connectorId);
  return isUsable(connector) ? { user: known.user, connector: connector.connector } : undefined;
};

/** `projectedStanding`, and no deny mark. @throws LoginStateError `state_unavailable` */
export const standing = async (
  deps: { readonly loginState: LoginState; readonly projection: Projection },
  question: StandingQuestion,
): Promise<Standing | undefined> => {
  const found = projectedStanding(deps.projection, question);
  if (found === undefined) return undefined;
  const { userId, connectorId } = question;
  return (await isDenied(deps, denySubjectsOf(userId, connectorId))) ? undefined : found;
};
