/** Signatures on receipts, by the browser's own Ed25519: the key is made of the site's secret and never leaves here. */

/** RFC 8410: what stands before the 32 bytes of a private key in PKCS#8. */
const PKCS8_HEAD = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const ED25519 = { name: 'Ed25519' };

export interface Signer {
  /** The public key in base64url. */
  signedBy: string;
  sign(text: string): Promise<string>;
}

/** This browser has no Ed25519, or the page is not served safely: it can make no receipts. */
export class CannotSign extends Error {}

export async function signerOf(seed: Uint8Array<ArrayBuffer>): Promise<Signer> {
  try {
    const pkcs8 = new Uint8Array([...PKCS8_HEAD, ...seed]);
    const key = await crypto.subtle.importKey('pkcs8', pkcs8, ED25519, true, ['sign']);
    const { x: signedBy } = await crypto.subtle.exportKey('jwk', key);
    if (!signedBy) throw new CannotSign();
    return {
      signedBy,
      sign: async (text) => inBase64url(new Uint8Array(await crypto.subtle.sign(ED25519, key, new TextEncoder().encode(text)))),
    };
  } catch {
    throw new CannotSign();
  }
}

function inBase64url(content: Uint8Array): string {
  return btoa(String.fromCharCode(...content)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
