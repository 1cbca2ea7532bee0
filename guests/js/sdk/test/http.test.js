import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "node:test";

import {
  Denied, http, Invalid, Malformed, Other, RateLimited, Timeout, Unauthenticated, Unavailable, url,
} from "../index.js";
import { mockHost } from "../mock.js";

/** The response to a request that gets this reply. */
function reply(script) {
  mockHost({ replies: [script] });
  return http.get("https://a.test/");
}

test("each method is sent under its name", () => {
  const host = mockHost({ replies: Array(7).fill({}) });
  for (const method of ["get", "head", "post", "put", "patch", "del", "list"]) http[method](url("https://a.test"));
  const sent = host.requests.map(({ method }) => method);
  assert.deepEqual(sent, ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "LIST"]);
});

test("headers without a value are left out, and text becomes a body of bytes", () => {
  const host = mockHost({ replies: [{}, {}] });
  http.post("https://a.test/", { headers: { "x-a": "1", "x-b": undefined }, body: "é" });
  http.get("https://a.test/");
  assert.deepEqual(host.requests[0].headers, [["x-a", "1"]]);
  assert.deepEqual(host.requests[0].body, Uint8Array.of(0xc3, 0xa9));
  assert.equal(host.requests[1].body, undefined);
});

test("a JSON body brings its content type, unless there is one", () => {
  const host = mockHost({ replies: [{}, {}] });
  http.put("https://a.test/", { json: ["é"] });
  http.put("https://a.test/", { json: {}, headers: { "Content-Type": "application/merge-patch+json" } });
  assert.deepEqual(host.requests[0].headers, [["content-type", "application/json"]]);
  assert.equal(Buffer.from(host.requests[0].body).toString(), '["é"]');
  assert.deepEqual(host.requests[1].headers, [["Content-Type", "application/merge-patch+json"]]);
});

test("a request that is not Unicode is not sent", () => {
  const host = mockHost();
  assert.throws(() => http.get("https://a.test/\ud800"), Invalid);
  assert.throws(() => http.get("https://a.test/", { headers: { "x-a": "\ud800" } }), Invalid);
  assert.deepEqual(host.requests, []);
});

test("failures become errors of their kind", () => {
  assert.throws(() => reply({ failure: "refused" }), Other);
  assert.throws(() => reply({ failure: "unavailable" }), Unavailable);
  assert.throws(() => reply({ failure: "timeout" }), Timeout);
});

test("statuses that mean the same everywhere become errors of their kind", () => {
  const kinds = { 401: Unauthenticated, 403: Denied, 408: Timeout, 429: RateLimited, 504: Timeout, 503: Unavailable };
  for (const [status, kind] of Object.entries(kinds)) {
    assert.ok(reply({ status: Number(status) }).error() instanceof kind, status);
  }
  for (const status of [200, 204, 302, 404, 418, 600]) {
    assert.ok(reply({ status }).error() instanceof Malformed, String(status));
  }
});

test("a wait is read in seconds and a date is not guessed at", () => {
  const wait = (value) => reply({ status: 429, headers: { "Retry-After": value } }).error().payload.val;
  assert.equal(wait(" 7 "), 7);
  const others = ["", "-1", "1.5", "Sun, 22 Nov 2026 10:28:15 GMT", "99999999999"];
  for (const value of others) assert.equal(wait(value), null, value);
});

test("a body is text and JSON only if it is", () => {
  assert.equal(reply({ body: "\ufeffé" }).text(), "\ufeffé");
  assert.deepEqual(reply({ json: { a: [1] } }).json(), { a: [1] });
  assert.throws(() => reply({ body: Uint8Array.of(0xff) }).text(), Malformed);
  assert.throws(() => reply({ body: '{"canary' }).json(), (error) => {
    return error instanceof Malformed && !inspect(error).includes("canary");
  });
});

test("a header is found by its name in lower case", () => {
  const response = reply({ headers: { ETag: "1" } });
  assert.deepEqual([response.header("etag"), response.header("x-none")], ["1", undefined]);
});

test("a response shows its status alone", () => {
  const response = reply({ body: "canary", headers: { "x-a": "canary" } });
  assert.doesNotMatch(inspect(response) + JSON.stringify(response), /canary/);
  assert.equal(JSON.stringify(response), '{"status":200}');
});

test("nothing in a path or query leaves its place", () => {
  const path = url("http://127.0.0.1:8200/").path("/a//b/").segment("c/%2F?#!'()*é");
  const built = path.query("q", "x&y=z").query("r", 1);
  assert.equal(
    String(built),
    "http://127.0.0.1:8200/a/b/c%2F%252F%3F%23%21%27%28%29%2A%C3%A9?q=x%26y%3Dz&r=1",
  );
});

test("an absent query value adds nothing", () => {
  assert.equal(String(url("http://a").query("version", undefined).query("limit", "")), "http://a?limit=");
});
