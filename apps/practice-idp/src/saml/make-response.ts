import { type Clock, createIds, type Ids, systemClock } from '@gatehouse/contracts';
import { type Built, build } from './build.ts';
import { type Draft, goodResponse, goodSignaturePlan, type Overrides, override, type Statement } from './draft.ts';
import { type FlawName, flawNamed } from './flaws/index.ts';
import { makeSignature } from './signature.ts';

export interface ResponseOptions extends Statement, Overrides {
  /** What is wrong with it, on purpose. */
  readonly flaw?: FlawName;
  /** Whom a forged part names, `bob@example.com` by default. */
  readonly victim?: string;
  /** A last change before writing and signing, for what the overrides cannot say. */
  readonly shape?: (draft: Draft) => Draft;
  /** A last change of the signed text, for what must not be covered by the signature. */
  readonly edit?: (xml: string) => string;
  readonly clock?: Clock;
  readonly ids?: Pick<Ids, 'secret'>;
}

/**
 * A SAML response as it travels in the form field `SAMLResponse` (SAML Bindings 3.5.4).
 * Without a flaw or an override it is one that every rule accepts, signed by the key that is given.
 *
 * @returns base64 of the XML
 */
export function makeResponse(options: ResponseOptions): string {
  return Buffer.from(makeResponseXml(options), 'utf8').toString('base64');
}

/** Like {@link makeResponse}, as XML. */
export function makeResponseXml(options: ResponseOptions): string {
  const { clock = systemClock, ids = createIds(), victim = 'bob@example.com' } = options;
  const scene = { statement: options, now: clock.now(), ids, victim };
  const good: Draft = {
    response: goodResponse(options, scene.now, ids),
    sign: options.sign ?? 'both',
    plan: goodSignaturePlan(options),
    makeSignature,
    wrapAssertion: (xml) => xml,
  };
  const flaw = options.flaw === undefined ? undefined : flawNamed(options.flaw);
  const overridden = override(good, options);
  const flawed = flaw?.draft?.(overridden, scene) ?? overridden;
  const built: Built = build(options.shape?.(flawed) ?? flawed);
  const xml = flaw?.document?.(built, scene) ?? built.xml;
  return options.edit?.(xml) ?? xml;
}
