// The one file, or the environment variables, that the operator granted.

import { storage as host } from "#host";
import { Conflict, Other, Unavailable } from "./errors.js";
import { clock, random } from "./runtime.js";
import { encode } from "./utf8.js";

/**
 * How often `update` begins again when somebody else writes at the same time. A writer is done in a millisecond, on a
 * busy disk in a hundred; these tries take about a second, so more would mean that something writes without pause.
 */
const TRIES = 16;

/** @type {import("../index.js").Storage} */
export const storage = {
  keys: () => ask(() => host.keys()),

  read: (key = "") => ask(() => host.read(key) ?? undefined),

  replace(key, data, unchanged) {
    const bytes = typeof data === "string" ? encode(data) : data;
    return ask(() => host.replace(key, bytes ?? null, unchanged ?? null));
  },

  update(key, edit) {
    for (let tries = 0; ; tries++) {
      const old = storage.read(key);
      const data = edit(old?.data);
      try {
        storage.replace(key, data, old?.etag);
        return;
      } catch (thrown) {
        if (!(thrown instanceof Conflict) || tries + 1 === TRIES) throw thrown;
        const chance = random.bytes(1)[0] ?? 0;
        clock.sleep(chance % (2 << tries));
      }
    }
  },
};

/**
 * @template T
 * @param {() => T} question
 */
function ask(question) {
  try {
    return question();
  } catch (thrown) {
    const failure = /** @type {{ payload?: { tag: string, val: string } }} */ (thrown)?.payload;
    switch (failure?.tag) {
      case "refused":
        throw new Other(failure.val);
      case "changed":
        throw new Conflict("somebody else keeps writing at the same time");
      case "unavailable":
        throw new Unavailable(failure.val);
      default:
        throw thrown;
    }
  }
}
