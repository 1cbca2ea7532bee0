import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "node:test";

import { backend, Invalid, Malformed, Other, Unsupported } from "../index.js";

const bytes = (text) => new Uint8Array(Buffer.from(text));
const read = (answer) => backend({ read: () => answer }).read.read("KEY");
const list = (answer, prefix, cursor, limit) =>
  backend({ read: () => "", list: () => answer }).listing.list(prefix, cursor, limit);

/** The secret that `write` gets, and what the runtime gets for its answer. */
function written(secret, answer) {
  let got;
  const { write } = backend({ read: () => "", write: (secret) => ((got = secret), answer) });
  const version = write.write({ name: "KEY", value: bytes("v"), mode: { tag: "upsert" }, tags: [], ...secret });
  return { secret: got, version };
}

test("bytes are the value as they are, and text becomes UTF-8", () => {
  const none = { version: null, expiresAt: null, metadata: [] };
  assert.deepEqual(read(Uint8Array.of(0, 255)), { value: Uint8Array.of(0, 255), ...none });
  assert.deepEqual(read("é"), { value: Uint8Array.of(0xc3, 0xa9), ...none });
  assert.deepEqual(read(""), { value: new Uint8Array(), ...none });
});

test("what is known beside the value comes along", () => {
  const metadata = { owner: "a", size: 3, old: false, none: undefined, nothing: null };
  assert.deepEqual(read({ value: "", version: 3, expiresAt: new Date(5000), metadata }), {
    value: new Uint8Array(),
    version: "3",
    expiresAt: 5000,
    metadata: [["owner", "a"], ["size", "3"], ["old", "false"]],
  });
});

test("an answer that can't be a secret is an error, never a value", () => {
  for (const answer of [7, true, {}, { value: 7 }, { value: null }, [1, 2], { value: "", metadata: { a: {} } }]) {
    assert.throws(() => read(answer), Other, inspect(answer));
  }
});

test("half a character is no value, and none that becomes another", () => {
  assert.throws(() => read("\ud800"), Malformed);
  assert.throws(() => read({ value: "", version: "\ud800" }), Malformed);
});

test("an expiry that is no time is an error", () => {
  for (const expiresAt of [new Date("soon"), NaN, -1, Infinity]) {
    assert.throws(() => read({ value: "", expiresAt }), Malformed, inspect(expiresAt));
  }
});

test("a page is cut out of everything, in order and once each", () => {
  const names = ["b/2", { name: "b/1", version: 7, expired: false }, "a", "b/2", "b/3"];
  const first = list(names, "b/", null, 2);
  assert.deepEqual(first.entries, [
    { name: "b/1", version: "7", expired: false, metadata: [] },
    { name: "b/2", version: null, expired: null, metadata: [] },
  ]);
  assert.deepEqual([first.next, first.total], ["b/2", 3]);
  const last = list(names, "b/", first.next, 2);
  assert.deepEqual([last.entries.map(({ name }) => name), last.next], [["b/3"], null]);
});

test("a limit of nothing still comes to an end", () => {
  assert.deepEqual(list(["a", "b"], "", null, 0).next, "a");
});

test("a page of the upstream stays what it is", () => {
  const page = list({ entries: ["z", "a"], next: "token", total: 9 }, "", null, 1);
  assert.deepEqual([page.entries.map(({ name }) => name), page.next, page.total], [["z", "a"], "token", 9]);
});

test("an answer that can't be a page is an error", () => {
  for (const answer of [undefined, "a", {}, [{}], [{ name: "a", expired: "no" }], { entries: [], total: -1 }]) {
    assert.throws(() => list(answer, "", null, 1), Other, inspect(answer));
  }
});

test("a secret to write shows its conditions, and its name alone when printed", () => {
  const tags = [["canary", "canary"]];
  const mode = { tag: "if-version", val: "3" };
  const { secret } = written({ value: bytes("canary"), description: "canary", tags, expiresAt: 5, mode });
  assert.deepEqual([secret.ifVersion, secret.createOnly, secret.expiresAt], ["3", false, 5]);
  assert.deepEqual([secret.text(), secret.description, secret.tags.canary], ["canary", "canary", "canary"]);
  assert.doesNotMatch(inspect(secret) + JSON.stringify(secret), /canary/);
  assert.equal(written({ mode: { tag: "create-only" } }).secret.createOnly, true);
});

test("a version that was written is text, if there is one", () => {
  assert.deepEqual([3, "v3", undefined].map((answer) => written({}, answer).version), ["3", "v3", null]);
});

test("a value that is not UTF-8 is invalid as text", () => {
  assert.throws(() => written({ value: Uint8Array.of(255) }).secret.text(), Invalid);
});

test("what is asked for is refused by its own word and no other", () => {
  const cases = {
    createOnly: { mode: { tag: "create-only" } },
    ifVersion: { mode: { tag: "if-version", val: "1" } },
    description: { description: "" },
    tags: { tags: [["a", "b"]] },
    expiresAt: { expiresAt: 0 },
  };
  for (const [asked, part] of Object.entries(cases)) {
    const { secret } = written(part);
    assert.throws(() => secret.refuse("X", Object.keys(cases)), Unsupported);
    secret.refuse("X", Object.keys(cases).filter((other) => other !== asked));
  }
  written({}).secret.refuse("X", Object.keys(cases));
});

test("how to delete is told in words", () => {
  let got;
  const { delete: remove } = backend({ read: () => "", delete: (_, mode) => void (got = mode) });
  for (const [mode, expected] of [
    [{ tag: "permanent" }, { permanent: true, days: undefined }],
    [{ tag: "recoverable", val: null }, { permanent: false, days: undefined }],
    [{ tag: "recoverable", val: 7 }, { permanent: false, days: 7 }],
  ]) {
    assert.equal(remove.delete("KEY", mode), undefined);
    assert.deepEqual(got, expected);
  }
});
