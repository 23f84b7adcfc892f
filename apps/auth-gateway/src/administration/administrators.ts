import { type AggregateStore, AggregateStoreError } from '@gatehouse/aggregate-store';
import {
  type AdministratorSession,
  type AdministratorSetup,
  type AdministratorSignIn,
  type Clock,
  canonicalEmail,
  type Ids,
  isPlainLine,
  type NewAdministrator,
  ProblemError,
} from '@gatehouse/contracts';
import { hashPassphrase, verifyPassphrase } from '@gatehouse/keyring';
import type { LoginState } from '@gatehouse/login-state';
import type { CommandRunner } from '@gatehouse/service-kit';
import { type Cause, gatewayActor } from '../facts.ts';
import { addressKey } from '../limits/address-key.ts';
import type { AdminSessions } from './admin-session.ts';
import type { AdministratorCommand, AdministratorState } from './administrator.ts';
import type { SetUpLinks } from './set-up-links.ts';
import { createSlowDown } from './slow-down.ts';

/** A request that signs somebody in. */
export interface SignInRequest {
  readonly ip: string;
  readonly userAgent: string | undefined;
  readonly traceparent: string;
}

export interface StartedAdminSession {
  readonly answer: AdministratorSession;
  readonly setCookie: string;
}

export interface Administrators {
  /** A one-time link that makes the first administrator; undefined when there is one already. */
  setupLink(): Promise<string | undefined>;
  /** @throws ProblemError `invalid_request`, `setup_already_done`, `invalid_setup_link`, `administrator_taken` */
  setUp(body: AdministratorSetup, request: SignInRequest): Promise<AdministratorState>;
  /** @throws ProblemError `invalid_credentials`, `rate_limited`; KeyringError `passphrase_busy` */
  signIn(body: AdministratorSignIn, request: SignInRequest): Promise<StartedAdminSession>;
  /** @throws ProblemError `invalid_request`, `administrator_taken` */
  create(body: NewAdministrator, cause: Cause): Promise<AdministratorState>;
  /** Ends his sessions too. @throws ProblemError `administrator_not_found`, `last_administrator` */
  remove(id: string, cause: Cause): Promise<void>;
}

const firstLinkLifeMs = 24 * 3_600_000;
/** A link whose set-up failed may be tried again for this long. */
const givenBackForMs = 3_600_000;
const leaseName = 'auth-gateway.administrators';
const leaseLifeMs = 10_000;

const tooFast = (seconds: number): ProblemError =>
  new ProblemError('rate_limited', { headers: { 'retry-after': String(seconds) } });

const requireUsername = (username: string): string => {
  const canonical = canonicalEmail(username);
  if (canonical !== undefined) return canonical;
  throw new ProblemError('invalid_request', {
    errors: [{ pointer: '/username', message: 'must be an e-mail address' }],
  });
};

const requireDisplayName = (displayName: string): string => {
  if (isPlainLine(displayName)) return displayName.trim();
  throw new ProblemError('invalid_request', {
    errors: [{ pointer: '/displayName', message: 'must be one line without control characters' }],
  });
};

