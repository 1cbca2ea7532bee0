// Building URLs: whatever a name holds, it stays where it was put.

/** @typedef {import("../index.js").Url} DeclaredUrl */

/** @param {string} base */
export function url(base) {
  return new Url(base);
}

/** @implements {DeclaredUrl} */
class Url {
  #text;
  #separator = "?";

  /** @param {string} base */
  constructor(base) {
    this.#text = base.replace(/\/+$/, "");
  }

  /** @param {string} segment */
  segment(segment) {
    this.#text += `/${encode(segment)}`;
    return this;
  }

  /** @param {string} path */
  path(path) {
    for (const segment of path.split("/")) {
      if (segment !== "") this.segment(segment);
    }
    return this;
  }

  /**
   * @param {string} name
   * @param {string | number | undefined} value
   */
  query(name, value) {
    if (value === undefined) return this;
    this.#text += `${this.#separator}${encode(name)}=${encode(String(value))}`;
    this.#separator = "&";
    return this;
  }

  toString() {
    return this.#text;
  }
}

/**
 * Percent-encodes every byte but RFC 3986's unreserved ones.
 * @param {string} text
 */
function encode(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
