// What the backend does, against a scripted host: `npm test`.

import assert from "node:assert/strict";
import { test } from "node:test";

import { read } from "../backend.js";
import { Denied, Malformed, NotFound, RateLimited, Unauthenticated, Unavailable, Unsupported } from "../sdk/index.js";
import { mockHost } from "../sdk/mock.js";

/** A host whose server gives these replies. */
function server(...replies) {
  return mockHost({ config: { address: "https://server.test/" }, replies });
}

test("the body of the reply is the value, byte for byte", () => {
  const body = Uint8Array.of(0, 255, 10);
  server({ body });
  assert.deepEqual(read.read("KEY").value, body);
});

test("a name stays one segment of the path, whatever it holds", () => {
  const host = server({});
  read.read("team/a b?é#");
  assert.deepEqual(host.requests.map(({ method, url }) => `${method} ${url}`), [
    "GET https://server.test/secret/team%2Fa%20b%3F%C3%A9%23",
  ]);
});

for (const [status, error] of [
  [404, NotFound],
  [401, Unauthenticated],
  [403, Denied],
  [503, Unavailable],
  [204, Malformed],
  [302, Malformed],
]) {
  test(`${status} is ${error.name}`, () => {
    server({ status });
    assert.throws(() => read.read("KEY"), error);
  });
}

test("429 says how long to wait", () => {
  server({ status: 429, headers: { "Retry-After": "7" } });
  assert.throws(() => read.read("KEY"), (error) => error instanceof RateLimited && error.payload.val === 7);
});

test("no reply is unavailable, never absent", () => {
  server({ failure: "unavailable" });
  assert.throws(() => read.read("KEY"), Unavailable);
});

test("a version is unsupported, and nothing is asked", () => {
  const host = server();
  assert.throws(() => read.read("KEY", "1"), Unsupported);
  assert.deepEqual(host.requests, []);
});
