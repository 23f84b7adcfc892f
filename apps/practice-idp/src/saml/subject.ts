import { createHmac } from 'node:crypto';
import type { Ids } from '@gatehouse/contracts';
import { type Account, displayName } from '../accounts.ts';
import type { NameIdFormat } from './draft.ts';
import { nameIdFormats } from './names.ts';
import type { AttributeParts } from './parts.ts';
import { xmlId } from './xml-id.ts';

/** The format that a request's URN stands for; e-mail when it leaves the choice, `undefined` when it is unknown. */
export function nameIdFormatOf(urn: string | undefined): NameIdFormat | undefined {
  if (urn === undefined) return 'emailAddress';
  const formats = Object.entries(nameIdFormats) as [NameIdFormat, string][];
  return formats.find(([, known]) => known === urn)?.[0];
}

/**
 * The NameID of an account (SAML Core 8.3): its address; or an opaque value that stays the same for one service
 * provider and tells nothing to another; or a new one each time.
 */
export function nameIdOf(options: {
  readonly account: Account;
  readonly format: NameIdFormat;
  readonly serviceProvider: string;
  readonly secret: Uint8Array;
  readonly ids: Pick<Ids, 'secret'>;
}): string {
  const { account, format, serviceProvider, secret, ids } = options;
  switch (format) {
    case 'persistent':
      return createHmac('sha256', secret)
        .update(JSON.stringify([serviceProvider, account.email.toLowerCase()]))
        .digest('base64url');
    case 'transient':
      return xmlId(ids);
    default:
      return account.email;
  }
}

export function attributesOf(account: Account): readonly AttributeParts[] {
  return [
    { name: 'email', values: [account.email] },
    { name: 'displayName', values: [displayName(account)] },
    { name: 'givenName', values: [account.givenName] },
    { name: 'surname', values: [account.surname] },
  ];
}
