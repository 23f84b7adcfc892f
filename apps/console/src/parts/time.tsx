import { Nothing } from './data-table.tsx';
import { dateTimeWords } from './when.ts';

/** A moment in the reader's own zone; the exact one in the tooltip. */
export const Time = ({ at }: { readonly at: string | undefined }) =>
  at === undefined ? (
    <Nothing />
  ) : (
    <time dateTime={at} title={at} className="no-break">
      {dateTimeWords(at)}
    </time>
  );
