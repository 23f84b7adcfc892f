/**
 * The token of a set-up link. It stands behind the `#`, so that it reaches no server log on its way here.
 * @param hash of the address, with its `#`
 */
export const setUpToken = (hash: string): string | undefined =>
  new URLSearchParams(hash.replace(/^#/, '')).get('token') ?? undefined;
