/**
 * Write a secret-runtime backend in JavaScript.
 *
 * @example
 * import { backend, config, http, Unsupported, url } from "./sdk/index.js";
 *
 * export const { read } = backend({
 *   read(name, version) {
 *     if (version !== undefined) throw new Unsupported("Keeper keeps no versions");
 *     const reply = http.get(url(config.require("address")).segment("keys").path(name));
 *     if (reply.status === 404) return undefined;
 *     if (reply.status !== 200) throw reply.error();
 *     return reply.body;
 *   },
 * });
 *
 * @module
 */

/**
 * Makes the contract's interfaces of an object or class with these methods. Export what comes back:
 *
 * `export const { read, listing } = backend({ read(…) { … }, list(…) { … } });`
 *
 * The interface of `list` is called `listing`; those of the others have the names of their methods. `delete` can't be
 * the name of a constant: take it out as `delete: remove`, then `export { remove as delete }`.
 *
 * A method answers at once: what returns a promise fails, for nothing runs promises here. Whatever it throws becomes an
 * error of the contract; of anything but a `BackendError` the caller learns the type and the place alone, and the log
 * the rest.
 */
export function backend<T extends Backend>(implementation: T): Interfaces<T>;

/** What a backend can do. Every backend reads; the rest is up to it. */
export interface Backend {
  /** Reads one secret, in this version or, if none, the current one. Nothing stands for: there is no such secret. */
  read(name: string, version: string | undefined, options: Options): Value | Secret | undefined | null;
  /** Whether there is a secret of this name that can be read. A failure to find out is thrown, never "no". */
  exists?(name: string, options: Options): boolean;
  /**
   * Lists at most `limit` names that begin with `prefix`, from where `cursor` says, else from the start. An array
   * counts as all there is, and the page is cut out of it.
   */
  list?(prefix: string, cursor: string | undefined, limit: number, options: Options): (string | Entry)[] | Page;
  /** Writes a secret and answers its new version, where there is one. */
  write?(secret: NewSecret, options: Options): string | number | void;
  /** Deletes one secret, or throws `NotFound` if there is none. */
  delete?(name: string, mode: DeleteMode, options: Options): void;
  /** Whether the upstream answers and accepts us, without reading a secret. Why it does not is thrown. */
  check?(): "ready" | { unknown: string };
}

/** Every declared option that has a value. */
export type Options = Readonly<Record<string, string>>;

/** A value: bytes, or text that becomes UTF-8. */
export type Value = Uint8Array | string;

/** A secret as it was read. */
export interface Secret {
  /** The value, exactly as the upstream keeps it. */
  value: Value;
  /** The version that was read, in the upstream's own notation; none: it has no versions. */
  version?: string | number | null;
  /** When it stops being valid, a Date or milliseconds since 1970; none: never, or the upstream does not tell. */
  expiresAt?: Date | number | null;
  /** What else the upstream tells of it. Never part of the value. */
  metadata?: Metadata;
}

/** What is without a value is left out. */
export type Metadata = Record<string, string | number | boolean | undefined | null>;

/** One secret, or one folder, of a listing. */
export interface Entry {
  /** The whole name, ready to be read; that of a folder ends in `/`. */
  name: string;
  /** The current version, where the upstream tells it here. */
  version?: string | number | null;
  /** Whether it has expired or is deleted, where the upstream tells it here. */
  expired?: boolean;
  /** What else the upstream tells of it. */
  metadata?: Metadata;
}

/** One page of a listing. */
export interface Page {
  /** The entries, at most as many as the limit asked for. */
  entries: (string | Entry)[];
  /** Comes back as `cursor` for the next page; none: this was the last. */
  next?: string;
  /** How many there are in all pages, where the upstream tells it. */
  total?: number;
}

/** A secret to write. What can't be kept is refused, see `refuse`: left out in silence, it would be missed too late. */
export interface NewSecret {
  /** Its name, checked and made canonical by the runtime. */
  readonly name: string;
  /** The value: bytes to keep exactly as they are. */
  readonly value: Uint8Array;
  /** Whether it may only be written where there is no such secret; else a `Conflict`. */
  readonly createOnly: boolean;
  /** The version that has to be the current one; else a `Conflict`. */
  readonly ifVersion: string | undefined;
  /** A description to keep beside the secret. */
  readonly description: string | undefined;
  /** Tags to keep beside the secret. */
  readonly tags: Readonly<Record<string, string>>;
  /** When it shall stop being valid, in milliseconds since 1970. */
  readonly expiresAt: number | undefined;
  /** The value as text, for an upstream that keeps nothing else. Throws `Invalid` if it is not UTF-8. */
  text(): string;
  /** Throws `Unsupported` if any of this is asked for, which the upstream of this name can't do. */
  refuse(upstream: string, unsupported: Asked[]): void;
}

