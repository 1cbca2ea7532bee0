/**
 * The globals of a backend beside those of the language, for an editor that should know neither a browser's nor Node's:
 * there is no `fetch`, no `URL` and no timer. List this file in `jsconfig.json`.
 */

declare var console: Record<"error" | "warn" | "info" | "log" | "debug" | "trace", (...values: unknown[]) => void>;

declare var crypto: {
  getRandomValues<T extends ArrayBufferView>(view: T): T;
  randomUUID(): string;
};

declare var performance: { readonly timeOrigin: number; now(): number };

declare class TextEncoder {
  readonly encoding: "utf-8";
  encode(text?: string): Uint8Array;
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: "utf-8";
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(bytes?: ArrayBuffer | ArrayBufferView): string;
}

declare function atob(text: string): string;
declare function btoa(binary: string): string;
