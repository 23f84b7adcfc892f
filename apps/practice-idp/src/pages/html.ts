import { escapeAttribute } from '../saml/render.ts';

/** Markup that is safe to send. Only {@link html} makes it. */
export interface Html {
  readonly html: string;
}

type Insert = string | Html | readonly Html[] | undefined;

/** Markup with values put in: texts are escaped, markup is not, `undefined` leaves nothing. Attributes need quotes. */
export function html(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  const text = strings.reduce((before, string, index) => before + insert(inserts[index - 1]) + string);
  return { html: text };
}

function insert(value: Insert): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return escapeAttribute(value);
  if ('html' in value) return value.html;
  return value.map((part) => part.html).join('');
}
