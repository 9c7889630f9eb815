/** Bytes as Base64 text, with nothing but what every JavaScript runtime has. */

/** So many arguments of a call are safe on any stack; a multiple of 3, so that no slice is padded. */
const SLICE_BYTES = 3 * 4_096;

export function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += SLICE_BYTES) {
    text += btoa(String.fromCharCode(...bytes.subarray(i, i + SLICE_BYTES)));
  }
  return text;
}

export function bytesOfBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
