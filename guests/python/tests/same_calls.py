"""The same calls through a library: run once with the real one and once with its lookalike.

    python3 same_calls.py real|lookalike requests|httpx|hvac http://127.0.0.1:PORT

It prints, for each call by its name, what the caller got back.
"""

import asyncio
import http.client
import json
import sys
from urllib.parse import urlsplit

NAMES = ["KEY", "team/KEY", "a b", "a%20b", "100%", "50%41%zz", "ü", "a+b&c=d", "a;b:c@d", "x/../y", "./x"]
NAMES.append("q'\"<>^`{|}")


def main(which, library, address):
    if which == "lookalike":
        import paths  # noqa: F401
        from secret_runtime_guest import host

        host.become(Sending())
    results = {}
    for name, call in {"requests": of_requests, "httpx": of_httpx, "hvac": of_hvac}[library](address):
        try:
            results[name] = call()
        except Exception as error:
            results[name] = {"raised": [kind.__name__ for kind in type(error).__mro__ if kind.__module__ != "builtins"]}
            response = getattr(error, "response", None)
            if response is not None:
                results[name]["status"] = response.status_code
    json.dump(results, sys.stdout)


class Sending:
    """A host that really sends, on the loopback."""

    def send(self, request):
        from secret_runtime_guest import Unavailable
        from secret_runtime_guest.http import Headers, Response

        to = urlsplit(request.url)
        connection = http.client.HTTPConnection(to.hostname, to.port, timeout=10)
        try:
            target = to.path + (f"?{to.query}" if to.query else "")
            connection.request(request.method, target, request.body, dict(request.headers))
            reply = connection.getresponse()
            return Response(reply.status, Headers(reply.getheaders()), reply.read())
        except OSError:
            raise Unavailable("no reply") from None
        finally:
            connection.close()


def said(response):
    """What a caller reads of a response of requests."""
    return {
        "status": response.status_code,
        "ok": response.ok,
        "truth": bool(response),
        "text": response.text,
        "content": response.content.hex(),
        "kind": response.headers.get("Content-Type"),
        "encoding": response.encoding,
        "reason": response.reason,
    }


def of_requests(address):
    import requests

    def with_session():
        with requests.Session() as session:
            session.headers.update({"X-One": "1", "X-Two": "2"})
            session.params = {"all": "yes"}
            session.auth = ("user", "pass")
            return said(session.get(f"{address}/ok", headers={"x-two": None, "X-Three": "3"}, params={"a": "b"}))

    def raised(status):
        response = requests.get(f"{address}/status/{status}")
        response.raise_for_status()
        return said(response)

    for name in NAMES:
        yield f"path {name}", lambda name=name: said(requests.get(f"{address}/v1/{name}"))
        yield f"query {name}", lambda name=name: said(requests.get(f"{address}/v1?x={name}"))
    params = [{"a": "1 2", "b": None, "c": ["x", "y"], "é": True}, [("a", "1"), ("a", "2")], "raw=a b", {}, None]
    for at, one in enumerate(params):
        yield f"params {at}", lambda one=one: said(requests.get(f"{address}/ok?first=1", params=one))
    yield "json", lambda: said(requests.post(f"{address}/ok", json={"é": [1, None, True], "b": {}}))
    yield "empty json", lambda: said(requests.post(f"{address}/ok", json={}))
    yield "form", lambda: said(requests.post(f"{address}/ok", data={"a": "1 2", "b": ["x", "y"], "é": "ü&"}))
    yield "text", lambda: said(requests.put(f"{address}/ok", data="é"))
    yield "bytes", lambda: said(requests.put(f"{address}/ok", data=b"\x00\xff", headers={"Content-Type": "x/y"}))
    for method in ("get", "post", "put", "patch", "delete", "head", "options"):
        yield method, lambda method=method: said(getattr(requests, method)(f"{address}/ok"))
    yield "any method", lambda: said(requests.request("LIST", f"{address}/ok"))
    yield "basic", lambda: said(requests.get(f"{address}/ok", auth=("user", "päss")))
    yield "session", with_session
    for status in (200, 204, 304, 400, 401, 403, 404, 418, 429, 500, 503):
        yield f"raise {status}", lambda status=status: raised(status)
    for kind in ("json", "latin", "plain", "binary", "broken"):
        yield f"json of {kind}", lambda kind=kind: requests.get(f"{address}/{kind}").json()
        yield f"text of {kind}", lambda kind=kind: said(requests.get(f"{address}/{kind}"))
    yield "nobody there", lambda: said(requests.get("http://127.0.0.1:9/x"))
    yield "no scheme", lambda: said(requests.get("server/x"))


