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
  if (typeof value === 'string') return escapeHtml(value);
  if ('html' in value) return value.html;
  return value.map((part) => part.html).join('');
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => references[sign] ?? sign);
}
