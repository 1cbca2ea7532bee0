import assert from "node:assert/strict";
import { test } from "node:test";

import { http } from "../index.js";
import { install } from "../lib/globals.js";
import { decodeLossy, encode } from "../lib/utf8.js";
import { mockHost } from "../mock.js";

// A Date of our own, for the real one must survive this file.
class EngineDate extends Date {}
const engine = { Date: EngineDate, Math: {} };
install(engine);

test("a date is the runtime's time, and any other date is what it was", () => {
  mockHost({ now: 5000 });
  const { Date } = engine;
  assert.equal(Date.now(), 5000);
  assert.equal(new Date().getTime(), 5000);
  assert.equal(new Date(7).getTime(), 7);
  assert.equal(new Date("1970-01-01T00:00:01Z").getTime(), 1000);
  assert.equal(Date.UTC(1970, 0, 1), 0);
  assert.match(Date(), /1970/);
  assert.ok(new Date() instanceof Date && new Date().constructor === Date);
});

test("performance counts from its first use", () => {
  const host = mockHost({ now: 5000 });
  engine.performance.now();
  host.now += 20;
  assert.equal(engine.performance.now(), 20);
});

test("chance comes from the runtime and keeps below 1", () => {
  const chance = (byte) => (mockHost({ random: (length) => new Uint8Array(length).fill(byte) }), engine.Math.random());
  assert.equal(chance(0), 0);
  assert.equal(chance(255), 1 - 2 ** -53);
});

test("crypto fills any view, and makes identifiers of version 4", () => {
  mockHost();
  const view = new Uint16Array(4).subarray(1, 3);
  assert.equal(engine.crypto.getRandomValues(view), view);
  assert.deepEqual(new Uint8Array(view.buffer), Uint8Array.of(0, 0, 0, 1, 2, 3, 0, 0));
  mockHost();
  assert.equal(engine.crypto.randomUUID(), "00010203-0405-4607-8809-0a0b0c0d0e0f");
});

test("the console writes to the log and shows no bytes", () => {
  const host = mockHost({ replies: [{ body: "canary" }] });
  engine.console.log("a", 1, { b: [1], bytes: Uint8Array.of(1) }, Uint8Array.of(1), new Error("e"), undefined);
  engine.console.error(http.get("https://a.test/"));
  assert.deepEqual(host.logs, [
    { level: "info", message: 'a 1 {"b":[1],"bytes":"Uint8Array(1 bytes)"} Uint8Array(1 bytes) Error: e undefined' },
    { level: "error", message: '{"status":200}' },
  ]);
});

test("the console writes what can't be JSON", () => {
  const host = mockHost();
  const circle = {};
  circle.self = circle;
  engine.console.warn(circle, 1n, Symbol("s"));
  assert.deepEqual(host.logs, [{ level: "warn", message: "[object Object] 1 Symbol(s)" }]);
});

test("text is encoded as everywhere", () => {
  const long = "x".repeat(20_000) + "é";
  for (const text of ["", "abc", "é", "€", "😀", "a\ud800b", "\udc00", "\ud83d", "\uffff", long]) {
    assert.deepEqual(encode(text), new TextEncoder().encode(text), text.slice(0, 9));
  }
});

test("bytes are decoded as everywhere", () => {
  const ours = new engine.TextDecoder();
  const theirs = new TextDecoder();
  let state = 1;
  // The bytes at which sequences begin, end and go wrong, in a row that only looks like chance.
  const edges = [0, 127, 128, 143, 144, 159, 160, 187, 191, 192, 194, 224, 237, 239, 240, 244, 245, 255];
  const edge = () => edges[(state = (state * 48271) % 0x7fffffff) % edges.length];
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from({ length: round % 9 }, edge);
    assert.equal(ours.decode(bytes), theirs.decode(bytes), String(bytes));
    const strict = (Decoder) => {
      try {
        return new Decoder("utf8", { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch {
        return undefined;
      }
    };
    assert.equal(strict(engine.TextDecoder), strict(TextDecoder), String(bytes));
  }
  const long = "é😀".repeat(20_000);
  assert.equal(decodeLossy(encode(long)), long);
});

test("an encoding that is not here is refused", () => {
  assert.throws(() => new engine.TextDecoder("latin1"), RangeError);
});
