import { deflateRawSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { createPracticeIdp, type openKeyStore, type PracticeIdpDeps } from '../src/index.ts';
import { acsUrl, audience, clock, repeatableIds } from './practice.ts';

export const baseUrl = 'http://127.0.0.1:4000';

export type Identity = Awaited<ReturnType<typeof openKeyStore>>;

export function practiceIdp(identity: Identity, deps: Partial<PracticeIdpDeps> = {}): FastifyInstance {
  return createPracticeIdp({ identity, baseUrl, clock, ids: repeatableIds(), ...deps });
}

/** An AuthnRequest as a service provider writes it. */
export function authnRequest(
  options: { acs?: string; attributes?: string; policy?: string; issuer?: string } = {},
): string {
  const { acs = acsUrl, attributes = '', policy = '', issuer = audience } = options;
  return (
    `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_request" Version="2.0" IssueInstant="2026-11-23T12:00:00Z"` +
    ` AssertionConsumerServiceURL="${acs}"${attributes}>` +
    `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${issuer}</saml:Issuer>${policy}</samlp:AuthnRequest>`
  );
}

export function redirectUrl(xml: string, relayState?: string): string {
  const query = new URLSearchParams({ SAMLRequest: deflateRawSync(xml).toString('base64') });
  if (relayState !== undefined) query.set('RelayState', relayState);
  return `/saml/sso?${query}`;
}

export const base64 = (xml: string): string => Buffer.from(xml, 'utf8').toString('base64');

export function form(fields: Record<string, string>, headers: Record<string, string> = {}) {
  return {
    payload: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  };
}

/** The value of a hidden field, or the action of the form, as a browser would read it. */
export function hiddenField(html: string, name: string): string | undefined {
  const value = new RegExp(`<input type="hidden" name="${name}" value="([^"]*)"`).exec(html)?.[1];
  return value === undefined ? undefined : unescaped(value);
}

export function formAction(html: string): string | undefined {
  return /<form[^>]* action="([^"]*)"/.exec(html)?.[1];
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
