import { nameIdFormats } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { nameIdFormatLabel } from '../../../src/pages/connectors/connector-words.ts';

describe('nameIdFormatLabel', () => {
  it('names the well-known formats by URN and by short name, and leaves others alone', () => {
    expect(nameIdFormatLabel(nameIdFormats.persistent)).toBe('Persistent');
    expect(nameIdFormatLabel('transient')).toBe('Transient');
    expect(nameIdFormatLabel('urn:example')).toBe('urn:example');
  });
});
