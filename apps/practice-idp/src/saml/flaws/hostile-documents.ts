const base64 = (xml: string): string => Buffer.from(xml).toString('base64');

const open = '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">';
const close = '</samlp:Response>';
/** What base64 of 256 kB holds, in characters. */
const room = 196_000;

const filled = (piece: string): string =>
  base64(`${open}${piece.repeat(Math.floor(room / piece.length) - 40)}${close}`);
const attributes = (): string => Array.from({ length: 15_000 }, (_, index) => `a${index}="1"`).join(' ');
const entities = (): string =>
  Array.from({ length: 4_000 }, (_, index) => `<!ENTITY e${index} "&e${index - 1};&e${index - 1};">`).join('');
/**
 * SAMLResponse values at the body limit, each the worst of its kind for some part of a reader. All must be refused, and
 * cheaply: no key is needed to post them.
 */
export const hostileDocuments = (): Readonly<Record<string, string>> => ({
  siblings: filled('<x/>'),
  'nested elements': filled('<x>'),
  'one element with attributes': base64(`${open}<x ${attributes()}/>${close}`),
  comments: filled('<!---->'),
  references: filled('&amp;'),
  'character data': filled('a'),
  'character data beyond ASCII': base64(`${open}${'é'.repeat(room / 2 - 60)}${close}`),
  entities: base64(`<!DOCTYPE x [${entities()}]>${open}&e3999;${close}`),
  'a DOCTYPE behind white space': base64(`${' '.repeat(room - 200)}<!DOCTYPE x>${open}${close}`),
  instructions: filled('<?x?>'),
  'end tags without an end': base64(`${'</'.repeat(room / 2 - 1)}>`),
  'declarations without an end': base64(`${'<!'.repeat(room / 2 - 1)}>`),
  'CDATA sections': filled('<![CDATA[]]>'),
  'white space before nothing': base64(' '.repeat(room)),
  'namespace declarations': filled('<x xmlns:a="urn:a" xmlns:b="urn:b" xmlns:c="urn:c"/>'),
  'text after the root': base64(`${open}${'<x>y</x>'.repeat(500)}${close}x`),
  'bytes that are not UTF-8': Buffer.alloc(room, 0xff).toString('base64'),
  'bytes that are not UTF-8 in the end': Buffer.from(`${' '.repeat(room - 1)}\xff`, 'latin1').toString('base64'),
  'what is not base64': '!'.repeat(262_000),
  'base64 in short lines': `${`${'QUFB'.repeat(4)}\n`.repeat(15_400)}`,
  'more than is taken': 'A'.repeat(400_000),
});
