// Requests to the upstream: one whole request, one whole response.

import { http as host } from "#host";
import { Denied, Invalid, Malformed, Other, RateLimited, Timeout, Unauthenticated, Unavailable } from "./errors.js";
import { decode, encode } from "./utf8.js";

/** @typedef {import("../index.js").RequestOptions} RequestOptions */
/** @typedef {import("../index.js").Response} DeclaredResponse */

/** @type {import("../index.js").Http} */
export const http = {
  get: (url, options) => http.request("GET", url, options),
  head: (url, options) => http.request("HEAD", url, options),
  post: (url, options) => http.request("POST", url, options),
  put: (url, options) => http.request("PUT", url, options),
  patch: (url, options) => http.request("PATCH", url, options),
  del: (url, options) => http.request("DELETE", url, options),
  list: (url, options) => http.request("LIST", url, options),

  request(method, url, options = {}) {
    const request = { method, url: String(url), headers: headersOf(options), body: bodyOf(options) ?? null };
    if (!request.url.isWellFormed() || !request.headers.flat().every((text) => text.isWellFormed())) {
      throw new Invalid("the request holds text that is not Unicode");
    }
    try {
      return new Response(host.send(request));
    } catch (thrown) {
      throw failureOf(thrown);
    }
  },
};

/** @implements {DeclaredResponse} */
class Response {
  status;
  // Private, so that no log shows them: they may hold secrets.
  #headers;
  #body;

  /** @param {{ status: number, headers: [string, string][], body: Uint8Array }} response */
  constructor({ status, headers, body }) {
    this.status = status;
    this.#headers = headers;
    this.#body = body;
  }

  get headers() {
    return this.#headers;
  }

  get body() {
    return this.#body;
  }

  /** @param {string} name */
  header(name) {
    return this.#headers.find(([key]) => key === name)?.[1];
  }

  text() {
    const text = decode(this.#body);
    if (text === undefined) throw new Malformed("the reply is not UTF-8 text");
    return text;
  }

  json() {
    const text = this.text();
    try {
      return JSON.parse(text);
    } catch {
      // What the engine says of it may show the reply.
      throw new Malformed("the reply is not JSON");
    }
  }

  retryAfter() {
    const seconds = this.header("retry-after")?.trim() ?? "";
    return /^\d{1,9}$/.test(seconds) ? Number(seconds) : undefined;
  }

  error() {
    const message = `the upstream answered with status ${this.status}`;
    if (this.status === 401) return new Unauthenticated(message);
    if (this.status === 403) return new Denied(message);
    if (this.status === 429) return new RateLimited(this.retryAfter());
    if (this.status === 408 || this.status === 504) return new Timeout();
    if (this.status >= 500 && this.status < 600) return new Unavailable(message);
    return new Malformed(message);
  }
}

/**
 * @param {RequestOptions} options
 * @returns {[string, string][]}
 */
function headersOf({ headers = {}, json }) {
  /** @type {[string, string][]} */
  const pairs = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) pairs.push([name, String(value)]);
  }
  if (json !== undefined && !pairs.some(([name]) => name.toLowerCase() === "content-type")) {
    pairs.push(["content-type", "application/json"]);
  }
  return pairs;
}

/** @param {RequestOptions} options */
function bodyOf({ body, json }) {
  if (json !== undefined) return encode(JSON.stringify(json));
  if (typeof body === "string") return encode(body);
  if (body === undefined || body instanceof Uint8Array) return body;
  throw new TypeError("a body is text or a Uint8Array");
}

/**
 * Why there is no response, as an error of the contract.
 * @param {unknown} thrown
 */
function failureOf(thrown) {
  const failure = /** @type {{ payload?: { tag: string, val: string } }} */ (thrown)?.payload;
  switch (failure?.tag) {
    case "refused":
      return new Other(failure.val);
    case "unavailable":
      return new Unavailable(failure.val);
    case "timeout":
      return new Timeout();
    default:
      return thrown;
  }
}
