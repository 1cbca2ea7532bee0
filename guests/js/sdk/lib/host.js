// The contract's imports, as the component gets them. In Node, `#host` is the mock host instead: see `package.json`.

export * as clock from "secret-runtime:backend/clock@0.1.0";
export * as config from "secret-runtime:backend/config@0.1.0";
export * as http from "secret-runtime:backend/http@0.1.0";
export * as log from "secret-runtime:backend/log@0.1.0";
export * as random from "secret-runtime:backend/random@0.1.0";
export * as storage from "secret-runtime:backend/storage@0.1.0";

/** Whether this is the component's engine, which lacks globals that Node has. */
export const engine = true;
