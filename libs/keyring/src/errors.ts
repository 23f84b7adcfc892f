export const keyringErrorCodes = [
  'master_keys_invalid',
  'key_file_invalid',
  'key_file_permissions',
  'key_file_busy',
  'key_unknown',
  'sealed_malformed',
  'sealed_refused',
  'passphrase_hash_invalid',
  'passphrase_busy',
  'signing_keys_closed',
  'signing_keys_contended',
  'signing_key_invalid',
  'token_life_too_long',
  'token_malformed',
  'token_algorithm',
  'token_unknown_key',
  'token_signature',
  'token_type',
  'token_issuer',
  'token_audience',
  'token_expired',
  'token_claim',
  'jwks_unavailable',
] as const;
export type KeyringErrorCode = (typeof keyringErrorCodes)[number];

/** Every failure of this library. Messages name keys by id and never carry key material, plaintext or tokens. */
export class KeyringError extends Error {
  override readonly name = 'KeyringError';
  readonly code: KeyringErrorCode;
  constructor(code: KeyringErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