/** What a write can ask for apart from keeping the value. */
export type Asked = "createOnly" | "ifVersion" | "description" | "tags" | "expiresAt";

/** How thoroughly to delete. */
export interface DeleteMode {
  /** For good, with all versions; else recoverable. */
  readonly permanent: boolean;
  /** Days it stays recoverable; none: what the upstream does by itself. */
  readonly days: number | undefined;
}

/** Requests to the upstream. Each waits for the whole response, whatever its status; redirects are not followed. */
export interface Http {
  get(url: string | Url, options?: RequestOptions): Response;
  head(url: string | Url, options?: RequestOptions): Response;
  post(url: string | Url, options?: RequestOptions): Response;
  put(url: string | Url, options?: RequestOptions): Response;
  patch(url: string | Url, options?: RequestOptions): Response;
  /** A DELETE request. */
  del(url: string | Url, options?: RequestOptions): Response;
  /** A LIST request, as Vault has it. */
  list(url: string | Url, options?: RequestOptions): Response;
  /** Throws `Unavailable` or `Timeout` if there is no response, `Other` if the runtime refused the request. */
  request(method: string, url: string | Url, options?: RequestOptions): Response;
}
export const http: Http;

/** What a request holds beside method and URL. The runtime adds credentials. */
export interface RequestOptions {
  /** The manifest has to name each, apart from accept, content-type and the conditional ones. No value: left out. */
  headers?: Record<string, string | undefined>;
  /** The body: bytes, or text that becomes UTF-8. */
  body?: Uint8Array | string;
  /** The body, as JSON; the content type comes with it. */
  json?: unknown;
}

/** What came back. A log shows its status alone: the rest may hold secrets. */
export interface Response {
  /** The status code. */
  readonly status: number;
  /** In order, names in lower case, may repeat. */
  readonly headers: readonly [string, string][];
  /** The body, complete; empty where there was none. */
  readonly body: Uint8Array;
  /** The first header of this name, to be given in lower case. */
  header(name: string): string | undefined;
  /** The body as text. Throws `Malformed` if it is not UTF-8. */
  text(): string;
  /** The body, read as JSON. Throws `Malformed` if it is none; what is in it is for the backend to check. */
  json(): any;
  /** How many seconds the upstream asks us to wait, where it says so in seconds. */
  retryAfter(): number | undefined;
  /**
   * The error for a status that the backend does not read otherwise: 401, 403, 408, 429 and 5xx mean what they mean
   * everywhere, and anything else is not what this upstream should send. 404 too, for only the backend can tell a
   * missing secret from a wrong address.
   */
  error(): BackendError;
}

/** Begins a URL with an origin, and a path where the upstream does not live at its root. A last slash is dropped. */
export function url(base: string): Url;

/** An absolute URL in the making. Whatever is added is percent-encoded, so it stays where it was put. */
export interface Url {
  /** Adds one path segment. A slash in it is encoded. */
  segment(segment: string): this;
  /** Adds path segments, divided by slashes. Empty ones are left out. */
  path(path: string): this;
  /** Adds a query parameter, if there is a value for it. The path has to be complete by then. */
  query(name: string, value: string | number | undefined): this;
  toString(): string;
}

/** The settings that the manifest declares. */
export interface Config {
  /** A setting; of an origin's name, its URL; of a credential, a placeholder that the runtime replaces. */
  get(key: string): string | undefined;
  /** A setting that has to be there. Throws `Invalid` if it is not. */
  require(key: string): string;
}
export const config: Config;

/** Time. `Date` tells it too. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits; the call's deadline goes on. */
  sleep(milliseconds: number): void;
}
export const clock: Clock;

/** Chance. `Math.random` and `crypto` have it too. */
export interface Random {
  /** So many bytes from a cryptographically secure source. */
  bytes(length: number): Uint8Array;
}
export const random: Random;

/** Lines for the person who made the call. `console` writes them too. Values do not belong in them. */
export interface Log {
  /** Something failed. */
  error(message: string): void;
  /** Something looks wrong. */
  warn(message: string): void;
  /** Something happened. */
  info(message: string): void;
  /** For the backend's author. */
  debug(message: string): void;
  /** For the backend's author, at length. */
  trace(message: string): void;
}
export const log: Log;

