// UTF-8: the engine has neither TextEncoder nor TextDecoder, but percent-encoding knows UTF-8.

import { binaryOf, bytesOf } from "./binary.js";

/**
 * Text as UTF-8. Half a character, which JavaScript's text can hold, becomes U+FFFD.
 * @param {string} text
 */
export function encode(text) {
  return bytesOf(unescape(encodeURIComponent(text.toWellFormed())));
}

/**
 * The text of UTF-8, byte order mark and all; none if it is not UTF-8.
 * @param {Uint8Array} bytes
 */
export function decode(bytes) {
  try {
    return decodeURIComponent(escape(binaryOf(bytes)));
  } catch {
    return undefined;
  }
}

/**
 * The text of UTF-8, with U+FFFD for what is none, as the Encoding Standard has it.
 * @param {Uint8Array} bytes
 */
export function decodeLossy(bytes) {
  const text = decode(bytes);
  if (text !== undefined) return text;
  const parts = [];
  for (let at = 0; at < bytes.length; ) {
    const [length, whole] = sequence(bytes, at);
    parts.push(whole ? decode(bytes.subarray(at, at + length)) : "\ufffd");
    at += length;
  }
  return parts.join("");
}

/**
 * How many bytes from here on belong together, and whether they are a character.
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {[number, boolean]}
 */
function sequence(bytes, at) {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return [1, true];
  if (first < 0xc2 || first > 0xf4) return [1, false];
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i] ?? 0;
    // The second byte is the one that can make a sequence too long, a surrogate or too large.
    const least = i > 1 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const most = i > 1 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (next < least || next > most) return [i, false];
  }
  return [length, true];
}
