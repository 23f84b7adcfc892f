const begin = '-----BEGIN CERTIFICATE-----';
const end = '-----END CERTIFICATE-----';

/** A certificate is 1 to 4 kB; whatever is much larger is another kind of file. */
export const certificateFileLimit = 65_536;

/** The PEM blocks of a text, each with one line break at its end, and what stands outside of them. */
export const splitPem = (text: string): { readonly blocks: readonly string[]; readonly rest: string } => {
  const blocks: string[] = [];
  const rest = text.replace(new RegExp(`${begin}[^-]*${end}`, 'g'), (block) => {
    blocks.push(`${block.trim()}\n`);
    return '';
  });
  return { blocks, rest: rest.trim() };
};

/** A DER certificate as a PEM block (RFC 7468): base64 in lines of 64 signs. */
export const derToPem = (der: Uint8Array): string => {
  const base64 = btoa(Array.from(der, (byte) => String.fromCharCode(byte)).join(''));
  const lines = base64.match(/.{1,64}/g) ?? [];
  return [begin, ...lines, end, ''].join('\n');
};

/** DER begins with the tag of a SEQUENCE, which is the sign `0`: no PEM text and no base64 of a certificate does. */
const isDer = (bytes: Uint8Array): boolean => bytes[0] === 0x30 && bytes[1] !== undefined && bytes[1] >= 0x80;

/**
 * What a certificate file says, as text for the form: PEM stays as it is, DER becomes PEM. Whether it is a certificate
 * at all is the server's to say.
 */
export const certificateText = (bytes: Uint8Array): string =>
  isDer(bytes) ? derToPem(bytes) : new TextDecoder().decode(bytes);
