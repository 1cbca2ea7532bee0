// Making the contract's interfaces of a backend's methods.

import { BackendError, Other } from "./errors.js";
import { log } from "./runtime.js";
import { deleteModeOf, NewSecret, optionsOf, pageOf, readinessOf, secretOf, versionOf } from "./secret.js";

/** @type {typeof import("../index.js").backend} */
export function backend(implementation) {
  const methods = /** @type {Record<string, (...args: any[]) => unknown>} */ (/** @type {unknown} */ (implementation));
  /** @type {Record<string, Record<string, Function>>} */
  const interfaces = {};
  for (const [method, [name, adapt]] of Object.entries(CAPABILITIES)) {
    if (typeof methods[method] !== "function") continue;
    const call = (/** @type {unknown[]} */ ...args) => answered(method, methods[method]?.(...args));
    interfaces[name] = { [method]: failing(adapt(call)) };
  }
  if (interfaces["read"] === undefined) throw new TypeError("every backend has a method `read`");
  return /** @type {any} */ (interfaces);
}

/** @typedef {(...args: unknown[]) => unknown} Call */

/**
 * Each method: its interface, and how a call from the runtime becomes one of the method.
 * @type {Record<string, [string, (call: Call) => (...args: any[]) => unknown]>}
 */
const CAPABILITIES = {
  read: ["read", (call) => (name, version, options) => secretOf(call(name, version ?? undefined, optionsOf(options)))],
  exists: ["exists", (call) => (name, options) => truth(call(name, optionsOf(options)))],
  list: ["listing", (call) => (prefix, cursor, limit, options) => {
    const from = cursor ?? undefined;
    return pageOf(call(prefix, from, limit, optionsOf(options)), prefix, from, limit);
  }],
  write: ["write", (call) => (secret, options) => versionOf(call(new NewSecret(secret), optionsOf(options)))],
  delete: ["delete", (call) => (name, mode, options) => void call(name, deleteModeOf(mode), optionsOf(options))],
  check: ["check", (call) => () => readinessOf(call())],
};

/** @param {unknown} answer */
function truth(answer) {
  if (typeof answer !== "boolean") throw new Other(`\`exists\` answers true or false, not ${typeof answer}`);
  return answer;
}

/**
 * An answer that is there. A promise is none: nothing would ever run what it waits for.
 * @param {string} method
 * @param {any} answer
 */
function answered(method, answer) {
  if (typeof answer?.then !== "function") return answer;
  answer.then(undefined, () => undefined);
  throw new Other(`\`${method}\` is asynchronous, and nothing here waits for promises: use \`http\` without \`await\``);
}

/**
 * Whatever is thrown becomes an error of the contract: anything else would be a trap.
 * @param {(...args: any[]) => unknown} work
 */
function failing(work) {
  return (/** @type {any[]} */ ...args) => {
    try {
      return work(...args);
    } catch (thrown) {
      throw thrown instanceof BackendError ? thrown : uncaught(thrown);
    }
  };
}

/**
 * An error that nobody meant to throw. What it says may show a value, so the answer holds its type and place alone.
 * @param {unknown} thrown
 */
function uncaught(thrown) {
  if (!(thrown instanceof Error)) {
    log.error(`something of type ${typeof thrown} was thrown`);
    return new Other(`something of type ${typeof thrown} was thrown`);
  }
  const frames = framesOf(thrown);
  for (const line of `${thrown.name}: ${thrown.message}\n${frames}`.trimEnd().split("\n")) log.error(line);
  // The first place in a file: the engine's own parts are between angle brackets.
  const place = /([^\s/\\()<>]+:\d+:\d+)\)?\s*$/m.exec(frames)?.[1];
  return new Other(place === undefined ? thrown.name : `${thrown.name} at ${place}`, { cause: thrown });
}

/**
 * Where it was thrown. Some engines put the message in front of that, and it could look like a place.
 * @param {Error} error
 */
function framesOf({ name, message, stack = "" }) {
  const head = message === "" ? name : `${name}: ${message}`;
  return stack.startsWith(head) ? stack.slice(head.length).trimStart() : stack;
}
