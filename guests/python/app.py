"""The example backend in Python: `GET {address}/secret/NAME`, and the body of the reply is the value.

The token is nowhere in here: the runtime adds it to the requests that the manifest declares.
"""

from typing import List, Optional, Tuple
from urllib.parse import quote

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import common, config, http


class Read(exports.Read):
    def read(self, name: str, version: Optional[str], options: List[Tuple[str, str]]) -> common.Secret:
        if version is not None:
            raise Err(common.Error_Unsupported("there are no versions"))
        reply = get(url_of(name))
        if reply.status == 200:
            return common.Secret(value=reply.body, version=None, expires_at=None, metadata=[])
        if reply.status == 404:
            raise Err(common.Error_NotFound())
        raise unavailable(f"the server answered {reply.status}")


def url_of(name: str) -> str:
    address = config.get("address")
    if address is None:
        raise Err(common.Error_Other(common.Detail("", 'the setting "address" is missing')))
    # The whole name becomes one segment of the path, whatever it holds.
    return f"{address.rstrip('/')}/secret/{quote(name, safe='')}"


def get(url: str) -> http.Response:
    try:
        return http.send(http.Request(method="GET", url=url, headers=[], body=None))
    except Err as failure:
        if isinstance(failure.value, http.Failure_Timeout):
            raise Err(common.Error_Timeout()) from None
        raise unavailable("no reply") from None


def unavailable(message: str) -> Err:
    return Err(common.Error_Unavailable(common.Detail("", message)))
