import { type Static, Type } from 'typebox';
import { AdministratorId, ApiKeyId, Closed, Time, Version } from './primitives.ts';

/** What an API key or administrator may do. `admin` includes `read`; administrators have `admin`. */
export const rights = ['admin', 'read', 'sessions:check', 'grants:read'] as const;
export type Right = (typeof rights)[number];
export const Right = Type.Enum(rights);

export const Administrator = Closed({
  id: AdministratorId,
  /** Sign-in name: an e-mail address in canonical form. */
  username: Type.String(),
  displayName: Type.String(),
  version: Version,
  createdAt: Time,
  updatedAt: Time,
});
export type Administrator = Static<typeof Administrator>;

/** Bounds of a passphrase, in characters (NIST SP 800-63B 3.1.1: length, no composition rules). */
export const passphraseLimits = { least: 12, most: 256 } as const;

/** Body of `POST /api/administrators` (right `admin`) and, with `token`, of `POST /api/administrators/setup`. */
export const NewAdministrator = Closed({
  username: Type.String(),
  displayName: Type.Optional(Type.String({ maxLength: 200 })),
  passphrase: Type.String({ minLength: passphraseLimits.least, maxLength: passphraseLimits.most }),
});
export type NewAdministrator = Static<typeof NewAdministrator>;

export const AdministratorSetup = Closed({ ...NewAdministrator.properties, token: Type.String({ maxLength: 128 }) });
export type AdministratorSetup = Static<typeof AdministratorSetup>;

/** Body of `POST /api/administrators/sign-in`. */
export const AdministratorSignIn = Closed({
  username: Type.String({ maxLength: 1024 }),
  passphrase: Type.String({ maxLength: 1024 }),
});
export type AdministratorSignIn = Static<typeof AdministratorSignIn>;

/** Answer of `GET /api/administrators/me` and of a sign-in: who is signed in to the console, and the token that changes must bring. */
export const AdministratorSession = Closed({ administrator: Administrator, csrfToken: Type.String(), expiresAt: Time });
export type AdministratorSession = Static<typeof AdministratorSession>;

export const ApiKey = Closed({
  id: ApiKeyId,
  name: Type.String({ minLength: 1, maxLength: 200 }),
  rights: Type.Array(Right, { minItems: 1, uniqueItems: true }),
  expiresAt: Type.Optional(Time),
  createdAt: Time,
});
export type ApiKey = Static<typeof ApiKey>;

export const NewApiKey = Closed({
  name: Type.String({ minLength: 1, maxLength: 200 }),
  rights: Type.Array(Right, { minItems: 1, maxItems: 4, uniqueItems: true }),
  expiresAt: Type.Optional(Time),
});
export type NewApiKey = Static<typeof NewApiKey>;

/** Answer of `POST /api/api-keys`: the only time that the key itself is seen. */
export const CreatedApiKey = Closed({ ...ApiKey.properties, key: Type.String() });
export type CreatedApiKey = Static<typeof CreatedApiKey>;
