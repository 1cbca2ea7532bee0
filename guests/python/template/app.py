"""The example backend: `GET {address}/secret/NAME`, and the body of the reply is the value.

The token is nowhere in here: the runtime adds it to the requests that the manifest declares.
"""

from __future__ import annotations

from secret_runtime_guest import Unsupported, config, export, http, url


@export
class MyBackend:
    """Made anew for each call."""

    def read(self, name: str, version: str | None, options: dict[str, str]) -> bytes | None:
        """The value of a secret, or None if there is no such secret."""
        if version is not None:
            raise Unsupported("there are no versions")
        # The whole name becomes one segment of the path, whatever it holds.
        response = http.get(url(config.require("address"), "secret", name))
        if response.status == 200:
            return response.body
        if response.status == 404:
            return None
        raise response.error()
