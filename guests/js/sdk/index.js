// Everything a backend needs. What each is for stands in `index.d.ts`, where an editor finds it.

import { engine } from "#host";
import { install } from "./lib/globals.js";

export { backend } from "./lib/backend.js";
export { base64 } from "./lib/base64.js";
export {
  ApprovalRequired,
  BackendError,
  Conflict,
  Denied,
  Invalid,
  Malformed,
  NotFound,
  Other,
  RateLimited,
  Timeout,
  Unauthenticated,
  Unavailable,
  Unsupported,
} from "./lib/errors.js";
export { http } from "./lib/http.js";
export { clock, config, log, random } from "./lib/runtime.js";
export { storage } from "./lib/storage.js";
export { url } from "./lib/url.js";

if (engine) install(globalThis);
