/** Where to go on after the sign-in: a page of the console, never another site. */
export const nextPage = (next: string | null): string =>
  next !== null && /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in') ? next : '/connectors';
