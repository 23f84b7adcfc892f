import { basicAttributeName, namespaces } from './names.ts';
import {
  type AssertionParts,
  type AttributeParts,
  type AttributeValue,
  type AuthnStatementParts,
  type ConditionsParts,
  type ConfirmationParts,
  type ElementValue,
  isRawElement,
  omitted,
  type ResponseParts,
  type SubjectParts,
} from './parts.ts';

/** Text made safe between tags. A carriage return is written as a reference, else a parser turns it into a line feed. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#xD;');
}

/** Text made safe between double quotes of an attribute, in XML and in HTML alike. */
export function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', '&quot;').replaceAll('\n', '&#xA;').replaceAll('\t', '&#x9;');
}

function attributes(values: Readonly<Record<string, AttributeValue | undefined>>): string {
  return Object.entries(values)
    .map(([name, value]) => (typeof value === 'string' ? ` ${name}="${escapeAttribute(value)}"` : ''))
    .join('');
}

function element(tag: string, value: ElementValue, attributesXml = ''): string {
  if (value === omitted) return '';
  if (isRawElement(value)) return value.element;
  const content = typeof value === 'string' ? escapeText(value) : value.content;
  return `<${tag}${attributesXml}>${content}</${tag}>`;
}

/**
 * Writes a response (SAML Core 3.2.2).
 *
 * @param assertionsXml the assertions, written and signed already
 * @param signature put where the schema wants it: right after the issuer
 */
export function renderResponse(parts: ResponseParts, assertionsXml: string, signature = ''): string {
  const rootAttributes = attributes({
    'xmlns:samlp': namespaces.protocol,
    'xmlns:saml': namespaces.assertion,
    ID: parts.id,
    Version: parts.version,
    IssueInstant: parts.issueInstant,
    Destination: parts.destination,
    InResponseTo: parts.inResponseTo,
  });
  const issuer = element('saml:Issuer', parts.issuer);
  const body = `${parts.extensions}${renderStatus(parts.status)}${assertionsXml}${parts.trailer}`;
  return `<samlp:Response${rootAttributes}>${issuer}${signature}${body}</samlp:Response>`;
}

function renderStatus(status: ResponseParts['status']): string {
  if (status === omitted) return '';
  if (isRawElement(status)) return status.element;
  return `<samlp:Status><samlp:StatusCode${attributes({ Value: status })}></samlp:StatusCode></samlp:Status>`;
}

/** Writes an assertion (SAML Core 2.3.3), complete in itself: it declares the namespace that it uses. */
export function renderAssertion(parts: AssertionParts, signature = ''): string {
  const rootAttributes = attributes({
    'xmlns:saml': namespaces.assertion,
    ID: parts.id,
    Version: parts.version,
    IssueInstant: parts.issueInstant,
  });
  const body = [
    element('saml:Issuer', parts.issuer),
    signature,
    renderSubject(parts.subject),
    renderConditions(parts.conditions),
    ...parts.authnStatements.map(renderAuthnStatement),
    renderAttributes(parts.attributes),
    parts.trailer,
  ];
  return `<saml:Assertion${rootAttributes}>${body.join('')}</saml:Assertion>`;
}

function renderSubject(subject: AssertionParts['subject']): string {
  if (subject === omitted) return '';
  if (isRawElement(subject)) return subject.element;
  return `<saml:Subject>${renderNameId(subject)}${subject.confirmations.map(renderConfirmation).join('')}</saml:Subject>`;
}

function renderNameId(subject: SubjectParts): string {
  const nameIdAttributes = attributes({
    NameQualifier: subject.nameQualifier,
    SPNameQualifier: subject.spNameQualifier,
    Format: subject.nameIdFormat,
  });
  return element('saml:NameID', subject.nameId, nameIdAttributes);
}

function renderConfirmation(confirmation: ConfirmationParts): string {
  const data = attributes({
    NotBefore: confirmation.notBefore,
    NotOnOrAfter: confirmation.notOnOrAfter,
    Recipient: confirmation.recipient,
    InResponseTo: confirmation.inResponseTo,
  });
  const content =
    confirmation.data === omitted ? '' : `<saml:SubjectConfirmationData${data}></saml:SubjectConfirmationData>`;
  return element('saml:SubjectConfirmation', { content }, attributes({ Method: confirmation.method }));
}

function renderConditions(conditions: ConditionsParts | AssertionParts['conditions']): string {
  if (conditions === omitted) return '';
  if (isRawElement(conditions)) return conditions.element;
  const restrictions = conditions.audienceRestrictions.map((audiences) => {
    const content = audiences.map((audience) => element('saml:Audience', audience)).join('');
    return element('saml:AudienceRestriction', { content });
  });
  const window = attributes({ NotBefore: conditions.notBefore, NotOnOrAfter: conditions.notOnOrAfter });
  return element('saml:Conditions', { content: restrictions.join('') }, window);
}

function renderAuthnStatement(statement: AuthnStatementParts): string {
  const statementAttributes = attributes({
    AuthnInstant: statement.authnInstant,
    SessionIndex: statement.sessionIndex,
    SessionNotOnOrAfter: statement.sessionNotOnOrAfter,
  });
  const context = element('saml:AuthnContext', {
    content: element('saml:AuthnContextClassRef', statement.authnContext),
  });
  return element('saml:AuthnStatement', { content: context }, statementAttributes);
}

function renderAttributes(list: readonly AttributeParts[]): string {
  if (list.length === 0) return '';
  const items = list.map((attribute) => {
    const values = attribute.values.map((value) => element('saml:AttributeValue', value)).join('');
    const names = attributes({
      Name: attribute.name,
      NameFormat: attribute.nameFormat ?? basicAttributeName,
      FriendlyName: attribute.friendlyName,
    });
    return element('saml:Attribute', { content: values }, names);
  });
  return element('saml:AttributeStatement', { content: items.join('') });
}
