import assert from "node:assert/strict";
import { test } from "node:test";

import { base64, clock, config, Conflict, Invalid, log, Other, random, storage } from "../index.js";
import { mockHost } from "../mock.js";

test("a setting that is not set is undefined, or invalid where it has to be there", () => {
  mockHost({ config: { address: "https://a.test" } });
  assert.deepEqual([config.get("address"), config.get("mount")], ["https://a.test", undefined]);
  assert.equal(config.require("address"), "https://a.test");
  assert.throws(() => config.require("mount"), Invalid);
});

test("time stands still but for sleep", () => {
  mockHost({ now: new Date(5000) });
  clock.sleep(20);
  assert.equal(clock.now(), 5020);
});

test("chance is the host's", () => {
  mockHost({ random: (length) => new Uint8Array(length).fill(7) });
  assert.deepEqual(random.bytes(2), Uint8Array.of(7, 7));
});

test("a line goes to the log with its level, whole characters only", () => {
  const host = mockHost();
  log.warn("\ud800");
  assert.deepEqual(host.logs, [{ level: "warn", message: "\ufffd" }]);
});

test("storage is read, created, replaced and removed", () => {
  const host = mockHost({ storage: { "": "old" } });
  const { data, etag } = storage.read();
  assert.equal(Buffer.from(data).toString(), "old");
  const next = storage.replace("", "new", etag);
  assert.throws(() => storage.replace("", "lost", etag), Conflict);
  storage.replace("", undefined, next);
  assert.deepEqual([storage.read(), storage.keys(), host.storage.size], [undefined, [], 0]);
});

test("an update begins again when somebody wrote in between", () => {
  const host = mockHost({ storage: { "": "a" } });
  let seen = 0;
  storage.update("", (data) => {
    if (seen++ === 0) host.storage.set("", new Uint8Array(Buffer.from("b")));
    return `${Buffer.from(data)}!`;
  });
  assert.equal(Buffer.from(host.storage.get("")).toString(), "b!");
});

test("an update gives up when somebody writes without pause, and when it fails itself", () => {
  const host = mockHost();
  let tries = 0;
  assert.throws(() => storage.update("", () => (host.storage.set("", Uint8Array.of(tries++)), "mine")), Conflict);
  assert.equal(tries, 16);
  assert.throws(() => storage.update("", () => { throw new Other("no"); }), Other);
});

test("bytes become base64 and come back", () => {
  const texts = { "": [], "AA==": [0], "//4=": [255, 254], "YWJj": [97, 98, 99], "++8=": [251, 239] };
  for (const [text, bytes] of Object.entries(texts)) {
    assert.equal(base64.encode(Uint8Array.from(bytes)), text);
    assert.deepEqual(base64.decode(text), Uint8Array.from(bytes));
  }
  const large = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7);
  assert.deepEqual(base64.decode(base64.encode(large)), large);
});

test("what is nearly base64 is not guessed at", () => {
  for (const text of ["AA", "AA=", "AB==", "AA==\n", " AA==", "__4=", "AA==AA==", "A", "ä", "===="]) {
    assert.equal(base64.decode(text), undefined, text);
  }
});

test("nothing of the runtime is there before a host has begun, and that is said", async () => {
  const { config, http } = await import("../mock.js?before=any");
  for (const use of [() => config.get("address"), () => http.send({ method: "GET", url: "https://a.test", headers: [] })]) {
    assert.throws(use, /outside of a call/);
  }
});
