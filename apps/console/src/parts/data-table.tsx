import { Paper, Table, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Fragment, type ReactNode } from 'react';

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Cut long values off with an ellipsis; the whole value is in the tooltip and can be copied. */
  readonly cut?: boolean;
  /** Left out of the card on narrow screens when there is nothing to say. */
  readonly hasValue?: (row: Row) => boolean;
}

export interface DataTableProps<Row> {
  /** What the table lists; read out by screen readers. */
  readonly label: string;
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
  /** The column that names the row: its header, and the head of its card. */
  readonly head: Column<Row>;
  readonly actions?: (row: Row) => ReactNode;
  /** Below a row, over its whole width. */
  readonly detail?: (row: Row) => ReactNode;
  /** The width of the window, in em, from which all columns fit beside the navigation; 62 unless told. */
  readonly fitsFrom?: number;
}

/** A table where there is room, one card per row where there is none. */
export const DataTable = <Row,>(props: DataTableProps<Row>) => {
  const { fitsFrom = 62 } = props;
  const wide = useMediaQuery(`(min-width: ${fitsFrom}em)`, true, { getInitialValueInEffect: false });
  return wide ? <Rows {...props} /> : <Cards {...props} />;
};

const Rows = <Row,>({ label, rows, rowKey, columns, head, actions, detail }: DataTableProps<Row>) => {
  const width = columns.length + (actions === undefined ? 1 : 2);
  return (
    <Paper withBorder radius="md" className="data-table">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable by keyboard */}
      <section className="data-table-scroll" aria-label={label} tabIndex={0}>
        <Table verticalSpacing="sm" horizontalSpacing="sm">
          <caption className="visually-hidden">{label}</caption>
          <Table.Thead>
            <Table.Tr>
              {[head, ...columns].map((column) => (
                <Table.Th key={column.key} scope="col" className={column.cut === true ? 'data-table-cut' : ''}>
                  {column.title}
                </Table.Th>
              ))}
              {actions !== undefined && (
                <Table.Th scope="col" className="data-table-actions">
                  <span className="visually-hidden">Actions</span>
                </Table.Th>
              )}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => {
              const below = detail?.(row);
              return (
                <Fragment key={rowKey(row)}>
                  <Table.Tr>
                    <Table.Th scope="row" className="data-table-head">
                      {head.cell(row)}
                    </Table.Th>
                    {columns.map((column) => (
                      <Table.Td key={column.key} className={column.cut === true ? 'data-table-cut' : ''}>
                        {column.cell(row)}
                      </Table.Td>
                    ))}
                    {actions !== undefined && <Table.Td className="data-table-actions">{actions(row)}</Table.Td>}
                  </Table.Tr>
                  {below !== undefined && (
                    <Table.Tr className="data-table-detail">
                      <Table.Td colSpan={width}>{below}</Table.Td>
                    </Table.Tr>
                  )}
                </Fragment>
              );
            })}
          </Table.Tbody>
        </Table>
      </section>
    </Paper>
  );
};

const Cards = <Row,>({ label, rows, rowKey, columns, head, actions, detail }: DataTableProps<Row>) => (
  <ul className="data-cards" aria-label={label}>
    {rows.map((row) => (
      <Paper component="li" withBorder radius="md" p="md" key={rowKey(row)} className="data-card">
        <div className="data-card-head">
          <div className="data-card-name">{head.cell(row)}</div>
          {actions?.(row)}
        </div>
        <dl>
          {columns
            .filter((column) => column.hasValue?.(row) ?? true)
            .map((column) => (
              <div key={column.key}>
                <Text component="dt" size="xs" c="dimmed">
                  {column.title}
                </Text>
                <dd>{column.cell(row)}</dd>
              </div>
            ))}
        </dl>
        {detail?.(row)}
      </Paper>
    ))}
  </ul>
);

/** What a cell without a value shows. */
export const Nothing = () => (
  <Text span c="dimmed">
    <span aria-hidden="true">—</span>
    <span className="visually-hidden">none</span>
  </Text>
);

/** An address or another long value: cut off in a table, whole in a card and in the tooltip. */
export const LongValue = ({ value }: { readonly value: string }) => (
  <span className="long-value" title={value}>
    {value}
  </span>
);
