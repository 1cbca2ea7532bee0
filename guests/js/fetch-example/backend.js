// The example backend with the engine's own `fetch`: `GET {address}/secret/NAME`, and the reply's body is the value.
//
// The token is nowhere in here: the runtime adds it to requests that `backend.toml` declares, however they are sent.

import { get as setting } from "secret-runtime:backend/config@0.1.0";
import { write as log } from "secret-runtime:backend/log@0.1.0";

export const read = {
  /** The contract's function is synchronous; the engine waits until the promise is settled. */
  async read(name, version) {
    try {
      return { value: await secret(name, version), version: undefined, expiresAt: undefined, metadata: [] };
    } catch (thrown) {
      if (thrown instanceof Failure) throw thrown.payload;
      // Whatever is not in the contract's form would be a trap.
      log("error", `${thrown?.name}: ${thrown?.message}`);
      throw detailed("other", `${thrown?.name}`).payload;
    }
  },
};

/** An error in the contract's form. */
class Failure extends Error {
  constructor(tag, val) {
    super(tag);
    this.payload = { tag, val };
  }
}

function detailed(tag, message) {
  return new Failure(tag, { code: "", message });
}

async function secret(name, version) {
  if (version !== undefined) throw new Failure("unsupported", "there are no versions");
  const address = setting("address");
  if (address === undefined) throw new Failure("invalid", "the setting `address` is not set");
  const reply = await sent(`${address.replace(/\/+$/, "")}/secret/${segment(name)}`);
  if (reply.status !== 200) throw failureOf(reply);
  return new Uint8Array(await reply.arrayBuffer());
}

/** The whole name becomes one segment of the path, whatever it holds. */
function segment(name) {
  return encodeURIComponent(name).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

async function sent(url) {
  try {
    return await fetch(url);
  } catch {
    throw detailed("unavailable", "no reply");
  }
}

function failureOf({ status, headers }) {
  const message = `the upstream answered with status ${status}`;
  if (status === 404) return new Failure("not-found");
  if (status === 401) return detailed("unauthenticated", message);
  if (status === 403) return detailed("denied", message);
  if (status === 429) return new Failure("rate-limited", secondsOf(headers.get("retry-after")));
  if (status >= 500) return detailed("unavailable", message);
  return new Failure("malformed", message);
}

function secondsOf(text) {
  return /^\d{1,9}$/.test(text ?? "") ? Number(text) : undefined;
}
