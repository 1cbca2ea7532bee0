// The runtime, played by a script: in Node, this stands for the contract's imports. See `mock.d.ts`.

import { encode } from "./lib/utf8.js";

/** Node has the globals that the component's engine lacks. */
export const engine = false;

/** @type {import("./mock.d.ts").MockHost | undefined} */
let current;

/** @type {typeof import("./mock.d.ts").mockHost} */
export function mockHost(script = {}) {
  current = begin(script);
  return current;
}

/** The host that was begun last. */
function host() {
  if (current) return current;
  throw new Error(
    "nothing of the runtime can be used outside of a call: not at the top level of a module, and in Node only once " +
      "`mockHost` has begun one",
  );
}

/**
 * @param {import("./mock.d.ts").Script} script
 * @returns {import("./mock.d.ts").MockHost}
 */
function begin({ config = {}, replies = [], storage = {}, now = Date.UTC(2026, 0, 1), random = counting() }) {
  return {
    config: { ...config },
    replies: [...replies],
    storage: new Map(Object.entries(storage).map(([key, data]) => [key, bytesOf(data)])),
    now: Number(now),
    random,
    requests: [],
    logs: [],
  };
}

export const http = {
  /** @param {{ method: string, url: string, headers: [string, string][], body: Uint8Array | null }} request */
  send({ method, url, headers, body }) {
    const request = { method, url, headers: [...headers], body: body ?? undefined };
    host().requests.push(request);
    const next = host().replies.shift();
    const reply = typeof next === "function" ? next(request) : next;
    if (reply === undefined) throw failure("refused", `no reply is scripted for ${method} ${url}`);
    if (reply.failure !== undefined) throw failure(reply.failure, "as scripted");
    const content = reply.json === undefined ? (reply.body ?? "") : JSON.stringify(reply.json);
    return {
      status: reply.status ?? 200,
      headers: Object.entries(reply.headers ?? {}).map(([name, value]) => pair(name.toLowerCase(), value)),
      body: bytesOf(content),
    };
  },
};

export const config = {
  /** @param {string} key */
  get: (key) => host().config[key] ?? null,
};

export const storage = {
  keys: () => [...host().storage.keys()],

  /** @param {string} key */
  read(key) {
    const data = host().storage.get(key);
    return data === undefined ? null : { data: data.slice(), etag: etagOf(data) };
  },

  /**
   * @param {string} key
   * @param {Uint8Array | null} data
   * @param {string | null} unchanged
   */
  replace(key, data, unchanged) {
    if ((storage.read(key)?.etag ?? null) !== unchanged) throw failure("changed");
    if (data === null) host().storage.delete(key);
    else host().storage.set(key, data.slice());
    return data === null ? "" : etagOf(data);
  },
};

export const clock = {
  now: () => host().now,

  /** @param {number} milliseconds */
  sleep(milliseconds) {
    host().now += milliseconds;
  },
};

export const random = {
  /** @param {number} length */
  bytes: (length) => host().random(length),
};

export const log = {
  /**
   * @param {import("./mock.d.ts").LogLine["level"]} level
   * @param {string} message
   */
  write(level, message) {
    host().logs.push({ level, message });
  },
};

/**
 * What an import throws: an error with the contract's form of it as `payload`.
 * @param {string} tag
 * @param {string} [val]
 */
function failure(tag, val) {
  return Object.assign(new Error(val ?? tag), { payload: { tag, val } });
}

/** 0, 1, 2 and so on: the same in every test. */
function counting() {
  let next = 0;
  return (/** @type {number} */ length) => Uint8Array.from({ length }, () => next++);
}

/**
 * The content itself names it, whatever bytes it holds.
 * @param {Uint8Array} data
 */
function etagOf(data) {
  return data.join();
}

/** @param {string | Uint8Array} content */
function bytesOf(content) {
  return typeof content === "string" ? encode(content) : content;
}

/**
 * @param {string} name
 * @param {string} value
 * @returns {[string, string]}
 */
function pair(name, value) {
  return [name, value];
}
