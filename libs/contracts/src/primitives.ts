import { type TObject, type TProperties, Type } from 'typebox';

/** An object that has no members but these: an unknown field is an error, never ignored. */
export const Closed = <Properties extends TProperties>(properties: Properties): TObject<Properties> =>
  Type.Object(properties, { additionalProperties: false });

const identifier = (prefix: string) => Type.String({ pattern: `^${prefix}_[0-9a-hjkmnp-tv-z]{26}$` });

export const ConnectorId = identifier('con');
export const UserId = identifier('usr');
export const AdministratorId = identifier('adm');
export const ApiKeyId = identifier('key');
export const SessionId = identifier('ses');
export const AttemptId = identifier('att');
export const EventId = identifier('evt');

/** RFC 3339 in UTC, as `isoTime` writes it. */
export const Time = Type.String({ format: 'date-time' });

/** The aggregate's version: the number of facts it has published; the sequence of its newest fact. */
export const Version = Type.Integer({ minimum: 1 });

export const listLimits = { least: 1, most: 200, default: 50 } as const;

/** Query of every list. The cursor is opaque. */
export const listQuery = {
  limit: Type.Optional(
    Type.Integer({ minimum: listLimits.least, maximum: listLimits.most, default: listLimits.default }),
  ),
  cursor: Type.Optional(Type.String({ maxLength: 1024 })),
};

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}
