const dayMs = 86_400_000;

/** From how many days before its end a certificate is shown as expiring. */
export const expiryWarningDays = 30;

const dateAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const dateOnly = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** An ISO time in the reader's own language and zone. */
export const dateTimeWords = (iso: string): string => dateAndTime.format(new Date(iso));
export const dateWords = (iso: string): string => dateOnly.format(new Date(iso));

export interface Validity {
  readonly state: 'future' | 'valid' | 'expiring' | 'expired';
  readonly words: string;
}

/**
 * What to say of a certificate's dates.
 * @param now epoch milliseconds
 */
export const validityOf = (dates: { readonly notBefore: string; readonly notAfter: string }, now: number): Validity => {
  const left = Date.parse(dates.notAfter) - now;
  if (left < 0) return { state: 'expired', words: `Expired on ${dateWords(dates.notAfter)}` };
  if (Date.parse(dates.notBefore) > now) {
    return { state: 'future', words: `Not valid before ${dateWords(dates.notBefore)}` };
  }
  const days = Math.floor(left / dayMs);
  if (days >= expiryWarningDays) return { state: 'valid', words: `Valid until ${dateWords(dates.notAfter)}` };
  if (days === 0) return { state: 'expiring', words: 'Expires within a day' };
  return { state: 'expiring', words: `Expires in ${days} ${days === 1 ? 'day' : 'days'}` };
};

const order = ['valid', 'future', 'expiring', 'expired'] as const;

/** The worst state among several certificates: that is what a list shows. */
export const worstValidity = (all: readonly Validity[]): Validity | undefined =>
  [...all].sort((one, other) => order.indexOf(other.state) - order.indexOf(one.state))[0];
