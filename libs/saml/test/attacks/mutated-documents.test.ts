import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VerifiedAssertion } from '../../src/index.ts';
import { connector, context, genuine, refusalOf, serviceProvider } from '../login-scene.ts';
import { base64 } from './attack.ts';

const provider = serviceProvider();
const { requestId } = context;
const seed = 20_261_123;

/** Whatever is done to a signed document: it is refused, or it says exactly what it said. */
const neverSaysSomethingElse = async (bytes: Uint8Array, said: VerifiedAssertion): Promise<void> => {
  let verified: VerifiedAssertion | undefined;
  const refusal = await refusalOf(async () => {
    verified = await provider.finish(connector, base64(bytes), { requestId });
  });
  if (refusal === undefined) expect(verified).toEqual(said);
};

const originals = await Promise.all(
  (['assertion', 'response', 'both'] as const).map(async (sign) => {
    const posted = genuine({ sign, attributes: [{ name: 'displayName', values: ['Alice'] }] });
    return {
      sign,
      bytes: Buffer.from(posted, 'base64'),
      said: await provider.finish(connector, posted, { requestId }),
    };
  }),
);

describe.each(originals)('a response with a signature of: $sign', ({ bytes, said }) => {
  const xml = bytes.toString();
  const pieces = xml.split(/(?=<)/);
  const position = fc.nat(bytes.length - 1);
  const index = fc.nat(pieces.length - 1);

  it('with one byte changed', () =>
    fc.assert(
      fc.asyncProperty(position, fc.integer({ min: 1, max: 255 }), async (at, difference) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ difference;
        await neverSaysSomethingElse(changed, said);
      }),
      { seed, numRuns: 60 },
    ));

  it('with a stretch of bytes cut out, doubled or put elsewhere', () =>
    fc.assert(
      fc.asyncProperty(position, fc.nat(200), position, fc.boolean(), async (from, length, to, keep) => {
        const stretch = bytes.subarray(from, from + length);
        const rest = keep ? bytes : Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]);
        await neverSaysSomethingElse(Buffer.concat([rest.subarray(0, to), stretch, rest.subarray(to)]), said);
      }),
      { seed, numRuns: 60 },
    ));

  it('with tags and their text exchanged, doubled or dropped', () =>
    fc.assert(
      fc.asyncProperty(index, index, fc.constantFrom('exchange', 'double', 'drop'), async (one, other, how) => {
        const changed = [...pieces];
        const [first = '', second = ''] = [pieces[one], pieces[other]];
        if (how === 'exchange') [changed[one], changed[other]] = [second, first];
        else if (how === 'double') changed[other] = first + second;
        else changed[one] = '';
        await neverSaysSomethingElse(Buffer.from(changed.join('')), said);
      }),
      { seed, numRuns: 60 },
    ));

  it('with the name replaced wherever it can be, and things put between', () =>
    fc.assert(
      fc.asyncProperty(
        index,
        fc.constantFrom(
          '<!---->',
          '<!-- bob@example.com -->',
          '<![CDATA[bob@example.com]]>',
          '<x/>',
          '&#98;',
          ' ',
          '\r\n',
          '<saml:NameID>bob@example.com</saml:NameID>',
        ),
        fc.boolean(),
        async (at, insertion, renamed) => {
          const changed = pieces.toSpliced(at, 0, insertion).join('');
          const text = renamed ? changed.replace(context.nameId, context.victim) : changed;
          await neverSaysSomethingElse(Buffer.from(text), said);
        },
      ),
      { seed, numRuns: 60 },
    ));
});

it('whole elements are moved about without another name being believed', async () => {
  const [original] = originals;
  const xml = original?.bytes.toString() ?? '';
  const elements = [...xml.matchAll(/<(saml|samlp|ds):(\w+)[^>]*>.*?<\/\1:\2>/gs)].map(([whole]) => whole);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...elements),
      fc.constantFrom(...elements),
      fc.boolean(),
      async (moved, before, forge) => {
        const without = xml.replace(moved, '');
        const placed = without.replace(
          before,
          () => (forge ? moved.replaceAll(context.nameId, context.victim) : moved) + before,
        );
        if (original !== undefined) await neverSaysSomethingElse(Buffer.from(placed), original.said);
      },
    ),
    { seed, numRuns: 120 },
  );
});
