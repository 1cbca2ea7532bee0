// Secrets, options and pages: from the contract's form into JavaScript's and back.

import { Invalid, Malformed, NotFound, Other, Unsupported } from "./errors.js";
import { decode, encode } from "./utf8.js";

/** @typedef {[string, string][]} Pairs */

/**
 * The options of a call. One that is empty counts as unset.
 * @param {Pairs} [pairs]
 * @returns {import("../index.js").Options}
 */
export function optionsOf(pairs) {
  return recordOf((pairs ?? []).filter(([, value]) => value !== ""));
}

/**
 * What `read` answered.
 * @param {unknown} answer
 */
export function secretOf(answer) {
  if (answer === undefined || answer === null) throw new NotFound();
  const plain = typeof answer === "string" || answer instanceof Uint8Array;
  const { value, version, expiresAt, metadata } = plain ? { value: answer } : fieldsOf(answer, "read");
  return {
    value: bytesOf(value),
    version: versionOf(version),
    expiresAt: timestampOf(expiresAt),
    metadata: pairsOf(metadata),
  };
}

/**
 * What `list` answered: one page, or all there is, of which this page is cut.
 * @param {unknown} answer
 * @param {string} prefix
 * @param {string | undefined} cursor
 * @param {number} limit
 */
export function pageOf(answer, prefix, cursor, limit) {
  if (Array.isArray(answer)) return cut(answer.map(entryOf), prefix, cursor, limit);
  const { entries, next, total } = fieldsOf(answer, "list");
  if (!Array.isArray(entries)) throw new Other("`list` answered a page without entries");
  if (total !== undefined && !(Number.isSafeInteger(total) && total >= 0)) {
    throw new Other("`list` answered a total that is no count");
  }
  return { entries: entries.map(entryOf), next: textOf(next), total: total ?? null };
}

/**
 * Pages are in order of names, and a cursor is the last name of the page before: so a page stays right when names are
 * added or deleted in between.
 * @param {ReturnType<typeof entryOf>[]} all
 * @param {string} prefix
 * @param {string | undefined} cursor
 * @param {number} limit
 */
