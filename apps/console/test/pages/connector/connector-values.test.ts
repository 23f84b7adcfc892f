import { ConnectorPatch, matches, NewConnector } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import {
  emptyConnector,
  inputOf,
  isChanged,
  patchOf,
  valuesOf,
} from '../../../src/pages/connector/connector-values.ts';
import { connectorOf, validPem } from '../../practice/state.ts';

const stored = valuesOf(connectorOf('Corp', 'corp'));

describe('the body of a new connector', () => {
  it('has the shape of the contract', () => {
    expect(matches(NewConnector, inputOf({ ...stored, certificateText: '' }))).toBe(true);
  });

  it('carries what was typed but is no certificate, so that the server can say so', () => {
    expect(inputOf({ ...emptyConnector, certificateText: 'abc' }).saml?.certificates).toEqual(['abc']);
    expect(inputOf({ ...emptyConnector, certificateText: '  ' }).saml?.certificates).toEqual([]);
  });

  it('of another type has no SAML settings', () => {
    expect(inputOf({ ...stored, type: 'OAUTH2' })).toEqual({ name: 'Corp', reference: 'corp', type: 'OAUTH2' });
  });
});

describe('the patch of a connector', () => {
  it('is absent when nothing differs', () => {
    expect(patchOf(stored, { ...stored })).toBeUndefined();
    expect(isChanged(stored, { ...stored })).toBe(false);
  });

  it('holds what differs and nothing else', () => {
    const patch = patchOf(stored, { ...stored, name: 'Corp 2', endpoint: 'https://idp.example/sso' });
    expect(patch).toEqual({ name: 'Corp 2', saml: { endpoint: 'https://idp.example/sso' } });
    expect(matches(ConnectorPatch, patch)).toBe(true);
  });

  it('replaces the certificates as a whole', () => {
    const certificates = [...stored.certificates, `${validPem}2`];
    expect(patchOf(stored, { ...stored, certificates })).toEqual({ saml: { certificates } });
  });
});
