import { ProblemError } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { type PostedAnswer, readPostedAnswer } from '../../src/login/posted-answer.ts';

const read = (form: string | Buffer): PostedAnswer => readPostedAnswer(Buffer.from(form));

const codeOf = (form: string | Buffer): string | undefined => {
  try {
    read(form);
    return undefined;
  } catch (error) {
    if (error instanceof ProblemError) return error.code;
    throw error;
  }
};

describe('the posted form', () => {
  it('is read with its escapes', () => {
    expect(read('SAMLResponse=QUI%2BQ0%2fR%3D%0D%0A&RelayState=abc')).toEqual({
      samlResponse: 'QUI+Q0/R=\r\n',
      relayState: 'abc',
    });
    expect(read('x=1&&RelayState=&%53AMLResponse=a+b%c3%a9=')).toEqual({
      samlResponse: 'a bé=',
      relayState: undefined,
    });
  });

  // Repeatable; every sign that means something in a form, whole and broken escapes, bytes that are no UTF-8. In ASCII, as
  // forms are: Node misreads others.
  it('says of every value what URLSearchParams says', () => {
    const pieces = ['A', '+', '=', '%', '%2', '%2B', '%2b', '%zz', '%C3%A9', '%ff', '%00', '%EF%BB%BF', '/'];
    let state = 7;
    const below = (bound: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % bound;
    };
    for (let round = 0; round < 5_000; round++) {
      const text = Array.from({ length: below(8) }, () => pieces[below(pieces.length)]).join('');
      const form = `SAMLResponse=${text}&RelayState=x${text}`;
      const expected = new URLSearchParams(form);
      expect(read(form), form).toEqual({
        samlResponse: expected.get('SAMLResponse'),
        relayState: expected.get('RelayState'),
      });
    }
  });

  it.each([
    'SAMLResponse=a&SAMLResponse=b',
    'SAMLResponse=a&SAMLResponse=a',
    'SAMLResponse=a&%53%41%4D%4C%52%65%73%70%6F%6E%73%65=b',
    'SAMLResponse=a&RelayState=b&RelayState=c',
    'SAMLResponse=a&RelayState&RelayState=c',
  ])('with a field that comes twice is refused: %s', (form) => {
    expect(codeOf(form)).toBe('invalid_request');
  });

  it.each(['', 'RelayState=a', 'samlresponse=a', 'SAMLResponse%00=a', ' SAMLResponse=a'])(
    'without a response is refused: %j',
    (form) => {
      expect(codeOf(form)).toBe('invalid_request');
    },
  );

  it('may have fields that mean nothing here, and not very many of them', () => {
    const fields = (count: number): string => `SAMLResponse=a${'&x=y'.repeat(count - 1)}`;
    expect(codeOf(fields(32))).toBeUndefined();
    expect(codeOf(fields(33))).toBe('invalid_request');
    expect(codeOf('&'.repeat(400_000))).toBe('invalid_request');
  });

  it('is nothing when there is no body', () => {
    expect(() => readPostedAnswer(undefined)).toThrow('SAMLResponse is missing');
  });
});
