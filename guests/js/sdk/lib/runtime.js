// What a backend may ask of the runtime, apart from requests and storage.

import * as host from "#host";
import { Invalid } from "./errors.js";

/** @type {import("../index.js").Config} */
export const config = {
  get: (key) => host.config.get(key) ?? undefined,

  require(key) {
    const value = config.get(key);
    if (value === undefined) throw new Invalid(`the setting \`${key}\` is not set`);
    return value;
  },
};

/** @type {import("../index.js").Clock} */
export const clock = {
  now: () => host.clock.now(),
  sleep: (milliseconds) => host.clock.sleep(milliseconds),
};

/** @type {import("../index.js").Random} */
export const random = {
  bytes: (length) => host.random.bytes(length),
};

/** @type {import("../index.js").Log} */
export const log = {
  error: (message) => write("error", message),
  warn: (message) => write("warn", message),
  info: (message) => write("info", message),
  debug: (message) => write("debug", message),
  trace: (message) => write("trace", message),
};

/**
 * @param {"error" | "warn" | "info" | "debug" | "trace"} level
 * @param {string} message
 */
function write(level, message) {
  host.log.write(level, String(message).toWellFormed());
}
