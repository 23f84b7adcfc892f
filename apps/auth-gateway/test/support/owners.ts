import {
  type Connector,
  type Ids,
  InternalClaims,
  isoTime,
  matches,
  nameIdFormats,
  headers as names,
  type ProblemCode,
  problemBody,
  type User,
  type UserLink,
} from '@gatehouse/contracts';
import type { TestClock } from '@gatehouse/contracts/testing';
import { type EventWriter, encodeConnectorState, encodeUserState, type LogRecord } from '@gatehouse/event-log';
import type { ServiceClient } from '@gatehouse/service-kit';

type Answer = Awaited<ReturnType<ServiceClient['call']>>;
type Call = Parameters<ServiceClient['call']>[0];

interface OwnedUser {
  readonly user: User;
  readonly links: readonly UserLink[];
}

/** What the gateway leans on: the owners of connectors and users, as far as a gateway can see them. */
export interface Owners {
  readonly registry: ServiceClient;
  readonly directory: ServiceClient;
  /** Requests that reached an owner, newest last. */
  readonly calls: readonly Call[];
  addConnector(given: { readonly reference: string; readonly saml: Partial<Connector['saml']> }): Promise<Connector>;
  changeConnector(id: string, change: (connector: Connector) => Connector): Promise<void>;
  deleteConnector(id: string): Promise<void>;
  addUser(username: string, connectorIds: readonly string[]): Promise<User>;
  changeUser(id: string, change: (owned: OwnedUser) => OwnedUser): Promise<void>;
  deleteUser(id: string): Promise<void>;
  user(id: string): OwnedUser;
  /** Changes are made, but their events wait until `release`: a projection that stands still. */
  hold(): void;
  release(): Promise<void>;
  /** The user directory does not answer. */
  directoryDown(down: boolean): void;
}

