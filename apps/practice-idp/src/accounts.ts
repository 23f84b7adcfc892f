/** Somebody who can sign in here. */
export interface Account {
  readonly email: string;
  readonly givenName: string;
  readonly surname: string;
}

/** Those offered on the sign-in page. Any other address can be typed. */
export const practiceAccounts: readonly Account[] = [
  { email: 'alice@example.com', givenName: 'Alice', surname: 'Adams' },
  { email: 'bob@example.com', givenName: 'Bob', surname: 'Brown' },
];

const longestAddress = 254;

/** The account of an e-mail address; unknown people get a name made from the address. */
export function accountOf(address: string): Account | undefined {
  const email = address.trim();
  if (email.length > longestAddress || !/^[^\s@]+@[^\s@]+$/.test(email)) return undefined;
  const known = practiceAccounts.find((account) => account.email === email.toLowerCase());
  // As it was typed: how a service provider takes upper case is worth trying.
  if (known !== undefined) return { ...known, email };
  const [givenName = email, ...surnames] = email
    .slice(0, email.indexOf('@'))
    .split(/[._-]+/)
    .map(capitalised);
  return { email, givenName, surname: surnames.join(' ') || 'Practice' };
}

export function displayName(account: Account): string {
  return `${account.givenName} ${account.surname}`;
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
