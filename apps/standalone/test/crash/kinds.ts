import type { Commander } from './caller.ts';
import { createLedger, type Ledger } from './ledger.ts';
import type { SeededRandom } from './seeded-random.ts';

/** A command of the mix: how often it comes, and what it does. */
export interface Share {
  readonly name: string;
  readonly weight: number;
  run(): Promise<void>;
}

/** The commands over things of one kind, with what their answers promised. */
export interface Kind {
  readonly shares: readonly Share[];
  settleAll(): Promise<void>;
}

export interface KindDeps {
  readonly caller: Commander;
  readonly choose: SeededRandom;
  /** Tells the names that this worker gives from all others. */
  readonly prefix: string;
}

const ifMatch = (version: number) => ({ 'if-match': `"${version}"` });

interface ConnectorShape {
  readonly name: string;
  readonly enabled: boolean;
}

export interface ConnectorKind extends Kind {
  readonly ledger: Ledger<ConnectorShape>;
}

/** Connectors of the worker's own; `saml` is what they are made with. */
export const connectorKind = ({ caller, choose, prefix }: KindDeps, saml: object): ConnectorKind => {
  const ledger = createLedger<ConnectorShape>({
    caller,
    choose,
    async read(id) {
      const answer = await caller.command('GET', `/api/connectors/${id}`, [200, 404]);
      if (answer === undefined) return undefined;
      if (answer.status === 404) return { shape: undefined, version: undefined };
      const { name, enabled, version } = answer.body;
      return { shape: { name, enabled }, version };
    },
  });
  const create = async (): Promise<void> => {
    const reference = `${prefix}-${choose.below(1e9)}`;
    const body = { name: reference, reference, type: 'SAML_V2', saml };
    const answer = await caller.command('POST', '/api/connectors', [201], { body });
    if (answer !== undefined) ledger.add(answer.body.id, { name: reference, enabled: true });
  };
  const patch = async (): Promise<void> => {
    const entry = await ledger.pick();
    if (entry === undefined) return await create();
    const { id, shape, version } = entry;
    const name = `Renamed ${choose.below(1e9)}`;
    const options = { body: { name }, headers: ifMatch(version) };
    const send = () => caller.command('PATCH', `/api/connectors/${id}`, [200], options);
    await ledger.change(entry, send, { ...shape, name });
  };
  const turn = async (enabled: boolean): Promise<void> => {
    const entry = await ledger.pick();
    if (entry === undefined) return await create();
    const { id, shape } = entry;
    const send = () => caller.command('POST', `/api/connectors/${id}/${enabled ? 'enable' : 'disable'}`, [200]);
    await ledger.change(entry, send, { ...shape, enabled });
  };
  const remove = async (): Promise<void> => {
    const entry = await ledger.pick();
    if (entry === undefined) return await create();
    const { id, version } = entry;
    const options = { headers: ifMatch(version) };
    await ledger.change(entry, () => caller.command('DELETE', `/api/connectors/${id}`, [204], options), undefined);
  };
  return {
    ledger,
    settleAll: ledger.settleAll,
    shares: [
      { name: 'connector.create', weight: 3, run: create },
      { name: 'connector.patch', weight: 3, run: patch },
      { name: 'connector.enable', weight: 2, run: () => turn(true) },
      { name: 'connector.disable', weight: 2, run: () => turn(false) },
      { name: 'connector.delete', weight: 2, run: remove },
    ],
  };
};

interface UserShape {
  readonly displayName: string;
  readonly status: 'active' | 'suspended';
  /** Ids of connectors, sorted. */
  readonly links: readonly string[];
}