export const createAdministrators = (deps: {
  readonly store: AggregateStore<AdministratorState>;
  readonly commands: CommandRunner<AdministratorState, AdministratorCommand>;
  readonly loginState: LoginState;
  readonly adminSessions: AdminSessions;
  readonly setUpLinks: SetUpLinks;
  readonly clock: Clock;
  readonly ids: Ids;
}): Administrators => {
  const { store, commands, loginState, adminSessions, setUpLinks, clock, ids } = deps;
  // Of one address few tries at one name; of all addresses together so many that a stranger cannot easily lock a name.
  const byNameAndAddress = createSlowDown({ clock, free: 5 });
  const byName = createSlowDown({ clock, free: 200 });
  const byAddress = createSlowDown({ clock, free: 20 });

  const create = async (
    given: NewAdministrator,
    cause: Cause,
    id = ids.id('administrator'),
  ): Promise<AdministratorState> => {
    const username = requireUsername(given.username);
    const passphraseHash = await hashPassphrase(given.passphrase);
    const displayName = requireDisplayName(given.displayName ?? '');
    const { state } = await commands.execute({
      id,
      command: { kind: 'create', username, displayName, passphraseHash },
      ...cause,
    });
    if (state === undefined) throw new ProblemError('internal_error');
    return state;
  };

  /** Starts the session and records the sign-in; without its fact there is no session. */
  const start = async (
    state: AdministratorState,
    { userAgent, traceparent }: SignInRequest,
  ): Promise<StartedAdminSession> => {
    const started = await adminSessions.start(state, userAgent);
    try {
      const actor = `administrator/${state.id}`;
      const noted = await commands.execute({ id: state.id, command: { kind: 'note-sign-in' }, actor, traceparent });
      const answer = adminSessions.shown({ ...started.signedIn, state: noted.state ?? state });
      return { answer, setCookie: started.setCookie };
    } catch (error) {
      await adminSessions.end(started.signedIn.session.id);
      throw error;
    }
  };

  const slowDown = (name: string, ip: string): void => {
    const address = addressKey(ip);
    const seconds = byAddress.enter(address) ?? byNameAndAddress.enter(`${name} ${address}`) ?? byName.enter(name);
    if (seconds !== undefined) throw tooFast(seconds);
  };

  /** One at a time over all processes: two removals that each see the other one must not leave nobody. */
  const alone = async <Result>(step: () => Promise<Result>): Promise<Result> => {
    const lease = await loginState.leases.acquire(leaseName, ids.secret(), leaseLifeMs);
    if (lease === undefined)
      throw new AggregateStoreError('store_unavailable', 'another change of administrators is under way');
    try {
      return await step();
    } finally {
      await loginState.leases.release(lease);
    }
  };

  return {
    async setupLink() {
      return (await store.count()) > 0 ? undefined : await setUpLinks.make(firstLinkLifeMs, 'first');
    },
    async setUp({ token, ...given }, request) {
      const seconds = byAddress.enter(addressKey(request.ip));
      if (seconds !== undefined) throw tooFast(seconds);
      // What can be refused without the link is refused before it is spent.
      requireUsername(given.username);
      const kind = await setUpLinks.take(token);
      if (kind === undefined) throw new ProblemError('invalid_setup_link');
      const id = ids.id('administrator');
      try {
        return await alone(async () => {
          if (kind === 'first' && (await store.count()) > 0) throw new ProblemError('setup_already_done');
          // He makes himself: nobody else was there.
          const state = await create(given, { actor: `administrator/${id}`, traceparent: request.traceparent }, id);
          byAddress.succeeded(addressKey(request.ip));
          return state;
        });
      } catch (error) {
        const isMade = (await store.load(id)) !== undefined;
        const isSpent = error instanceof ProblemError && error.code === 'setup_already_done';
        if (!isMade && !isSpent) await setUpLinks.giveBack(token, kind, givenBackForMs);
        throw error;
      }
    },
    async signIn({ username, passphrase }, request) {
      const name = canonicalEmail(username) ?? '';
      slowDown(name, request.ip);
      const saved = name === '' ? undefined : await store.findByUnique('username', name);
      // A name that does not exist costs what a wrong passphrase costs.
      const isRight = await verifyPassphrase(passphrase, saved?.state.passphraseHash);
      if (saved === undefined) throw new ProblemError('invalid_credentials');
      if (!isRight) {
        // As a fact, so that somebody sees who is being guessed at; the slow-down keeps them few.
        const command = { kind: 'note-refused-sign-in' } as const;
        await commands.execute({ id: saved.id, command, actor: gatewayActor, traceparent: request.traceparent });
        throw new ProblemError('invalid_credentials');
      }
      byName.succeeded(name);
      byNameAndAddress.succeeded(`${name} ${addressKey(request.ip)}`);
      byAddress.succeeded(addressKey(request.ip));
      return await start(saved.state, request);
    },
    create: (body, cause) => create(body, cause),
    remove: (id, cause) =>
      alone(async () => {
        const isThere = (await store.load(id)) !== undefined;
        if (!isThere) throw new ProblemError('administrator_not_found');
        if ((await store.count()) < 2) throw new ProblemError('last_administrator');
        await commands.execute({ id, command: { kind: 'delete' }, ...cause });
        await adminSessions.endAllOf(id);
      }),
  };
};