def of_httpx(address):
    import httpx

    def said(response):
        return {
            "status": response.status_code,
            "success": response.is_success,
            "error": response.is_error,
            "text": response.text,
            "content": response.content.hex(),
            "kind": response.headers.get("Content-Type"),
            "encoding": response.encoding,
            "reason": response.reason_phrase,
            "url": str(response.url),
        }

    def with_client():
        with httpx.Client(base_url=f"{address}/base/", headers={"X-One": "1"}, params={"all": "yes"}) as client:
            return [said(client.get(url, params=params)) for url in ("/a", "b/c") for params in (None, {"a": "b"})]

    def in_order():
        # Side by side, the real one decides the order.
        async def one_by_one():
            async with httpx.AsyncClient(auth=httpx.BasicAuth("user", "pass")) as client:
                return [said(await client.request("LIST", f"{address}/v1/{name}")) for name in ("a", "b")]

        return asyncio.run(one_by_one())

    def built():
        with httpx.Client() as client:
            return said(client.send(client.build_request("PUT", f"{address}/ok", content="é")))

    for name in NAMES:
        yield f"path {name}", lambda name=name: said(httpx.get(f"{address}/v1/{name}"))
        yield f"query {name}", lambda name=name: said(httpx.get(f"{address}/v1?x={name}"))
    params = [{"a": "1 2", "b": None, "c": ["x", "y"], "é": True}, [("a", "1"), ("a", "2")], "raw=a", {}, None]
    for at, one in enumerate(params):
        yield f"params {at}", lambda one=one: said(httpx.get(f"{address}/ok?first=1", params=one))
    yield "json", lambda: said(httpx.post(f"{address}/ok", json={"é": [1, None, True], "b": {}}))
    yield "empty json", lambda: said(httpx.post(f"{address}/ok", json={}))
    yield "form", lambda: said(httpx.post(f"{address}/ok", data={"a": "1 2", "b": ["x", "y"], "é": True}))
    yield "text", lambda: said(httpx.put(f"{address}/ok", content="é"))
    yield "bytes", lambda: said(httpx.put(f"{address}/ok", content=b"\x00\xff", headers={"Content-Type": "x/y"}))
    for method in ("get", "post", "put", "patch", "delete", "head", "options"):
        yield method, lambda method=method: said(getattr(httpx, method)(f"{address}/ok"))
    yield "basic", lambda: said(httpx.get(f"{address}/ok", auth=("user", "päss")))
    yield "client", with_client
    yield "asynchronous", in_order
    yield "built", built
    for status in (200, 204, 304, 400, 401, 403, 404, 418, 429, 500, 503):
        yield f"raise {status}", lambda status=status: said(httpx.get(f"{address}/status/{status}").raise_for_status())
    for kind in ("json", "latin", "plain", "binary", "broken"):
        yield f"json of {kind}", lambda kind=kind: httpx.get(f"{address}/{kind}").json()
        yield f"text of {kind}", lambda kind=kind: said(httpx.get(f"{address}/{kind}"))
    yield "nobody there", lambda: said(httpx.get("http://127.0.0.1:9/x"))
    yield "no scheme", lambda: said(httpx.get("server/x"))


def of_hvac(address):
    import warnings

    import hvac

    warnings.simplefilter("ignore")
    client = hvac.Client(url=address + "/", token="token")
    v1, v2 = client.secrets.kv.v1, client.secrets.kv.v2

    def shown(answer):
        return answer if isinstance(answer, (dict, list, type(None), bool)) else {"status": answer.status_code}

    def calling(function, *args, **kwargs):
        return lambda: shown(function(*args, **kwargs))

    for name in [*NAMES, "/lead", "a//b", "trail/"]:
        yield f"v2 read {name}", calling(v2.read_secret_version, path=name)
        yield f"v1 read {name}", calling(v1.read_secret, name)
    yield "v2 version", calling(v2.read_secret_version, "KEY", version=3, mount_point="kv/x")
    yield "v2 read_secret", calling(v2.read_secret, "KEY", raise_on_deleted_version=True)
    yield "deleted", calling(v2.read_secret, "deleted", raise_on_deleted_version=False)
    yield "deleted raises", calling(v2.read_secret, "deleted")
    for path in ("", "team", "team/"):
        yield f"v2 list {path}", calling(v2.list_secrets, path)
        yield f"v1 list {path}", calling(v1.list_secrets, path=path, mount_point="kv")
    yield "v2 write", calling(v2.create_or_update_secret, "KEY", secret={"value": "é"})
    yield "v2 write cas", calling(v2.create_or_update_secret, "KEY", {"value": "v"}, cas=0)
    yield "v2 patch", calling(v2.patch, "KEY", {"other": "w"})
    yield "v2 metadata", calling(v2.read_secret_metadata, "KEY")
    yield "v2 delete latest", calling(v2.delete_latest_version_of_secret, "KEY")
    yield "v2 delete all", calling(v2.delete_metadata_and_all_versions, "KEY")
    for action in ("delete", "undelete", "destroy"):
        yield f"v2 {action} versions", calling(getattr(v2, f"{action}_secret_versions"), "KEY", [1, 2])
        yield f"v2 {action} no versions", calling(getattr(v2, f"{action}_secret_versions"), "KEY", [])
    yield "v1 create", calling(v1.create_or_update_secret, "status/404", {"a": "b"})
    yield "v1 update", calling(v1.create_or_update_secret, "KEY", {"a": "b"})
    yield "v1 method", calling(v1.create_or_update_secret, "KEY", {"a": "b"}, method="PATCH")
    yield "v1 delete", calling(v1.delete_secret, "KEY")
    yield "default", calling(client.secrets.kv.read_secret_version, "KEY")
    yield "read", calling(client.read, "secret/data/KEY")
    yield "read absent", calling(client.read, "secret/status/404")
    yield "list", calling(client.list, "secret/metadata")
    yield "write", calling(client.write, "secret/KEY", a="b")
    yield "write data", calling(client.write_data, "secret/KEY", data={"path": "x"})
    yield "delete", calling(client.delete, "secret/KEY")
    yield "authenticated", calling(client.is_authenticated)
    yield "namespace", calling(hvac.Client(address, "t", namespace="team").read, "secret/KEY")
    for status in (400, 401, 403, 404, 405, 412, 429, 500, 501, 502, 503):
        yield f"status {status}", calling(v1.read_secret, f"status/{status}")


if __name__ == "__main__":
    main(*sys.argv[1:])
