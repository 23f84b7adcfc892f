const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A value for text or for an attribute in double quotes. */
export const escapeXml = (value: string): string => value.replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);
