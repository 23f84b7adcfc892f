/** Why a pasted text is no usable certificate. The messages are for the person who pasted it. */
export const certificateFaults = {
  empty:
    'Paste the certificate of the identity provider, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.',
  private_key:
    'This holds a private key. Never give it to anybody: treat it as compromised, replace it at the identity provider, and paste the certificate instead.',
  typographic_dashes:
    'The first or last line has typographic dashes (– or —), as word processors make them. Each must begin and end with five plain hyphens: -----BEGIN CERTIFICATE-----.',
  headers_missing:
    'The lines -----BEGIN CERTIFICATE----- and -----END CERTIFICATE----- are missing. Put the first before and the second after the text.',
  begin_missing: 'There is an -----END CERTIFICATE----- without its -----BEGIN CERTIFICATE----- before it.',
  end_missing: 'There is a -----BEGIN CERTIFICATE----- without its -----END CERTIFICATE----- after it.',
  not_a_certificate:
    'This is not a certificate but something else in PEM form: it must begin with -----BEGIN CERTIFICATE-----.',
  not_base64:
    'What stands between the BEGIN and the END line is not base64: a part may be missing, or something else was pasted with it.',
  unreadable: 'What stands between the BEGIN and the END line is not an X.509 certificate.',
  several: 'This holds more than one certificate: give each an entry of its own.',
} as const;

export type CertificateFault = keyof typeof certificateFaults;

/** A text that is no usable certificate. `message` says what to do; it never repeats what was pasted. */
export class CertificateRefusal extends Error {
  readonly code: CertificateFault;

  constructor(code: CertificateFault, cause?: unknown) {
    super(certificateFaults[code], cause === undefined ? undefined : { cause });
    this.name = 'CertificateRefusal';
    this.code = code;
  }
}
