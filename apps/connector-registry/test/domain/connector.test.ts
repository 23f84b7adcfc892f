import { describe, expect, it } from 'vitest';
import {
  type ConnectorChange,
  type ConnectorCommand,
  type ConnectorState,
  defineConnector,
} from '../../src/domain/connector.ts';
import { readNewConnector } from '../../src/domain/connector-input.ts';
import { otherCertificate, rsaCertificate } from '../support/certificates.ts';

const definition = defineConnector('https://sso.example.com');
const now = Date.UTC(2026, 10, 23);
const content = readNewConnector(
  {
    name: 'Corp',
    reference: 'corp',
    type: 'SAML_V2',
    saml: {
      issuerUrl: 'urn:a:b',
      endpoint: 'https://idp.corp/',
      nameIdFormat: 'persistent',
      certificates: [rsaCertificate],
    },
  },
  now,
);

const given = (...changes: readonly ConnectorChange[]) => {
  let state: ConnectorState | undefined;
  for (const [at, change] of changes.entries()) {
    state = definition.evolve(state, change, { id: 'con_1', version: at + 1, time: `2026-11-23T00:00:0${at}.000Z` });
  }
  return { state, when: (command: ConnectorCommand) => definition.decide(command, state) };
};

const created: ConnectorChange = { type: 'connector.created', content };
const patch = (body: unknown): ConnectorCommand => ({ type: 'patch', patch: body, at: now });

describe('a connector', () => {
  it('given nothing, when created, then it is created', () => {
    expect(given().when({ type: 'create', content })).toEqual([created]);
  });

  it('given nothing, when anything else is asked, then there is no such connector', () => {
    for (const command of [patch({}), { type: 'enable' }, { type: 'disable' }, { type: 'delete' }] as const) {
      expect(() => given().when(command)).toThrow(expect.objectContaining({ code: 'connector_not_found' }));
    }
  });

  it('given an enabled one, when enabled, then nothing happens; when disabled, it is', () => {
    expect(given(created).when({ type: 'enable' })).toEqual([]);
    expect(given(created).when({ type: 'disable' })).toEqual([{ type: 'connector.disabled' }]);
    expect(given(created, { type: 'connector.disabled' }).when({ type: 'enable' })).toEqual([
      { type: 'connector.enabled' },
    ]);
  });

  it('given one, when patched, then the change names what differs and nothing else', () => {
    const [change] = given(created).when(
      patch({ saml: { certificates: [otherCertificate, rsaCertificate], endpoint: 'https://idp.corp/' } }),
    );
    expect(change).toMatchObject({
      type: 'connector.updated',
      changed: [{ path: '/saml/certificates', before: [rsaCertificate], after: [otherCertificate, rsaCertificate] }],
    });
  });

  it('keeps its id, its creation and whether it is enabled through a change of content', () => {
    const disabled = given(created, { type: 'connector.disabled' });
    const [change] = disabled.when(patch({ name: 'New' }));
    if (change === undefined) throw new Error('nothing changed');
    const { state } = given(created, { type: 'connector.disabled' }, change);
    expect(state).toMatchObject({
      id: 'con_1',
      name: 'New',
      enabled: false,
      version: 3,
      createdAt: '2026-11-23T00:00:00.000Z',
      updatedAt: '2026-11-23T00:00:02.000Z',
    });
  });

  it('is gone when deleted, and what is told of it then is its id and reference', () => {
    const { state } = given(created);
    const change: ConnectorChange = { type: 'connector.deleted' };
    expect(given(created, change).state).toBeUndefined();
    expect(definition.publish(change, undefined, state)).toEqual({
      type: 'connector.deleted',
      data: { connectorId: 'con_1', reference: 'corp' },
    });
  });

  it('is one with any spelling of its reference', () => {
    const { state } = given({ ...created, content: { ...content, reference: 'CoRp' } });
    if (state === undefined) throw new Error('not created');
    expect(definition.unique(state)).toEqual({ reference: ['corp'] });
  });
});
