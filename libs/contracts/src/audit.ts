import { type Static, Type } from 'typebox';
import { Closed, EventId, Time } from './primitives.ts';

export const Change = Closed({ path: Type.String(), before: Type.Unknown(), after: Type.Unknown() });
/** One changed member: `path` is a JSON Pointer; a secret's values read `•••`; an absent value is `null`. */
export type Change = Static<typeof Change>;

/** An item of `GET /api/audit`: one fact, as a line to read. */
export const AuditEntry = Closed({
  id: EventId,
  time: Time,
  type: Type.String(),
  /** Who did it: `administrator/adm_…`, `api-key/key_…`, `user/usr_…` or `system/<what>`. */
  actor: Type.String(),
  /** Ids and names the entry is found by: the aggregate, user, connector, refusal reference. */
  subjects: Type.Array(Type.String()),
  /** What users and connectors among the subjects are called now, by id; the deleted ones have no name any more. */
  names: Type.Optional(Type.Record(Type.String(), Type.String())),
  traceId: Type.Optional(Type.String()),
  changed: Type.Optional(Type.Array(Change)),
  data: Type.Record(Type.String(), Type.Unknown()),
});
export type AuditEntry = Static<typeof AuditEntry>;
