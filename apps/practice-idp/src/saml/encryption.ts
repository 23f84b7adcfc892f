import { constants, createCipheriv, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto';
import { namespaces } from './names.ts';

const algorithms = {
  content: 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
  keyTransport: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
  sha1: 'http://www.w3.org/2000/09/xmldsig#sha1',
  element: 'http://www.w3.org/2001/04/xmlenc#Element',
} as const;

/**
 * An `EncryptedAssertion` (SAML Core 2.3.4; XML Encryption 1.1): AES-256-GCM under a fresh key, which is sealed by
 * RSA-OAEP with SHA-1, the pair that every implementation opens.
 *
 * @param recipient PEM certificate with the RSA key of whoever may open it
 */
export function encryptAssertion(assertionXml: string, recipient: string): string {
  // The key is the cipher's own business: it need not be repeatable, so it does not come from the caller's ids.
  const key = randomBytes(32);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const sealed = Buffer.concat([nonce, cipher.update(assertionXml, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  const publicKey = new X509Certificate(recipient).publicKey;
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };
  const sealedKey = publicEncrypt({ key: publicKey, ...padding }, key);

  const keyMethod = `<xenc:EncryptionMethod Algorithm="${algorithms.keyTransport}"><ds:DigestMethod Algorithm="${algorithms.sha1}"></ds:DigestMethod></xenc:EncryptionMethod>`;
  const encryptedKey = `<xenc:EncryptedKey>${keyMethod}${cipherData(sealedKey)}</xenc:EncryptedKey>`;
  const keyInfo = `<ds:KeyInfo xmlns:ds="${namespaces.signature}">${encryptedKey}</ds:KeyInfo>`;
  const method = `<xenc:EncryptionMethod Algorithm="${algorithms.content}"></xenc:EncryptionMethod>`;
  const data = `<xenc:EncryptedData xmlns:xenc="${namespaces.encryption}" Type="${algorithms.element}">${method}${keyInfo}${cipherData(sealed)}</xenc:EncryptedData>`;
  return `<saml:EncryptedAssertion xmlns:saml="${namespaces.assertion}">${data}</saml:EncryptedAssertion>`;
}

function cipherData(octets: Buffer): string {
  return `<xenc:CipherData><xenc:CipherValue>${octets.toString('base64')}</xenc:CipherValue></xenc:CipherData>`;
}
