import type { Database } from '@gatehouse/sqlite';
import type { View, ViewPage, ViewQuery, ViewSource, Views, ViewWrite } from '../aggregate-store.ts';
import { decodeCursor, encodeCursor, inOrder, sortKey } from '../cursor.ts';
import { unavailable } from './sqlite-errors.ts';

interface StoredRow {
  readonly key: string;
  readonly sort: string;
  readonly row: string;
}

interface PositionRow {
  readonly topic: string;
  readonly partition: number;
  readonly next: number;
}

const sqliteView = <Row>(database: Database, view: string): View<Row> => {
  const one = database.prepare('SELECT key, sort, row FROM view_rows WHERE view = ? AND key = ? AND row IS NOT NULL');
  const tagged = database.prepare('SELECT count(*) AS found FROM view_tags WHERE view = ? AND tag = ? AND value = ?');
  const aged = database.prepare(
    "SELECT key, sort FROM view_rows WHERE view = ? AND sort < ? AND sort <> '' ORDER BY sort LIMIT ?",
  );
  const removeRow = database.prepare('DELETE FROM view_rows WHERE view = ? AND key = ?');
  const removeTags = database.prepare('DELETE FROM view_tags WHERE view = ? AND key = ?');

  const parse = ({ row }: StoredRow): Row => JSON.parse(row) as Row;

  const page = ({ limit, cursor, tags, order }: ViewQuery): ViewPage<Row> => {
    const wanted = inOrder(tags);
    const query = [view, wanted, order];
    const from = cursor === undefined ? undefined : decodeCursor(query, cursor);
    const [driving, ...others] = wanted;
    const direction = order === 'ascending' ? 'ASC' : 'DESC';
    const source =
      driving === undefined
        ? 'view_rows o WHERE o.view = ? AND o.row IS NOT NULL'
        : 'view_tags o WHERE o.view = ? AND o.tag = ? AND o.value = ?';
    const behind = from === undefined ? '' : ` AND (o.sort, o.key) ${order === 'ascending' ? '>' : '<'} (?, ?)`;
    const membership = ` AND EXISTS (SELECT 1 FROM view_tags t
      WHERE t.view = o.view AND t.tag = ? AND t.value = ? AND t.sort = o.sort AND t.key = o.key)`.repeat(others.length);
    const rows = database
      .prepare(
        `SELECT r.key, r.sort, r.row FROM
           (SELECT o.sort, o.key FROM ${source}${membership}${behind}
            ORDER BY o.sort ${direction}, o.key ${direction} LIMIT ?) o
         JOIN view_rows r ON r.view = ? AND r.key = o.key ORDER BY o.sort ${direction}, o.key ${direction}`,
      )
      .all<StoredRow>(
        view,
        ...(driving ?? []),
        ...others.flat(),
        ...(from === undefined ? [] : [from.sort, from.id]),
        limit + 1,
        view,
      );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map((stored) => ({ key: stored.key, row: parse(stored) })),
      ...(rows.length > limit && last !== undefined
        ? { nextCursor: encodeCursor(query, { sort: last.sort, id: last.key }) }
        : {}),
    };
  };

  const get = (key: string): Row | undefined => {
    const stored = one.get<StoredRow>(view, key);
    return stored === undefined ? undefined : parse(stored);
  };

  return {
    async get(key) {
      return unavailable(() => get(key));
    },
    async getMany(keys) {
      return unavailable(() => {
        const found = new Map<string, Row>();
        for (const key of new Set(keys)) {
          const row = get(key);
          if (row !== undefined) found.set(key, row);
        }
        return found;
      });
    },
    async list(query) {
      return unavailable(() => page(query));
    },
    async count(tag, value) {
      return unavailable(() => tagged.get<{ readonly found: number }>(view, tag, value)?.found ?? 0);
    },
    async prune(bound, limit) {
      return unavailable(() =>
        database.transaction(() => {
          const rows = aged.all<{ readonly key: string }>(view, bound, limit);
          for (const { key } of rows) {
            removeTags.run(view, key);
            removeRow.run(view, key);
          }
          return rows.length;
        }, 'relaxed'),
      );
    },
  };
};