function cut(all, prefix, cursor, limit) {
  const named = new Map(all.filter(({ name }) => name.startsWith(prefix)).map((entry) => [entry.name, entry]));
  const entries = [...named.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const rest = cursor === undefined ? entries : entries.filter(({ name }) => name > cursor);
  // A cursor has to move.
  const page = rest.slice(0, Math.max(limit, 1));
  const next = page.length < rest.length ? (page.at(-1)?.name ?? null) : null;
  return { entries: page, next, total: entries.length };
}

/** @param {unknown} answer */
function entryOf(answer) {
  const { name, version, expired, metadata } = typeof answer === "string" ? { name: answer } : fieldsOf(answer, "list");
  if (typeof name !== "string") throw new Other("`list` answered an entry without a name");
  if (expired !== undefined && typeof expired !== "boolean") throw new Other("`expired` is true or false, where known");
  return { name: unicode(name), version: versionOf(version), expired: expired ?? null, metadata: pairsOf(metadata) };
}

/**
 * What `check` found.
 * @param {unknown} answer
 */
export function readinessOf(answer) {
  if (answer === "ready") return { tag: "ready" };
  const { unknown } = fieldsOf(answer, "check");
  return { tag: "unknown", val: String(unknown).toWellFormed() };
}

/**
 * A version in the upstream's notation, or none.
 * @param {unknown} version
 */
export function versionOf(version) {
  return textOf(typeof version === "number" || typeof version === "bigint" ? String(version) : version);
}

/**
 * How thoroughly to delete.
 * @param {{ tag: "recoverable", val?: number | null } | { tag: "permanent" }} mode
 * @returns {import("../index.js").DeleteMode}
 */
export function deleteModeOf(mode) {
  if (mode.tag === "permanent") return { permanent: true, days: undefined };
  return { permanent: false, days: mode.val ?? undefined };
}

/** @typedef {import("../index.js").Asked} Asked */
/** @typedef {import("../index.js").NewSecret} DeclaredNewSecret */

/** @type {Record<Asked, string>} */
const ASKED = {
  createOnly: "under a condition",
  ifVersion: "under a condition",
  description: "with a description",
  tags: "with tags",
  expiresAt: "with an expiry",
};

/** @implements {DeclaredNewSecret} */
export class NewSecret {
  name;
  createOnly;
  ifVersion;
  // Private, so that no log shows them.
  #value;
  #description;
  #tags;
  #expiresAt;

  /** @param {import("../index.js").ContractNewSecret} secret */
  constructor({ name, value, mode, description, tags, expiresAt }) {
    this.name = name;
    this.createOnly = mode.tag === "create-only";
    this.ifVersion = mode.tag === "if-version" ? mode.val : undefined;
    this.#value = value;
    this.#description = description ?? undefined;
    this.#tags = recordOf(tags);
    this.#expiresAt = expiresAt ?? undefined;
  }

  get value() {
    return this.#value;
  }

  get description() {
    return this.#description;
  }

  get tags() {
    return this.#tags;
  }

  get expiresAt() {
    return this.#expiresAt;
  }

  text() {
    const text = decode(this.#value);
    if (text === undefined) throw new Invalid("the value is not UTF-8 text");
    return text;
  }

  /**
   * @param {string} upstream
   * @param {Asked[]} unsupported
   */
  refuse(upstream, unsupported) {
    const asked = unsupported.find((one) => this.#asks(one));
    if (asked) throw new Unsupported(`${upstream} can't write a secret ${ASKED[asked]}`);
  }

  /** @param {Asked} one */
  #asks(one) {
    if (one === "createOnly") return this.createOnly;
    if (one === "tags") return Object.keys(this.#tags).length > 0;
    return this[one] !== undefined;
  }
}

/**
 * Nothing but these: no `constructor` and no `__proto__` from elsewhere.
 * @param {Pairs} pairs
 * @returns {Record<string, string>}
 */
function recordOf(pairs) {
  return Object.freeze(Object.assign(Object.create(null), Object.fromEntries(pairs)));
}

/**
 * @param {unknown} answer
 * @param {string} method
 * @returns {Record<string, any>}
 */
function fieldsOf(answer, method) {
  if (typeof answer === "object" && answer !== null) return answer;
  throw new Other(`\`${method}\` answered something of type ${typeof answer}, which it can't mean`);
}

/** @param {unknown} value */
function bytesOf(value) {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== "string") throw new Other(`a value is bytes or text, not of type ${typeof value}`);
  if (!value.isWellFormed()) throw new Malformed("the value is text that is not Unicode");
  return encode(value);
}

/** @param {unknown} text */
function textOf(text) {
  if (text === undefined || text === null) return null;
  if (typeof text !== "string") throw new Other(`a version or cursor is text, not of type ${typeof text}`);
  return unicode(text);
}

/** @param {unknown} time */
function timestampOf(time) {
  if (time === undefined || time === null) return null;
  const milliseconds = Math.floor(Number(time));
  if (!Number.isSafeInteger(milliseconds) || milliseconds < 0) throw new Malformed("the expiry is no time since 1970");
  return milliseconds;
}

/**
 * @param {unknown} record
 * @returns {Pairs}
 */
function pairsOf(record) {
  const pairs = Object.entries(record ?? {}).filter(([, value]) => value !== undefined && value !== null);
  return pairs.map(([name, value]) => {
    if (typeof value === "object") throw new Other("metadata is text, numbers and truth values");
    return [unicode(name), unicode(String(value))];
  });
}

/** @param {string} text */
function unicode(text) {
  if (!text.isWellFormed()) throw new Malformed("there is text that is not Unicode");
  return text;
}
