import type { Built } from '../build.ts';
import type { Draft, SignTarget } from '../draft.ts';
import { namespaces } from '../names.ts';
import { renderAssertion, renderResponse } from '../render.ts';
import { xmlId } from '../xml-id.ts';
import type { Flaw, Scene } from './flaw.ts';
import { forVictim } from './subject-flaws.ts';

/**
 * A good signature over a part that nobody reads, and a forged part that nobody signed. `xsw1` to `xsw8` are those of
 * Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be" (USENIX Security 2012).
 */
export const wrappingFlaws = {
  xsw1: wrapping('A forged response; the signed one lies inside its signature', 'response', (built, scene) => {
    const signature = inside(built.response.signature, built.response.unsigned);
    return forgedResponse(built, scene, { signature });
  }),
  xsw2: wrapping('A forged response; the signed one stands before the detached signature', 'response', (built, scene) =>
    forgedResponse(built, scene, { signature: built.response.unsigned + built.response.signature }),
  ),
  xsw3: wrapping('A forged assertion before the signed one', 'assertion', (built, scene) =>
    respond(built, forgedAssertion(built, scene) + signed(built)),
  ),
  xsw4: wrapping('A forged assertion around the signed one', 'assertion', (built, scene) =>
    respond(built, forgedAssertion(built, scene, { trailer: signed(built) })),
  ),
  xsw5: wrapping('A forged assertion carries the signature; the signed one follows', 'assertion', (built, scene) =>
    respond(built, forgedAssertion(built, scene, { signature: signature(built) }) + unsigned(built)),
  ),
  xsw6: wrapping('A forged assertion carries the signature, which holds the signed one', 'assertion', (built, scene) =>
    respond(built, forgedAssertion(built, scene, { signature: inside(signature(built), unsigned(built)) })),
  ),
  xsw7: wrapping('A forged assertion in Extensions', 'assertion', (built, scene) => {
    const extensions = `<samlp:Extensions>${forgedAssertion(built, scene)}</samlp:Extensions>`;
    return renderResponse({ ...built.response.parts, extensions }, signed(built));
  }),
  xsw8: wrapping(
    'A forged assertion carries the signature; an Object in it holds the signed one',
    'assertion',
    (built, scene) => {
      const object = `<ds:Object>${unsigned(built)}</ds:Object>`;
      return respond(built, forgedAssertion(built, scene, { signature: inside(signature(built), object) }));
    },
  ),

  'signed-assertion-in-extensions': wrapping(
    'The signed assertion lies in Extensions, a forged one where it belongs',
    'assertion',
    (built, scene) => {
      const extensions = `<samlp:Extensions>${signed(built)}</samlp:Extensions>`;
      return renderResponse({ ...built.response.parts, extensions }, forgedAssertion(built, scene));
    },
  ),
  'duplicate-id': wrapping('A forged assertion with the ID of the signed one', 'assertion', (built, scene) =>
    respond(built, forgedAssertion(built, scene, { sameId: true }) + signed(built)),
  ),
  'signature-excluded': wrapping('A forged assertion from which the signature was taken', 'assertion', (built, scene) =>
    respond(built, forgedAssertion(built, scene)),
  ),
  'signature-moved': wrapping('The signature stands at the end of the response', 'assertion', (built) =>
    renderResponse({ ...built.response.parts, trailer: signature(built) }, unsigned(built)),
  ),
  'signature-twice': wrapping('The signature of the assertion stands in it twice', 'assertion', (built) =>
    respond(built, built.assertions.map((piece) => renderAssertion(piece.parts, piece.signature.repeat(2))).join('')),
  ),
  'decoy-signature': wrapping(
    'A forged assertion with a true signature of something else',
    'assertion',
    (built, scene) => {
      const id = xmlId(scene.ids);
      const decoy = `<samlp:Extensions xmlns:samlp="${namespaces.protocol}" ID="${id}"></samlp:Extensions>`;
      const decoySignature = built.draft.makeSignature(decoy, id, built.draft.plan);
      const assertion = forgedAssertion(built, scene, { signature: decoySignature });
      return renderResponse({ ...built.response.parts, extensions: decoy }, assertion);
    },
  ),
};

function wrapping(description: string, sign: SignTarget, document: (built: Built, scene: Scene) => string) {
  const draft = (good: Draft): Draft => ({ ...good, sign });
  return {
    rule: 'signed-part',
    description,
    kind: 'wrapping',
    expected: 'refused',
    draft,
    document,
  } as const satisfies Flaw;
}

const signed = (built: Built): string => built.assertions.map((piece) => piece.xml).join('');
const unsigned = (built: Built): string => built.assertions.map((piece) => piece.unsigned).join('');
const signature = (built: Built): string => built.assertions.map((piece) => piece.signature).join('');

/** The signature with something put at its end. */
function inside(signatureXml: string, content: string): string {
  return signatureXml.replace(/<\/ds:Signature>$/, () => `${content}</ds:Signature>`);
}

/** The unsigned response around other assertions. */
function respond(built: Built, assertionsXml: string): string {
  return renderResponse(built.response.parts, assertionsXml);
}

/** The response under another ID, about the victim. */
function forgedResponse(built: Built, scene: Scene, options: { readonly signature: string }): string {
  const parts = { ...built.response.parts, id: xmlId(scene.ids) };
  return renderResponse(parts, forgedAssertion(built, scene), options.signature);
}

interface ForgeryOptions {
  readonly signature?: string;
  readonly trailer?: string;
  readonly sameId?: boolean;
}

function forgedAssertion(built: Built, scene: Scene, options: ForgeryOptions = {}): string {
  return built.assertions
    .map(({ parts }) => {
      const forged = forVictim(parts, scene);
      const id = options.sameId === true ? parts.id : forged.id;
      return renderAssertion({ ...forged, id, trailer: options.trailer ?? '' }, options.signature);
    })
    .join('');
}