const sourceName = ({ consumer, topic, partition }: ViewSource): string => `${consumer}/${topic}/${partition}`;

/** Views and positions in the tables of `migrations`. */
export const sqliteViews = (database: Database): Views => {
  const stored = database.prepare('SELECT revision FROM view_rows WHERE view = ? AND key = ?');
  const upsert = database.prepare(`
    INSERT INTO view_rows (view, key, sort, revision, row, source) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (view, key) DO UPDATE SET
      sort = excluded.sort, revision = excluded.revision, row = excluded.row, source = excluded.source`);
  const removeTagsFrom = database.prepare(`
    DELETE FROM view_tags WHERE view = ?1 AND key IN (SELECT key FROM view_rows WHERE view = ?1 AND source = ?2)`);
  const removeRowsFrom = database.prepare('DELETE FROM view_rows WHERE view = ? AND source = ?');
  const removeRow = database.prepare('DELETE FROM view_rows WHERE view = ? AND key = ?');
  const removeTags = database.prepare('DELETE FROM view_tags WHERE view = ? AND key = ?');
  const insertTag = database.prepare(
    'INSERT INTO view_tags (view, tag, value, sort, key) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const positionsOf = database.prepare('SELECT topic, partition, next FROM view_positions WHERE consumer = ?');
  const savePosition = database.prepare(`
    INSERT INTO view_positions (consumer, topic, partition, next) VALUES (?, ?, ?, ?)
    ON CONFLICT (consumer, topic, partition) DO UPDATE SET next = excluded.next`);

  const removePosition = database.prepare(
    'DELETE FROM view_positions WHERE consumer = ? AND topic = ? AND partition = ?',
  );

  const write = (change: ViewWrite<unknown> & { readonly view: string }, source: string | undefined): void => {
    const { view, key, row, sort = '', tags = {}, revision } = change;
    const known = stored.get<{ readonly revision: number | null }>(view, key);
    const knownRevision = known?.revision ?? undefined;
    if (revision !== undefined && knownRevision !== undefined && knownRevision >= revision) return;
    if (known !== undefined) removeTags.run(view, key);
    if (row === undefined && revision === undefined) {
      removeRow.run(view, key);
      return;
    }
    // A row deleted at a revision leaves that revision behind, or an older write that comes late would bring it back.
    const cut = sortKey(sort);
    upsert.run(view, key, cut, revision ?? null, row === undefined ? null : JSON.stringify(row), source ?? null);
    if (row === undefined) return;
    for (const [tag, values] of Object.entries(tags)) {
      for (const value of values) insertTag.run(view, tag, value, cut, key);
    }
  };

  return {
    view: (name) => sqliteView(database, name),
    async positions(consumer) {
      const positions: Record<string, Record<number, number>> = {};
      for (const { topic, partition, next } of unavailable(() => positionsOf.all<PositionRow>(consumer))) {
        const ofTopic = positions[topic] ?? {};
        ofTopic[partition] = next;
        positions[topic] = ofTopic;
      }
      return positions;
    },
    async apply({ writes, position, source = position }) {
      // With a position, a power cut may undo rows and position together, and the log brings the rows again. Without
      // one nothing does, so the commit has to last.
      const from = source === undefined ? undefined : sourceName(source);
      const durability = position === undefined ? 'lasting' : 'relaxed';
      unavailable(() =>
        database.transaction(() => {
          for (const each of writes) write(each, from);
          if (position !== undefined) {
            savePosition.run(position.consumer, position.topic, position.partition, position.next);
          }
        }, durability),
      );
    },
    async reset(source, views) {
      unavailable(() =>
        database.transaction(() => {
          for (const view of views) {
            removeTagsFrom.run(view, sourceName(source));
            removeRowsFrom.run(view, sourceName(source));
          }
          removePosition.run(source.consumer, source.topic, source.partition);
        }),
      );
    },
  };
};
