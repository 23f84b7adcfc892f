/** Public half of an ES256 key. */
export interface PublicSigningJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

/** `next`: published, does not sign yet. `active`: signs. `retired`: still published, signs no more. */
export type SigningKeyState = 'next' | 'active' | 'retired';

export interface StoredSigningKey {
  readonly kid: string;
  readonly state: SigningKeyState;
  readonly publicJwk: PublicSigningJwk;
  /** The private JWK as JSON, sealed; see `signingKeyBinding`. */
  readonly sealedPrivate: string;
  /** Epoch milliseconds of the step into `state`. */
  readonly since: number;
}

export interface StoredSigningKeys {
  /** Of the set as a whole; 0 when nothing was ever saved. */
  readonly revision: number;
  readonly keys: readonly StoredSigningKey[];
}

/** Where signing keys are kept. All keys are one value, so that a rotation is one write. */
export interface SigningKeyStore {
  load(): Promise<StoredSigningKeys>;
  /** Saves when the stored revision is still `expectedRevision` (the revision grows); false, and nothing changed, when not. */
  save(keys: readonly StoredSigningKey[], expectedRevision: number): Promise<boolean>;
}

/** Where a process keeps the keys that it saw last, to start with while the store does not answer. Private halves stay sealed. */
export interface SigningKeyCopy {
  /** undefined when there is none, or none that can be read. */
  read(): Promise<readonly StoredSigningKey[] | undefined>;
  write(keys: readonly StoredSigningKey[]): Promise<void>;
}
