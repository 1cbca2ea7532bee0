// Builds `fetch-example.wasm`: `npm ci && npm run build`.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";

import { componentize } from "@bytecodealliance/componentize-js";

const { component } = await componentize({
  sourcePath: "backend.js",
  witPath: "../../../wit",
  worldName: "secret-manager",
  // A backend sends requests and gets none.
  disableFeatures: ["fetch-event"],
});
writeFileSync("component.wasm", component);

const pack = ["pack", "component.wasm", "--manifest", "backend.toml", "-o", "fetch-example.wasm"];
const { error, status } = spawnSync(process.env.RUNTIME || "runtime", pack, { stdio: "inherit" });
if (error) console.error("build: `runtime` is not found: put it on PATH or name it in the variable RUNTIME");
process.exitCode = status ?? 1;
