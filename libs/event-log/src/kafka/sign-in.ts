import type { Clock } from '@gatehouse/contracts';
import type { KafkaSasl } from './kafka-options.ts';
import { type ClientCredentials, clientCredentialsToken, fileToken } from './oauth-token.ts';

/** How to sign in to the brokers, in words: as settings say it. */
export type KafkaSignIn =
  | Exclude<KafkaSasl, { readonly mechanism: 'oauthbearer' }>
  | {
      readonly mechanism: 'oauthbearer';
      readonly source: Omit<ClientCredentials, 'clock' | 'timeoutMs'> | { readonly tokenFile: string };
    };

/** Tokens are got when a connection needs one, not here. */
export const kafkaSasl = (signIn: KafkaSignIn | undefined, clock: Clock): KafkaSasl | undefined => {
  if (signIn?.mechanism !== 'oauthbearer') return signIn;
  const { mechanism, source } = signIn;
  const token = 'tokenFile' in source ? fileToken(source.tokenFile) : clientCredentialsToken({ ...source, clock });
  return { mechanism, token };
};
