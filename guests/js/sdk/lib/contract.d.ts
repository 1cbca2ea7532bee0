/** The contract's imports as the engine gives them. An `err` is thrown as an `Error` with a `payload`. */

declare module "secret-runtime:backend/http@0.1.0" {
  export function send(request: {
    method: string;
    url: string;
    headers: [string, string][];
    body: Uint8Array | null;
  }): { status: number; headers: [string, string][]; body: Uint8Array };
}

declare module "secret-runtime:backend/config@0.1.0" {
  export function get(key: string): string | null;
}

declare module "secret-runtime:backend/storage@0.1.0" {
  export function keys(): string[];
  export function read(key: string): { data: Uint8Array; etag: string } | null;
  export function replace(key: string, data: Uint8Array | null, unchanged: string | null): string;
}

declare module "secret-runtime:backend/clock@0.1.0" {
  export function now(): number;
  export function sleep(milliseconds: number): void;
}

declare module "secret-runtime:backend/random@0.1.0" {
  export function bytes(length: number): Uint8Array;
}

declare module "secret-runtime:backend/log@0.1.0" {
  export function write(level: "error" | "warn" | "info" | "debug" | "trace", message: string): void;
}

/** Both the engine and Node have these two. */
declare function atob(text: string): string;
declare function btoa(binary: string): string;