export const createOwners = (deps: {
  readonly writer: EventWriter;
  readonly clock: TestClock;
  readonly ids: Ids;
  readonly baseUrl: string;
  readonly verifyInternalToken: (token: string) => Promise<unknown>;
}): Owners => {
  const { writer, clock, ids, baseUrl, verifyInternalToken } = deps;
  const connectors = new Map<string, Connector>();
  const users = new Map<string, OwnedUser>();
  const calls: Call[] = [];
  let held: LogRecord[] | undefined;
  let isDown = false;

  const publish = async (record: LogRecord): Promise<void> => {
    if (held === undefined) await writer.append([record]);
    else held.push(record);
  };
  const now = (): string => isoTime(clock.now());

  const saveConnector = async (connector: Connector): Promise<void> => {
    connectors.set(connector.id, connector);
    await publish(encodeConnectorState(connector.id, { version: connector.version, connector }));
  };
  const saveUser = async (owned: OwnedUser): Promise<void> => {
    users.set(owned.user.id, owned);
    const { user, links } = owned;
    await publish(encodeUserState(user.id, { version: user.version, user, links: [...links] }));
  };

  const required = <Found>(found: Found | undefined): Found => {
    if (found === undefined) throw new Error('the test names something that does not exist');
    return found;
  };

  const changeConnector: Owners['changeConnector'] = async (id, change) => {
    const connector = required(connectors.get(id));
    await saveConnector({ ...change(connector), version: connector.version + 1, updatedAt: now() });
  };
  const deleteConnector: Owners['deleteConnector'] = async (id) => {
    const { version } = required(connectors.get(id));
    connectors.delete(id);
    await publish(encodeConnectorState(id, { deleted: true, version: version + 1, deletedAt: now() }));
  };
  const changeUser: Owners['changeUser'] = async (id, change) => {
    const owned = required(users.get(id));
    const { user, links } = change(owned);
    await saveUser({ user: { ...user, version: owned.user.version + 1, updatedAt: now() }, links });
  };
  const deleteUser: Owners['deleteUser'] = async (id) => {
    const { user } = required(users.get(id));
    users.delete(id);
    await publish(encodeUserState(id, { deleted: true, version: user.version + 1, deletedAt: now() }));
  };

  const problem = (code: ProblemCode): Answer => {
    const body = problemBody(code);
    const headers = { 'content-type': 'application/problem+json' };
    return { status: body.status, headers, body: Buffer.from(JSON.stringify(body)) };
  };
  const changed = (status: number, id: string, version: number, body?: unknown): Answer => ({
    status,
    headers: {
      etag: `"${version}"`,
      [names.version]: String(version),
      [names.aggregate]: id,
      'x-owner-secret': 'never forwarded',
      ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    },
    body: body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body)),
  });

  const requireCaller = async ({ headers }: Call): Promise<boolean> => {
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    const claims = await verifyInternalToken(token).catch(() => undefined);
    return matches(InternalClaims, claims);
  };

  const bind = async (userId: string, connectorId: string, digest: string): Promise<Answer> => {
    const owned = users.get(userId);
    if (owned === undefined) return problem('user_not_found');
    if (owned.user.status !== 'active') return problem('user_not_active');
    const link = owned.links.find((one) => one.connectorId === connectorId);
    if (link === undefined) return problem('link_not_found');
    const holder = [...users.values()].find(({ links }) =>
      links.some((one) => one.connectorId === connectorId && one.subjectDigest === digest),
    );
    const isOther = link.subjectDigest !== undefined && link.subjectDigest !== digest;
    if (isOther || (holder !== undefined && holder.user.id !== userId)) return problem('subject_already_bound');
    if (link.subjectDigest === undefined) {
      await changeUser(userId, ({ user, links }) => ({
        user,
        links: links.map((one) => (one.connectorId === connectorId ? { ...one, subjectDigest: digest } : one)),
      }));
    }
    const { version } = required(users.get(userId)).user;
    return changed(200, userId, version, { version, connectorId });
  };

  const directoryCall = async (call: Call): Promise<Answer> => {
    const [, , , id = '', action, connectorId = '', last] = call.path.split('/');
    const owned = users.get(id);
    if (call.path.startsWith('/internal/')) {
      return await bind(id, connectorId, (JSON.parse(String(call.body)) as { subjectDigest: string }).subjectDigest);
    }
    if (call.method === 'GET' && id === '') {
      return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from('{"items":[]}') };
    }
    if (owned === undefined) return problem('user_not_found');
    const answer = (status: number, body?: unknown) =>
      changed(status, id, users.get(id)?.user.version ?? owned.user.version + 1, body);
    if (call.method === 'GET') return answer(200, owned.user);
    if (call.method === 'POST' && (action === 'suspend' || action === 'reactivate')) {
      const status = action === 'suspend' ? 'suspended' : 'active';
      if (owned.user.status !== status)
        await changeUser(id, ({ user, links }) => ({ user: { ...user, status }, links }));
      return answer(200, users.get(id)?.user);
    }
    if (call.method === 'DELETE' && action === undefined) {
      await deleteUser(id);
      return answer(204);
    }
    if (call.method === 'DELETE') {
      await changeUser(id, ({ user, links }) => ({
        user,
        links: links.flatMap((one) => {
          if (one.connectorId !== connectorId) return [one];
          return last === 'subject' ? [{ connectorId, linkedAt: one.linkedAt }] : [];
        }),
      }));
      return answer(204);
    }
    return problem('method_not_allowed');
  };

  const registryCall = async (call: Call): Promise<Answer> => {
    const [, , , id = '', action] = call.path.split('/');
    if (id === '') return changed(201, 'con_00000000000000000000000000', 1, { echo: String(call.body) });
    const connector = connectors.get(id);
    if (connector === undefined) return problem('connector_not_found');
    if (call.method === 'GET') return changed(200, id, connector.version, connector);
    if (call.method === 'DELETE') {
      await deleteConnector(id);
      return changed(204, id, connector.version + 1);
    }
    const enabled = action === 'enable';
    await changeConnector(id, (current) => ({ ...current, enabled }));
    return changed(200, id, connector.version + 1, connectors.get(id));
  };

  const client = (answer: (call: Call) => Promise<Answer>, down: () => boolean): ServiceClient => ({
    async call(call) {
      calls.push(call);
      if (down()) return problem('upstream_unavailable');
      return (await requireCaller(call)) ? await answer(call) : problem('unauthenticated');
    },
  });

  return {
    calls,
    registry: client(registryCall, () => false),
    directory: client(directoryCall, () => isDown),
    async addConnector({ reference, saml }) {
      const connector: Connector = {
        id: ids.id('connector'),
        name: `Connector ${reference}`,
        reference,
        type: 'SAML_V2',
        enabled: true,
        version: 1,
        loginAddress: `${baseUrl}/api/sso/login/${reference}`,
        saml: {
          issuerUrl: 'https://idp.example/metadata',
          endpoint: 'https://idp.example/sso',
          nameIdFormat: nameIdFormats.emailAddress,
          certificates: [],
          requireSignature: 'either',
          expiredCertificate: 'warn',
          certificateDetails: [],
          ...saml,
        },
        createdAt: now(),
        updatedAt: now(),
      };
      await saveConnector(connector);
      return connector;
    },
    changeConnector,
    deleteConnector,
    async addUser(username, connectorIds) {
      const user: User = {
        id: ids.id('user'),
        username,
        displayName: `Name of ${username}`,
        status: 'active',
        version: 1,
        createdAt: now(),
        updatedAt: now(),
      };
      await saveUser({ user, links: connectorIds.map((connectorId) => ({ connectorId, linkedAt: now() })) });
      return user;
    },
    changeUser,
    deleteUser,
    user: (id) => required(users.get(id)),
    hold: () => {
      held = [];
    },
    async release() {
      const records = held ?? [];
      held = undefined;
      for (const record of records) await writer.append([record]);
    },
    directoryDown: (down) => {
      isDown = down;
    },
  };
};
