/**
 * Keys and what is done with them: a ring of master keys that seals secrets at rest (AES-256-GCM, bound to their row), the key
 * file of the embedded default, ES256 signing keys with rotation and their JWKS, the verifier of our own tokens, and hashes
 * of tokens and passphrases. It stores nothing but the key file: sealed values and signing keys lie where the caller puts them. No
 * message, error or log of it may show key material, a plaintext or a token; nothing here decides who may do what.
 */
export * from './errors.ts';
export * from './key-file.ts';
export * from './key-ring.ts';
export * from './master-keys.ts';
export * from './passphrase.ts';
export * from './signing/signing-key-store.ts';
export * from './signing/signing-keys.ts';
export { signingAlgorithm, type TokenExpectation, type VerifiedClaims } from './signing/token.ts';
export * from './signing/token-verifier.ts';
export * from './token-hash.ts';
