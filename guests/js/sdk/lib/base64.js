// Standard base64 with padding: how JSON and text files carry bytes.

import { binaryOf, bytesOf } from "./binary.js";

/** @type {import("../index.js").Base64} */
export const base64 = {
  encode: (bytes) => btoa(binaryOf(bytes)),

  decode(text) {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
    const bytes = bytesOf(atob(text));
    // Bits that are dropped would make two texts of the same bytes.
    return base64.encode(bytes.subarray(bytes.length - (bytes.length % 3 || 3))) === text.slice(-4) ? bytes : undefined;
  },
};
