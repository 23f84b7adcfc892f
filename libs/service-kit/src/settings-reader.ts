import { readFileSync } from 'node:fs';

/** What a parser makes of a text: the value, or in a few words what it should have been. */
export type Parsed<Value> = { readonly value: Value } | { readonly fault: string };

export interface Setting<Value> {
  /** The environment variable. */
  readonly name: string;
  /** One line for people. */
  readonly meaning: string;
  /** A value that would do, shown with every fault. */
  readonly example: string;
  /** Taken when the variable is unset or empty; undefined leaves the setting undefined. */
  readonly fallback: string | undefined;
  /** A secret may come as `<name>_FILE`, and its value is never shown. */
  readonly secret?: true;
  parse(text: string): Parsed<Value>;
}

/** A setting whose fallback is a text always has a value. */
export interface SettledSetting<Value> extends Setting<Value> {
  readonly fallback: string;
}

/** A setting that has no fallback and must be given. */
export interface RequiredSetting<Value> extends Setting<Value> {
  readonly required: true;
}

export type SettingsTable = Readonly<Record<string, Setting<unknown>>>;

export type SettingsOf<Table extends SettingsTable> = {
  readonly [Key in keyof Table]: Table[Key] extends SettledSetting<infer Value>
    ? Value
    : Table[Key] extends RequiredSetting<infer Value>
      ? Value
      : Table[Key] extends Setting<infer Value>
        ? Value | undefined
        : never;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that is wrong with the environment, one line per fault. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly code = 'settings_invalid';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

const prefix = 'GATEHOUSE_';

/** Variables that Kubernetes makes for Services called `gatehouse…`, and those of our tools, are not settings. */
const isForeign = (name: string, value: string | undefined): boolean =>
  /_SERVICE_(HOST|PORT)(_|$)/.test(name) ||
  /_PORT_\d+_(TCP|UDP|SCTP)(_|$)/.test(name) ||
  (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value ?? '')) ||
  name === 'GATEHOUSE_CHROMIUM';

/** Edits that make one name of the other: insertions, deletions and replacements of one character. */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
};

const nearest = (name: string, known: readonly string[]): string | undefined => {
  const ranked = known
    .map((candidate) => ({ candidate, far: distance(name, candidate) }))
    .sort((a, b) => a.far - b.far);
  const [best] = ranked;
  return best !== undefined && best.far <= 4 ? best.candidate : undefined;
};

type Found = { readonly text: string | undefined } | { readonly fault: string };

const find = ({ name, secret, example }: Setting<unknown>, env: Environment): Found => {
  const direct = env[name];
  const path = secret === true ? env[`${name}_FILE`] : undefined;
  if (path === undefined || path === '') return { text: direct };
  if (direct !== undefined && direct !== '')
    return { fault: `${name} and ${name}_FILE are both set: leave one out, for example ${name}_FILE` };
  try {
    return { text: readFileSync(path, 'utf8').trim() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return {
      fault: `${name}_FILE: the file cannot be read (${code}), for example /run/secrets/${name.toLowerCase()} holding ${example}`,
    };
  }
};

/**
 * Reads and checks the settings of a table, all faults at once. Unknown `GATEHOUSE_*` variables are faults too: a misspelt setting
 * would otherwise silently be its default.
 * @param known settings of other processes, which the environment may hold too
 * @throws SettingsError with a line for each fault: name, what is wrong, an example; never a secret's value
 */
export const loadSettings = <Table extends SettingsTable>(
  table: Table,
  env: Environment,
  known: SettingsTable = table,
): SettingsOf<Table> => {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(table)) {
    const found = find(setting, env);
    if ('fault' in found) {
      faults.push(found.fault);
      continue;
    }
    const text = found.text === undefined || found.text === '' ? setting.fallback : found.text;
    if (text === undefined) {
      if ('required' in setting) faults.push(`${setting.name} is not set, for example ${setting.example}`);
      values[key] = undefined;
      continue;
    }
    const parsed = setting.parse(text);
    if ('value' in parsed) values[key] = parsed.value;
    else faults.push(`${setting.name} ${parsed.fault}, for example ${setting.example}`);
  }
  const names = Object.values(known).flatMap(({ name, secret }) => (secret === true ? [name, `${name}_FILE`] : [name]));
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(prefix) || names.includes(name) || isForeign(name, value)) continue;
    const meant = nearest(name, names);
    faults.push(`${name} is not a setting${meant === undefined ? '' : `: did you mean ${meant}?`}`);
  }
  if (faults.length > 0) throw new SettingsError(faults);
  // Filled key by key from the same table that the type is made from.
  return values as SettingsOf<Table>;
};
