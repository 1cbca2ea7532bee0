/**
 * A runtime played by a script, for tests of a backend in Node.
 *
 * @example
 * import assert from "node:assert/strict";
 * import { test } from "node:test";
 * import { read } from "../backend.js";
 * import { mockHost } from "../sdk/mock.js";
 *
 * test("the body is the value", () => {
 *   const host = mockHost({ config: { address: "https://keeper.test" }, replies: [{ body: "s3cr3t" }] });
 *   assert.equal(String.fromCharCode(...read.read("KEY").value), "s3cr3t");
 *   assert.equal(host.requests[0].url, "https://keeper.test/keys/KEY");
 * });
 *
 * @module
 */

/** Begins anew with this script. The last one begun is the one that the backend talks to. */
export function mockHost(script?: Script): MockHost;

/** What the host has and answers. */
export interface Script {
  /** The settings that have a value. */
  config?: Record<string, string>;
  /** The replies, one a request, in order. A request beyond them is refused. */
  replies?: (Reply | ((request: SentRequest) => Reply))[];
  /** What was granted: under `""` the file, or the environment variables by name. */
  storage?: Record<string, string | Uint8Array>;
  /** The time of day; the beginning of 2026 if none. It stands still but for `sleep`. */
  now?: number | Date;
  /** So many random bytes; 0, 1, 2 and so on if none. */
  random?: (length: number) => Uint8Array;
}

/** One reply, or a failure to get one. */
export interface Reply {
  /** The status; 200 if none. */
  status?: number;
  /** The headers. */
  headers?: Record<string, string>;
  /** The body; empty if none. */
  body?: string | Uint8Array;
  /** The body, as JSON. */
  json?: unknown;
  /** There is no reply, for this reason. */
  failure?: "refused" | "unavailable" | "timeout";
}

/** A request that the backend sent, before the runtime would add credentials. */
export interface SentRequest {
  method: string;
  url: string;
  headers: [string, string][];
  body: Uint8Array | undefined;
}

/** A line that the backend wrote. */
export interface LogLine {
  level: "error" | "warn" | "info" | "debug" | "trace";
  message: string;
}

/** The host as it is now. A test may look at it and change it. */
export interface MockHost {
  config: Record<string, string>;
  /** The replies that are left. */
  replies: (Reply | ((request: SentRequest) => Reply))[];
  storage: Map<string, Uint8Array>;
  now: number;
  random: (length: number) => Uint8Array;
  /** Every request so far. */
  requests: SentRequest[];
  /** Every line so far. */
  logs: LogLine[];
}
