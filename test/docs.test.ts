import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import * as contracts from '@gatehouse/contracts';
import { eventTypes, problems, refusals, shapeErrors, topics } from '@gatehouse/contracts';
import { settingsTable } from '@gatehouse/service-kit';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const pages = [...globSync('docs/**/*.md', { cwd: root }), ...globSync('*.md', { cwd: root })].toSorted();
const read = (page: string): string => readFileSync(join(root, page), 'utf8');

interface Example {
  readonly page: string;
  readonly schema: string;
  readonly json: string;
}

/** A block of JSON says by a comment before it which schema it is an example of: a name in contracts, or a type of event. */
const examples: readonly Example[] = pages.flatMap((page) =>
  [...read(page).matchAll(/<!-- example: (\S+) -->\s*```json\n([\s\S]*?)```/g)].map(([, schema = '', json = '']) => ({
    page,
    schema,
    json,
  })),
);

/** Everything that contracts export, by name. */
const schemas: ReadonlyMap<string, unknown> = new Map(Object.entries(contracts));

const schemaNamed = (name: string): object | undefined => {
  if (Object.hasOwn(eventTypes, name)) return eventTypes[name as keyof typeof eventTypes].data;
  const found = schemas.get(name);
  return typeof found === 'object' && found !== null ? found : undefined;
};

/** First cells of a page's table rows, without their marks. */
const rowsOf = (page: string): string[] =>
  [...read(page).matchAll(/^\| (?:<a id="[^"]*"><\/a>)?(`[^|]+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );

describe('the documentation', () => {
  it('marks every block of JSON as an example of something', () => {
    const blocks = pages.flatMap((page) => [...read(page).matchAll(/```json\n/g)]);
    expect(examples.length).toBe(blocks.length);
    expect(examples.length).toBeGreaterThan(5);
  });

  it.each(examples)('$page: the example of $schema is one', ({ schema, json }) => {
    const found = schemaNamed(schema);
    expect(found, `${schema} is in contracts`).toBeDefined();
    expect(shapeErrors(found as Parameters<typeof shapeErrors>[0], JSON.parse(json))).toEqual([]);
  });

  it.each(pages)('%s links to what is there', (page) => {
    const text = read(page).replaceAll(/```[\s\S]*?```/g, '');
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    for (const target of targets) {
      if (/^[a-z]+:/.test(target) || target.startsWith('#')) continue;
      const [path = '', anchor] = target.split('#');
      const file = resolve(root, dirname(page), path);
      expect(existsSync(file), `${page} links to ${relative(root, file)}`).toBe(true);
      if (anchor !== undefined) expect(readFileSync(file, 'utf8').toLowerCase()).toContain(anchor.replaceAll('-', ' '));
    }
  });

  it('lists every problem code with its status', () => {
    expect(rowsOf('docs/reference/problems.md')).toEqual(Object.keys(problems));
    for (const [code, { status }] of Object.entries(problems)) {
      expect(read('docs/reference/problems.md')).toContain(`\`${code}\` | ${status} |`);
    }
  });

  it('lists every refusal of a login', () => {
    expect(rowsOf('docs/reference/refusals.md')).toEqual(Object.keys(refusals));
  });

  it('lists every setting with its default', () => {
    const page = read('docs/reference/settings.md');
    const rows = rowsOf('docs/reference/settings.md').filter((name) => name.startsWith('GATEHOUSE_'));
    expect(rows).toEqual(Object.values(settingsTable).map(({ name }) => name));
    for (const { name, fallback } of Object.values(settingsTable)) {
      if (fallback !== undefined)
        expect(page).toMatch(new RegExp(`\`${name}\`.* \\| \`${fallback.replaceAll('.', '\\.')}\` \\|`));
    }
  });

  it('names every type of event and every topic', () => {
    const page = read('docs/reference/events.md');
    for (const type of Object.keys(eventTypes)) expect(page).toContain(`\`${type}\``);
    for (const { name } of topics) expect(page).toContain(`\`${name}\``);
  });

  it('lists every metric that the code has, and no other', () => {
    const sources = globSync('{apps,libs}/*/src/**/*.ts', { cwd: root }).map(read).join('\n');
    const inCode = new Set(
      [...sources.matchAll(/'(gatehouse_[a-z_]+_[a-z]+|gatehouse_overloaded)'/g)].map(([, name = '']) => name),
    );
    const cookies = ['gatehouse_session', 'gatehouse_admin', 'gatehouse_browser'];
    const listed = rowsOf('docs/reference/operations.md').filter((name) => name.startsWith('gatehouse_'));
    expect(listed.toSorted()).toEqual([...inCode].filter((name) => !cookies.includes(name)).toSorted());
  });
});
