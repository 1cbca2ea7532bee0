// Builds `my-backend.wasm`: `npm run build`. It installs the compiler if it is not there yet.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const COMPONENT = "node_modules/.component.wasm";
const OUT = "my-backend.wasm";
const runtime = process.env.RUNTIME || "runtime";

process.chdir(import.meta.dirname ?? new URL(".", import.meta.url).pathname);
if (Number(process.versions.node.split(".")[0]) < 20) {
  fail(`node 20 or newer is needed, and this is ${process.version}`);
}
if (spawnSync(runtime, ["--version"], { stdio: "ignore" }).error) {
  fail(`the program \`${runtime}\` is not found: put \`runtime\` on PATH or name it in the variable RUNTIME`);
}
if (!existsSync("sdk/index.js")) fail("sdk/ is missing: `runtime new` puts it beside this file");
if (!existsSync("node_modules/componentize-qjs")) run("npm", ["ci", "--no-audit", "--no-fund"]);

const world = readFileSync("wit/world.wit", "utf8");
const added = [...world.matchAll(/^\s*include .*\/with-(\w+)@/gm)].map(([, name]) => name);
const declared = ["read", ...added].sort().join(", ");
const exported = Object.keys(await loaded()).sort().join(", ");
if (declared !== exported) fail(`wit/world.wit declares ${declared} and backend.js exports ${exported}`);

const { componentize } = await import("componentize-qjs");
const { component } = await componentize({
  witPath: "wit",
  world: "backend",
  jsPath: "backend.js",
  jsSource: readFileSync("backend.js", "utf8"),
  moduleRoot: ".",
  // Plain synchronous calls, and nothing of WASI: the SDK has time and chance from the contract.
  sync: true,
  stubWasi: true,
}).catch(({ message }) => {
  const [, call] = /unknown import: `([^`]+)`/.exec(message) ?? [];
  const [, module] = /filesystem module not found: .* import "([^"]+)"/s.exec(message) ?? [];
  if (call) fail(`${call} is called while backend.js is loaded, where there is no runtime yet`);
  if (module) fail(`the module ${module} is not there: a component has what is imported by its path, and nothing of Node`);
  return fail(message.replace(/^[:\s]+/, ""));
});
writeFileSync(COMPONENT, component);
run(runtime, ["pack", COMPONENT, "--manifest", "backend.toml", "-o", OUT]);

/** What backend.js exports. Node says what is wrong with a file that it can't read; what is thrown in it is told here. */
async function loaded() {
  try {
    return await import("./backend.js");
  } catch (error) {
    if (error instanceof SyntaxError || !(error instanceof Error)) throw error;
    const place = /([^/]+\.js:\d+:\d+)\)?$/m.exec(error.stack?.replaceAll(/^.*\/sdk\/.*$/gm, "") ?? "")?.[1];
    return fail(`backend.js can't be loaded: ${error.message}${place ? ` (${place})` : ""}`);
  }
}

/** Runs a program, and goes no further if it fails. */
function run(program, args) {
  // npm is a script on Windows, which only a shell can start.
  const { error, status } = spawnSync(program, args, { stdio: "inherit", shell: process.platform === "win32" });
  if (error) fail(`${program} can't be started: ${error.message}`);
  if (status !== 0) fail(`${program} ${args[0]} failed`);
}

/** Says in one line why there is nothing built. */
function fail(reason) {
  console.error(`build: ${reason}`);
  process.exit(1);
}