/** The one file (its only key is `""`), or the environment variables (a key each), that the operator granted. */
export interface Storage {
  /** The keys there are. */
  keys(): string[];
  /** The content under a key, and a name for it; none if there is no such file or variable. */
  read(key?: string): { data: Uint8Array; etag: string } | undefined;
  /**
   * Replaces what was read under this etag, or creates what was not there. No data removes it. Answers the new etag, or
   * throws `Conflict` if somebody wrote in between. Only while the backend writes or deletes.
   */
  replace(key: string, data: Uint8Array | string | undefined, unchanged: string | undefined): string;
  /**
   * Reads, edits and replaces until nobody wrote in between: no writer loses what another wrote. `edit` gets the
   * content and answers the new one, and may run more than once; `undefined` is no content in both.
   */
  update(key: string, edit: (data: Uint8Array | undefined) => Uint8Array | string | undefined): void;
}
export const storage: Storage;

/** Standard base64 with padding: how JSON and text files carry bytes. */
export interface Base64 {
  encode(bytes: Uint8Array): string;
  /** None if it is not base64 to the letter, without line breaks and with its padding. */
  decode(text: string): Uint8Array | undefined;
}
export const base64: Base64;

/** What all errors of the contract are. Throw one of the classes below. */
export class BackendError extends Error {
  protected constructor(payload: Failure, message: string, options?: ErrorOptions);
  /** The error in the contract's form. */
  readonly payload: Failure;
}

/** More about an error. */
export interface Detail extends ErrorOptions {
  /** One of the codes that the manifest declares. It goes into logs. */
  code?: string;
}

/** There is no such secret. Say it only after the upstream said it. */
export class NotFound extends BackendError {
  constructor();
}
/** A name, value, version or option that can't be right, and why. */
export class Invalid extends BackendError {
  constructor(message: string);
}
/** The upstream knows us and says no. */
export class Denied extends BackendError {
  constructor(message: string, options?: Detail);
}
/** The upstream does not accept our credentials. */
export class Unauthenticated extends BackendError {
  constructor(message: string, options?: Detail);
}
/** Seconds to wait, where the upstream says so. */
export class RateLimited extends BackendError {
  constructor(seconds?: number);
}
/** The upstream can't be reached or can't answer now. */
export class Unavailable extends BackendError {
  constructor(message: string, options?: Detail);
}
/** Time ran out while waiting for the upstream. */
export class Timeout extends BackendError {
  constructor();
}
/** It exists already, or somebody else changed it. */
export class Conflict extends BackendError {
  constructor(message: string, options?: Detail);
}
/** The id under which a person can approve. */
export class ApprovalRequired extends BackendError {
  constructor(id: string);
}
/** What this backend does not do. */
export class Unsupported extends BackendError {
  constructor(message: string);
}
/** What came back is not what this upstream should send. */
export class Malformed extends BackendError {
  constructor(message: string);
}
/** Anything else. */
export class Other extends BackendError {
  constructor(message: string, options?: Detail);
}

/** The contract's form of an error. */
export type Failure =
  | { tag: "not-found" | "timeout" }
  | { tag: "invalid" | "approval-required" | "unsupported" | "malformed"; val: string }
  | { tag: "rate-limited"; val: number | null }
  | {
      tag: "denied" | "unauthenticated" | "unavailable" | "conflict" | "other";
      val: { code: string; message: string };
    };

/** The interfaces of those methods that a backend has. The runtime calls them, and tests may. */
export type Interfaces<T> = {
  [M in keyof T & keyof Capabilities as Capabilities[M][0]]: Capabilities[M][1];
};

type Pairs = [string, string][];

/** For each method, the name of its interface, and the interface as the contract has it. Errors are thrown. */
interface Capabilities {
  read: ["read", { read(name: string, version?: string | null, options?: Pairs): ContractSecret }];
  exists: ["exists", { exists(name: string, options?: Pairs): boolean }];
  list: ["listing", { list(prefix: string, cursor: string | null, limit: number, options?: Pairs): ContractPage }];
  write: ["write", { write(secret: ContractNewSecret, options?: Pairs): string | null }];
  delete: ["delete", { delete(name: string, mode: ContractDeleteMode, options?: Pairs): void }];
  check: ["check", { check(): { tag: "ready" } | { tag: "unknown"; val: string } }];
}

/** A secret, in the contract's form. */
export interface ContractSecret {
  value: Uint8Array;
  version: string | null;
  expiresAt: number | null;
  metadata: Pairs;
}

/** A page, in the contract's form. */
export interface ContractPage {
  entries: { name: string; version: string | null; expired: boolean | null; metadata: Pairs }[];
  next: string | null;
  total: number | null;
}

/** A secret to write, in the contract's form. */
export interface ContractNewSecret {
  name: string;
  value: Uint8Array;
  mode: { tag: "upsert" | "create-only" } | { tag: "if-version"; val: string };
  description?: string | null;
  tags: Pairs;
  expiresAt?: number | null;
}

/** How to delete, in the contract's form. */
export type ContractDeleteMode = { tag: "recoverable"; val?: number | null } | { tag: "permanent" };
