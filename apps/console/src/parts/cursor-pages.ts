import { useState } from 'react';

/** Cursors of the pages before the one on the screen; the first page has none. */
export interface CursorPages {
  /** 1 for the first page. */
  readonly number: number;
  readonly cursor: string | undefined;
  next(cursor: string): void;
  previous(): void;
  first(): void;
}

/**
 * Pages of a list that knows only its next cursor: the way back is remembered here.
 * @param list names the list with its filters; another name begins at the first page again
 */
export const useCursorPages = (list: string): CursorPages => {
  const [trail, setTrail] = useState<{ readonly list: string; readonly cursors: readonly string[] }>({
    list,
    cursors: [],
  });
  const cursors = trail.list === list ? trail.cursors : [];
  return {
    number: cursors.length + 1,
    cursor: cursors.at(-1),
    next: (cursor) => setTrail({ list, cursors: [...cursors, cursor] }),
    previous: () => setTrail({ list, cursors: cursors.slice(0, -1) }),
    first: () => setTrail({ list, cursors: [] }),
  };
};
