// A backend: `GET {address}/secret/NAME`, and the body of the reply is the value.
//
// The token is nowhere in here: the runtime adds it to the requests that `backend.toml` declares.

import { backend, config, http, NotFound, Unsupported, url } from "./sdk/index.js";

export const { read } = backend({
  read(name, version) {
    if (version !== undefined) throw new Unsupported("there are no versions");
    // The whole name becomes one segment of the path, whatever it holds.
    const reply = http.get(url(config.require("address")).segment("secret").segment(name));
    if (reply.status === 200) return reply.body;
    if (reply.status === 404) throw new NotFound();
    throw reply.error();
  },
});
