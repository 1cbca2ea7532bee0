// A backend whose author is careless. It reads a secret and then makes the mistake that the setting `act` names.

import { backend, config, http, log, url } from "./sdk/index.js";

let calls = 0;

export const { read } = backend({
  read(name) {
    const value = http.get(url(config.require("address")).segment("secret").segment(name)).text();
    return ACTS[config.require("act")](value);
  },
});

const ACTS = {
  throw: throws,
  "throw-text": (value) => { throw value; },
  "throw-object": (value) => { throw { value }; },
  "throw-null": () => { throw null; },
  "throw-nothing": () => { throw undefined; },
  print(value) {
    console.log("got", value);
    console.error("got", value);
    return "printed";
  },
  log(value) {
    log.error(`got ${value}`);
    return "logged";
  },
  loop() { for (;;); },
  recurse,
  "fill-memory"(value) {
    for (const kept = []; ;) kept.push(value + kept.length);
  },
  number: () => 42,
  object: (value) => ({ value: { value } }),
  promise: () => new Promise(() => {}),
  async: async (value) => value,
  "missing-function": (value) => fetchSecret(value),
  count: () => `${++calls}`,
};

function throws(value) {
  throw new TypeError(`${value} is not what I expected`);
}

function recurse(value) {
  return recurse(`${value}x`) + "x";
}
