// Globals that JavaScript expects and the engine lacks, or has without a clock and without chance behind them.

import { decode, decodeLossy, encode } from "./utf8.js";
import { clock, log, random } from "./runtime.js";

/**
 * Puts them into a global object.
 * @param {Record<string, any>} target
 */
export function install(target) {
  target.Date = dateOf(target.Date);
  target.Math.random = chance;
  target.performance = performance();
  target.crypto = { getRandomValues, randomUUID };
  target.console = console;
  target.TextEncoder = TextEncoder;
  target.TextDecoder = TextDecoder;
}

/**
 * The engine's Date, with the runtime's clock in it.
 * @param {DateConstructor} engine
 */
function dateOf(engine) {
  /** @param {any[]} args */
  function Date(...args) {
    if (new.target === undefined) return new engine(clock.now()).toString();
    return Reflect.construct(engine, args.length > 0 ? args : [clock.now()], new.target);
  }
  // `parse`, `UTC` and the methods stay those of the engine.
  Object.setPrototypeOf(Date, engine);
  Date.prototype = engine.prototype;
  Date.prototype.constructor = Date;
  Date.now = () => clock.now();
  return Date;
}

/** A number from 0 to below 1, of 53 random bits. */
function chance() {
  const [high, low] = new Uint32Array(random.bytes(8).slice().buffer);
  return (Number(high) >>> 5) / 2 ** 27 + (Number(low) >>> 6) / 2 ** 53;
}

/** The time since the first look at it, in whole milliseconds: there is no finer clock. */
function performance() {
  /** @type {number | undefined} */
  let origin;
  return {
    get timeOrigin() {
      return (origin ??= clock.now());
    },
    now() {
      return clock.now() - this.timeOrigin;
    },
  };
}

/** @param {ArrayBufferView} view */
function getRandomValues(view) {
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(random.bytes(view.byteLength));
  return view;
}

function randomUUID() {
  const bytes = Array.from(random.bytes(16));
  bytes[6] = (Number(bytes[6]) & 0x0f) | 0x40;
  bytes[8] = (Number(bytes[8]) & 0x3f) | 0x80;
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const console = {
  error: (/** @type {unknown[]} */ ...args) => log.error(line(args)),
  warn: (/** @type {unknown[]} */ ...args) => log.warn(line(args)),
  info: (/** @type {unknown[]} */ ...args) => log.info(line(args)),
  log: (/** @type {unknown[]} */ ...args) => log.info(line(args)),
  debug: (/** @type {unknown[]} */ ...args) => log.debug(line(args)),
  trace: (/** @type {unknown[]} */ ...args) => log.trace(line(args)),
};

/** @param {unknown[]} args */
function line(args) {
  return args.map(shown).join(" ");
}

/** @param {unknown} value */
function shown(value) {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  // Bytes may be a value.
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength} bytes)`;
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value, (_, inner) => (ArrayBuffer.isView(inner) ? shown(inner) : inner)) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

class TextEncoder {
  get encoding() {
    return "utf-8";
  }

  encode(text = "") {
    return encode(String(text));
  }
}

class TextDecoder {
  #fatal;
  #ignoreBOM;

  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    if (!/^\s*(unicode-1-1-)?utf-?8\s*$/i.test(label)) throw new RangeError(`there is no encoding ${label} here`);
    this.#fatal = fatal;
    this.#ignoreBOM = ignoreBOM;
  }

  get encoding() {
    return "utf-8";
  }

  get fatal() {
    return this.#fatal;
  }

  get ignoreBOM() {
    return this.#ignoreBOM;
  }

  /**
   * @param {ArrayBuffer | ArrayBufferView} [input]
   * @param {{ stream?: boolean }} [options]
   */
  decode(input = new Uint8Array(), { stream = false } = {}) {
    if (stream) throw new TypeError("text can't be decoded piece by piece here");
    const bytes = ArrayBuffer.isView(input)
      ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
      : new Uint8Array(input);
    const text = this.#fatal ? decode(bytes) : decodeLossy(bytes);
    if (text === undefined) throw new TypeError("this is not UTF-8");
    return !this.#ignoreBOM && text.startsWith("\ufeff") ? text.slice(1) : text;
  }
}
