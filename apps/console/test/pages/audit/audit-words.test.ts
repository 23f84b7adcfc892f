import { eventTypes } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import {
  actorWords,
  pathWords,
  refusalWords,
  subjectWords,
  typeChoices,
  typeWords,
  valueText,
} from '../../../src/pages/audit/audit-words.ts';

const id = (prefix: string): string => `${prefix}_${'0'.repeat(26)}`;

describe('audit words', () => {
  it('has words for every fact and offers every one as a filter', () => {
    expect(typeChoices.map(({ value }) => value).sort()).toEqual(Object.keys(eventTypes).sort());
    expect(typeWords('connector.updated')).toBe('Connector changed');
    expect(typeWords('grant.issued')).toBe('grant.issued');
  });

  it('names who did it where the name is known', () => {
    const names = new Map([
      [id('adm'), 'ada@platform.example'],
      [id('key'), 'Billing'],
    ]);
    expect(actorWords(`administrator/${id('adm')}`, names)).toBe('ada@platform.example');
    expect(actorWords(`api-key/${id('key')}`, names)).toBe('API key Billing');
    expect(actorWords(`administrator/${id('con')}`, names)).toBe(`Administrator ${id('con')}`);
    expect(actorWords('system/auth-gateway', names)).toBe('System auth-gateway');
  });

  it('prefers names to ids', () => {
    expect(subjectWords([id('usr'), 'alice@corp.example', 'corp'])).toBe('alice@corp.example · corp');
    expect(subjectWords([id('usr')])).toBe(id('usr'));
    expect(
      subjectWords([id('att'), id('usr'), id('con')], { [id('usr')]: 'alice@corp.example', [id('con')]: 'corp' }),
    ).toBe('alice@corp.example · corp');
    expect(subjectWords([id('usr'), 'alice@corp.example'], { [id('usr')]: 'alice@corp.example' })).toBe(
      'alice@corp.example',
    );
  });

  it('explains refused logins', () => {
    expect(refusalWords({ type: 'login.failed', data: { code: 'saml_audience_mismatch' } })).toContain('audience');
    expect(refusalWords({ type: 'login.failed', data: { code: 'of_tomorrow' } })).toBe('of_tomorrow');
    expect(refusalWords({ type: 'user.created', data: { code: 'saml_audience_mismatch' } })).toBeUndefined();
  });

  it('shows values and pointers as text', () => {
    expect(valueText(null)).toBeUndefined();
    expect(valueText(false)).toBe('false');
    expect(valueText('•••')).toBe('•••');
    expect(pathWords('/saml/a~1b~0c')).toBe('saml › a/b~c');
  });
});
