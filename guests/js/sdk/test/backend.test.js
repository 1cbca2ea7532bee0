import assert from "node:assert/strict";
import { test } from "node:test";

import { backend, BackendError, Conflict, NotFound, Other } from "../index.js";
import { mockHost } from "../mock.js";

/** A backend whose `read` does this. */
function reading(read) {
  return backend({ read }).read;
}

/** What `work` throws. */
function thrownBy(work) {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  return assert.fail("nothing was thrown");
}

test("each method becomes the interface that the contract names", () => {
  const all = backend({
    read: () => "x",
    exists: () => true,
    list: () => [],
    write: () => {},
    delete: () => {},
    check: () => "ready",
  });
  const interfaces = Object.entries(all).map(([name, functions]) => [name, Object.keys(functions)]);
  assert.deepEqual(interfaces, [
    ["read", ["read"]],
    ["exists", ["exists"]],
    ["listing", ["list"]],
    ["write", ["write"]],
    ["delete", ["delete"]],
    ["check", ["check"]],
  ]);
});

test("only what a backend can do is exported", () => {
  assert.deepEqual(Object.keys(backend({ read: () => "x", helper: () => 1 })), ["read"]);
});

test("a backend without `read` is refused", () => {
  assert.throws(() => backend({ list: () => [] }), TypeError);
});

test("methods of an object and of a class reach their own kind by `this`", () => {
  class Keeper {
    static prefix = "class ";
    static read(name) {
      return this.prefix + name;
    }
  }
  assert.deepEqual(backend(Keeper).read.read("a"), reading((name) => `class ${name}`).read("a"));
  const keeper = { prefix: "object ", read: (name) => name, exists() { return this.prefix === "object "; } };
  assert.equal(backend(keeper).exists.exists("a"), true);
});

test("what was not given is undefined, and an empty option is unset", () => {
  let got;
  reading((...args) => ((got = args), "x")).read("KEY", null, [["mount", "kv"], ["namespace", ""]]);
  const [name, version, options] = got;
  assert.deepEqual([name, version, options.mount, options.namespace], ["KEY", undefined, "kv", undefined]);
});

test("an option is nothing but what was given, even by the names of JavaScript's own", () => {
  let got;
  reading((_, __, options) => ((got = options), "x")).read("KEY", null, [["__proto__", "p"]]);
  assert.equal(got.constructor, undefined);
  assert.equal(got["__proto__"], "p");
});

test("nothing is not found", () => {
  for (const nothing of [undefined, null]) assert.throws(() => reading(() => nothing).read("KEY"), NotFound);
});

test("an error of the contract passes with its payload", () => {
  const thrown = thrownBy(() => reading(() => { throw new Conflict("changed", { code: "cas" }); }).read("KEY"));
  assert.deepEqual(thrown.payload, { tag: "conflict", val: { code: "cas", message: "changed" } });
});

test("an error that nobody meant tells its type and place, and the log the rest", () => {
  const host = mockHost();
  const thrown = thrownBy(() => reading(() => { throw new RangeError("canary\n    at canary:1:1"); }).read("KEY"));
  assert.ok(thrown instanceof Other);
  assert.match(thrown.payload.val.message, /^RangeError at backend\.test\.js:\d+:\d+$/);
  assert.ok(host.logs.every(({ level, message }) => level === "error" && !message.includes("\n")));
  assert.equal(host.logs[0].message, "RangeError: canary");
  assert.ok(host.logs.some(({ message }) => /^ +at .*backend\.test\.js/.test(message)));
});

test("an error's place is in a file, not in a part of the engine", () => {
  const stack = "    at <input>:1:2\n    at parse (native)\n    at read (/backend.js:20:43)\n";
  const thrown = thrownBy(() => reading(() => { throw Object.assign(new SyntaxError("m"), { stack }); }).read("KEY"));
  assert.equal(thrown.message, "SyntaxError at backend.js:20:43");
});

test("what is thrown and is no error is not shown at all", () => {
  const host = mockHost();
  const thrown = thrownBy(() => reading(() => { throw "canary"; }).read("KEY"));
  assert.equal(thrown.message, "something of type string was thrown");
  assert.ok(!JSON.stringify(host.logs).includes("canary"));
});

test("an asynchronous method fails and says why", () => {
  for (const read of [async () => "x", async () => { throw new NotFound(); }]) {
    assert.match(thrownBy(() => reading(read).read("KEY")).message, /`read` is asynchronous/);
  }
  const { delete: remove } = backend({ read: () => "x", delete: async () => {} });
  assert.throws(() => remove.delete("KEY", { tag: "permanent" }), BackendError);
});

test("`exists` answers nothing but true and false", () => {
  assert.throws(() => backend({ read: () => "x", exists: () => undefined }).exists.exists("KEY"), Other);
});

test("a check is ready, or says why it can't tell", () => {
  const check = (answer) => backend({ read: () => "x", check: () => answer }).check.check();
  assert.deepEqual(check("ready"), { tag: "ready" });
  assert.deepEqual(check({ unknown: "no such call" }), { tag: "unknown", val: "no such call" });
  assert.throws(() => check(undefined), Other);
});
