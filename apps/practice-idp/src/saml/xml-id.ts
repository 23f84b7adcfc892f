import type { Ids } from '@gatehouse/contracts';

/** A fresh value for an XML `ID`: an NCName must not begin with a digit, and SAML Core 1.3.4 asks for 128 bits. */
export function xmlId(ids: Pick<Ids, 'secret'>): string {
  return `_${ids.secret(20)}`;
}