/** Users of the worker's own, linked to `sharedConnector` and to connectors of the worker. */
export const userKind = (
  { caller, choose, prefix }: KindDeps,
  connectors: Ledger<unknown>,
  sharedConnector: string,
): Kind => {
  // A connector that was deleted takes its links with it, sooner or later: the log says in the end whether it did.
  const isThere = (connectorId: string): boolean =>
    connectorId === sharedConnector ||
    connectors.entries.some(({ id, shape, uncertain }) => id === connectorId && shape !== undefined && !uncertain);
  const ledger = createLedger<UserShape>({
    caller,
    choose,
    async read(id) {
      const user = await caller.command('GET', `/api/users/${id}`, [200, 404]);
      if (user?.status === 404) return { shape: undefined, version: undefined };
      const linked = await caller.command('GET', `/api/users/${id}/connectors`, [200]);
      if (user === undefined || linked === undefined) return undefined;
      const { displayName, status, version } = user.body;
      const links = linked.body.items.map((link: { readonly connectorId: string }) => link.connectorId).sort();
      return { shape: { displayName, status, links }, version };
    },
    essence: ({ links, ...others }) => ({ ...others, links: links.filter(isThere) }),
  });
  const create = async (): Promise<void> => {
    const body = { username: `${prefix}-${choose.below(1e9)}@crash.example`, displayName: 'Somebody' };
    const answer = await caller.command('POST', '/api/users', [201], { body });
    if (answer !== undefined) ledger.add(answer.body.id, { displayName: 'Somebody', status: 'active', links: [] });
  };
  const patch = async (): Promise<void> => {
    const entry = await ledger.pick();
    if (entry === undefined) return await create();
    const { id, shape, version } = entry;
    const displayName = `Renamed ${choose.below(1e9)}`;
    const options = { body: { displayName }, headers: ifMatch(version) };
    // 412: a connector was deleted, and unlinking made a new version.
    const send = () => caller.command('PATCH', `/api/users/${id}`, [200, 412], options);
    await ledger.change(entry, send, { ...shape, displayName });
  };
  const remove = async (): Promise<void> => {
    const entry = await ledger.pick();
    if (entry === undefined) return await create();
    const { id, version } = entry;
    const options = { headers: ifMatch(version) };
    await ledger.change(entry, () => caller.command('DELETE', `/api/users/${id}`, [204, 412], options), undefined);
  };
  const turn = async (status: UserShape['status']): Promise<void> => {
    const entry = await ledger.pick();
    if (entry === undefined) return await create();
    const { id, shape } = entry;
    const action = status === 'active' ? 'reactivate' : 'suspend';
    await ledger.change(entry, () => caller.command('POST', `/api/users/${id}/${action}`, [200]), { ...shape, status });
  };
  const link = async (): Promise<void> => {
    const entry = await ledger.pick();
    if (entry === undefined) return await create();
    const { id, shape } = entry;
    const connectorId = (choose.below(2) === 0 ? undefined : await connectors.pick())?.id ?? sharedConnector;
    const links = [...new Set([...shape.links, connectorId])].sort();
    const send = () => caller.command('PUT', `/api/users/${id}/connectors/${connectorId}`, [204]);
    await ledger.change(entry, send, { ...shape, links });
  };
  const unlink = async (): Promise<void> => {
    const entry = await ledger.pick();
    if (entry === undefined) return await create();
    const { id, shape } = entry;
    const linked = shape.links.filter(isThere);
    const connectorId = linked.length === 0 ? sharedConnector : choose.pick(linked);
    const send = () => caller.command('DELETE', `/api/users/${id}/connectors/${connectorId}`, [204]);
    await ledger.change(entry, send, { ...shape, links: shape.links.filter((other) => other !== connectorId) });
  };
  return {
    settleAll: ledger.settleAll,
    shares: [
      { name: 'user.create', weight: 4, run: create },
      { name: 'user.patch', weight: 2, run: patch },
      { name: 'user.delete', weight: 1, run: remove },
      { name: 'user.link', weight: 6, run: link },
      { name: 'user.unlink', weight: 3, run: unlink },
      { name: 'user.suspend', weight: 4, run: () => turn('suspended') },
      { name: 'user.reactivate', weight: 4, run: () => turn('active') },
    ],
  };
};

/** API keys: one that was answered opens the door until its deletion is answered, and never again after that. */
export const apiKeyKind = ({ caller, choose, prefix }: KindDeps): Kind => {
  const keys = new Map<string, string>();
  const ledger = createLedger<object>({
    caller,
    choose,
    async read(id) {
      const headers = { authorization: `Bearer ${keys.get(id)}` };
      const answer = await caller.command('GET', '/api/users?limit=1', [200, 401], { headers });
      return answer && { shape: answer.status === 200 ? {} : undefined, version: undefined };
    },
  });
  const create = async (): Promise<void> => {
    const body = { name: `${prefix}-${choose.below(1e9)}`, rights: ['read'] };
    const answer = await caller.command('POST', '/api/api-keys', [201], { body });
    if (answer === undefined) return;
    keys.set(answer.body.id, answer.body.key);
    ledger.add(answer.body.id, {});
  };
  const remove = async (): Promise<void> => {
    const entry = await ledger.pick();
    if (entry === undefined) return await create();
    await ledger.change(entry, () => caller.command('DELETE', `/api/api-keys/${entry.id}`, [204]), undefined);
  };
  return {
    settleAll: ledger.settleAll,
    shares: [
      { name: 'api-key.create', weight: 2, run: create },
      { name: 'api-key.delete', weight: 1, run: remove },
    ],
  };
};

const passphrase = 'crash-run-passphrase';

/** Administrators; another one, whom nobody touches, is expected to be there, because the last one cannot be deleted. */
export const administratorKind = ({ caller, choose, prefix }: KindDeps): Kind => {
  const usernames = new Map<string, string>();
  const ledger = createLedger<object>({
    caller,
    choose,
    async read(id) {
      const answer = await caller.command('GET', `/api/administrators?q=${usernames.get(id)}`, [200]);
      if (answer === undefined) return undefined;
      const found = answer.body.items.find((item: { readonly id: string }) => item.id === id);
      return { shape: found && {}, version: found?.version };
    },
  });
  const create = async (): Promise<void> => {
    const username = `${prefix}-${choose.below(1e9)}@crash.example`;
    const answer = await caller.command('POST', '/api/administrators', [201], { body: { username, passphrase } });
    if (answer === undefined) return;
    usernames.set(answer.body.id, username);
    ledger.add(answer.body.id, {});
  };
  const remove = async (): Promise<void> => {
    const entry = await ledger.pick();
    if (entry === undefined) return await create();
    // 503: another deletion is under way, or was when the product was killed. Nothing has happened then.
    const send = () => caller.command('DELETE', `/api/administrators/${entry.id}`, [204, 503]);
    await ledger.change(entry, send, undefined);
  };
  /** The passphrase of one is tried for all: hashing is slow on purpose. */
  const signIn = async (): Promise<void> => {
    const username = usernames.get(ledger.entries.find(({ shape }) => shape !== undefined)?.id ?? '');
    if (username === undefined) return;
    const body = { username, passphrase };
    await caller.command('POST', '/api/administrators/sign-in', [200], { body, headers: { authorization: '' } });
  };
  return {
    async settleAll() {
      await ledger.settleAll();
      await signIn();
    },
    shares: [
      { name: 'administrator.create', weight: 2, run: create },
      { name: 'administrator.delete', weight: 1, run: remove },
    ],
  };
};
