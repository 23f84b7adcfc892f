import { hash } from 'node:crypto';

/**
 * What is stored instead of a token: its SHA-256 as base64url. Only for tokens of at least 128 random bits (session tokens,
 * API keys, set-up links): they cannot be guessed, so that neither a salt nor a slow hash adds anything.
 */
export const tokenHash = (token: string): string => hash('sha256', token, 'base64url');
