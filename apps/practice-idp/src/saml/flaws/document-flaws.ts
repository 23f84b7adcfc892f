import type { Built } from '../build.ts';
import { type Draft, override } from '../draft.ts';
import { escapeText } from '../render.ts';
import type { Flaw, Scene } from './flaw.ts';

/** Size of the wide, deep and large documents: below the limit of common form bodies, above that of a sane response. */
const bulk = { elements: 40_000, levels: 20_000, attributes: 10_000, comments: 20_000, bytes: 1_048_576 } as const;

/** XML that a service provider must not take, or not even parse. */
export const documentFlaws = {
  doctype: documentFlaw('A document type declaration', (built) => `<!DOCTYPE samlp:Response>${built.xml}`),
  'entity-bomb': documentFlaw('Entities that grow to a billion laughs', (built, scene) => {
    const levels = Array.from({ length: 9 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`);
    const doctype = `<!DOCTYPE samlp:Response [<!ENTITY l0 "laugh">${levels.join('')}]>`;
    return doctype + replaceNameId(built, escapeText(scene.statement.nameId), '&l9;');
  }),
  'external-entity': documentFlaw('An entity that reads a local file', (built, scene) => {
    const doctype = '<!DOCTYPE samlp:Response [<!ENTITY file SYSTEM "file:///etc/hostname">]>';
    return doctype + replaceNameId(built, escapeText(scene.statement.nameId), '&file;');
  }),
  'pi-in-document': documentFlaw(
    'A processing instruction before the root',
    (built) => `<?practice flaw?>${built.xml}`,
  ),
  'pi-in-name-id': {
    ...documentFlaw('A processing instruction cuts the NameID short to somebody else', (built, scene) => {
      const victim = escapeText(scene.victim);
      return built.xml.replaceAll(`>${victim}.stranger`, () => `>${victim}<?practice flaw?>.stranger`);
    }),
    draft: (draft: Draft, scene: Scene) => override(draft, { subject: { nameId: `${scene.victim}.stranger.example` } }),
  },
  'text-after-root': documentFlaw('Text after the root element', (built) => `${built.xml}text`),
  'second-root': documentFlaw('A second root element', (built) => `${built.xml}<second></second>`),
  'cut-off': documentFlaw('The document ends early', (built) => built.xml.slice(0, -10)),
  'wide-document': documentFlaw('Tens of thousands of siblings', (built) =>
    beforeEnd(built.xml, '<x/>'.repeat(bulk.elements)),
  ),
  'deep-document': documentFlaw('Tens of thousands of levels', (built) =>
    beforeEnd(built.xml, '<x>'.repeat(bulk.levels) + '</x>'.repeat(bulk.levels)),
  ),
  'many-attributes': documentFlaw('Ten thousand attributes on one element', (built) => {
    const attributes = Array.from({ length: bulk.attributes }, (_, index) => ` a${index}=""`);
    return beforeEnd(built.xml, `<x${attributes.join('')}/>`);
  }),
  'many-comments': documentFlaw('Tens of thousands of comments', (built) =>
    beforeEnd(built.xml, '<!---->'.repeat(bulk.comments)),
  ),
  oversized: documentFlaw('A megabyte of white space', (built) => beforeEnd(built.xml, ' '.repeat(bulk.bytes))),
};

function documentFlaw(description: string, document: NonNullable<Flaw['document']>) {
  return { rule: 'xml', description, kind: 'document', expected: 'refused', document } as const satisfies Flaw;
}

function replaceNameId(built: Built, nameId: string, replacement: string): string {
  return built.xml.replaceAll(`>${nameId}</saml:NameID>`, `>${replacement}</saml:NameID>`);
}

function beforeEnd(xml: string, content: string): string {
  return xml.replace(/<\/samlp:Response>$/, () => `${content}</samlp:Response>`);
}
