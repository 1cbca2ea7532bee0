"""Classes that were written for other programs, as backends."""

import asyncio
import importlib.util
import sys
import unittest

import paths
from secret_runtime_guest import (
    CreateOnly,
    Denied,
    Malformed,
    NewSecret,
    NotFound,
    Other,
    Permanent,
    RateLimited,
    Recoverable,
    Timeout,
    Unauthenticated,
    Unavailable,
    Unknown,
    Unsupported,
)
from secret_runtime_guest.adapt import genaikeys, litellm
from secret_runtime_guest.config import CREDENTIAL_PLACEHOLDER
from secret_runtime_guest.http import Refused
from secret_runtime_guest.mock import MockHost, reply

import httpx
import requests
from genaikeys.plugins import SecretManagerPlugin
from litellm.integrations.custom_secret_manager import CustomSecretManager


def class_of(folder, module, name):
    """A class of one of the adapted examples."""
    file = paths.PYTHON / "adapted" / folder / f"{module}.py"
    spec = importlib.util.spec_from_file_location(module, file)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return getattr(loaded, name)


VAULT = {"address": "http://vault:8200/", "token": CREDENTIAL_PLACEHOLDER}
NOTHING = reply(404, json={"errors": []})
FOUND = reply(200, json={"data": {"data": {"value": "välue"}, "metadata": {"version": 1}}})
FAILURES = [
    (reply(401, json={}), Unauthenticated),
    (reply(403, json={"errors": ["permission denied"]}), Denied),
    (reply(429, json={}), RateLimited),
    (reply(500, json={"errors": ["x"]}), Unavailable),
    (reply(503, json={"errors": ["sealed"]}), Unavailable),
    (Timeout(), Timeout),
    (Unavailable("reset"), Unavailable),
    (Refused("no rule"), Refused),
]


class GenAIKeysVaultTest(unittest.TestCase):
    """The class of the documentation, as it is printed."""

    def setUp(self):
        plugin = class_of("hashicorp-vault-plugin", "vault_plugin", "HashiCorpVaultPlugin")
        self.backend = genaikeys(lambda address, token: plugin(vault_addr=address, token=token))

    def host(self, *replies):
        return MockHost(config=VAULT, replies=replies)

    def test_it_reads_and_sends_what_its_rule_says(self):
        with self.host(FOUND) as host:
            self.assertEqual(host.read(self.backend, "team/KEY").value, "välue".encode())
        (request,) = host.requests
        self.assertEqual((request.method, request.url), ("GET", "http://vault:8200/v1/secret/data/team/KEY"))
        self.assertEqual(request.headers["x-vault-token"], CREDENTIAL_PLACEHOLDER)
        self.assertEqual({*request.headers}, {"accept", "x-vault-request", "x-vault-token"})

    def test_what_is_not_there_is_absent(self):
        with self.host(NOTHING, NOTHING) as host:
            self.assertRaises(NotFound, host.read, self.backend, "KEY")
            self.assertIs(host.exists(self.backend, "KEY"), False)

    def test_a_wrong_mount_says_nothing_of_a_secret(self):
        wrong = reply(404, json={"errors": ['no handler for route "secret/data/KEY". route entry not found.']})
        with self.host(wrong, wrong) as host:
            for ask in (host.read, host.exists):
                with self.assertRaises(Other):
                    ask(self.backend, "KEY")

    def test_a_failure_is_itself_for_reading_and_never_no_for_exists(self):
        for answer, error in FAILURES:
            for ask in ("read", "exists", "list"):
                with self.subTest(error=error, ask=ask), self.host(answer) as host:
                    self.assertRaises(error, getattr(host, ask), self.backend, *(["KEY"] if ask != "list" else []))

    def test_a_secret_without_the_field_is_no_absent_secret(self):
        with self.host(reply(200, json={"data": {"data": {"other": "x"}}})) as host:
            self.assertRaises(Malformed, host.read, self.backend, "KEY")

    def test_a_good_reply_that_it_can_not_read_is_no_absent_secret(self):
        for answer in (reply(200, "<html>"), reply(200, json={"data": {}})):
            with self.host(answer, answer) as host:
                self.assertRaises((Malformed, Other), host.exists, self.backend, "KEY")

    def test_it_lists(self):
        with self.host(reply(200, json={"data": {"keys": ["b", "a/", "c"]}}), NOTHING) as host:
            self.assertEqual([entry.name for entry in host.list(self.backend).entries], ["a/", "b", "c"])
            self.assertEqual(host.list(self.backend).entries, [])
        self.assertEqual(host.requests[0].method, "LIST")
        self.assertEqual(host.requests[0].url, "http://vault:8200/v1/secret/metadata")

    def test_what_it_does_not_do_is_unsupported(self):
        with self.host() as host:
            self.assertRaises(Unsupported, host.read, self.backend, "KEY", "1")
            self.assertRaises(Unsupported, host.write, self.backend, NewSecret("KEY", b"v"))
            self.assertRaises(Unsupported, host.delete, self.backend, "KEY")
            self.assertIsInstance(host.check(self.backend), Unknown)


class LiteLLMVaultTest(unittest.TestCase):
    """The class of the documentation, as it is printed."""

    def setUp(self):
        manager = class_of("my-vault-secret-manager", "my_vault", "MyVaultSecretManager")
        self.backend = litellm(lambda address, token: manager(vault_url=address, token=token))

    def host(self, *replies):
        return MockHost(config={**VAULT, "address": "http://vault:8200"}, replies=replies)

    def test_it_reads_and_is_asked(self):
        found = reply(200, json={"data": {"value": "v"}})
        with self.host(found, found, NOTHING, NOTHING) as host:
            self.assertEqual(host.read(self.backend, "KEY").value, b"v")
            self.assertIs(host.exists(self.backend, "KEY"), True)
            self.assertRaises(NotFound, host.read, self.backend, "KEY")
            self.assertIs(host.exists(self.backend, "KEY"), False)
        self.assertEqual({*host.requests[0].headers}, {"accept", "x-vault-token"})

    def test_a_failure_is_itself(self):
        for answer, error in FAILURES:
            for ask in ("read", "exists"):
                with self.subTest(error=error, ask=ask), self.host(answer) as host:
                    self.assertRaises(error, getattr(host, ask), self.backend, "KEY")

    def test_it_writes_asynchronously(self):
        with self.host(reply(200, json={})) as host:
            self.assertIsNone(host.write(self.backend, NewSecret("KEY", b"v", description="d")))
        (request,) = host.requests
        self.assertEqual((request.method, request.url), ("POST", "http://vault:8200/v1/secret/KEY"))
        self.assertEqual(request.body, b'{"value":"v","description":"d"}')

    def test_a_write_that_failed_or_cannot_be_as_asked_says_so(self):
        with self.host(reply(403)) as host:
            self.assertRaises(Denied, host.write, self.backend, NewSecret("KEY", b"v"))
            self.assertRaises(Unsupported, host.write, self.backend, NewSecret("KEY", b"v", CreateOnly()))
        self.assertEqual(len(host.requests), 1)

    def test_deleting_and_listing_are_unsupported(self):
        with self.host() as host:
            self.assertRaises(Unsupported, host.delete, self.backend, "KEY")
            self.assertRaises(Unsupported, host.list, self.backend)


class LiteLLMInMemoryTest(unittest.TestCase):
    """The class of the tutorial, as it is printed."""

    def test_it_reads_what_it_has_and_nothing_else(self):
        backend = litellm(class_of("in-memory-secret-manager", "my_secret_manager", "InMemorySecretManager"))
        with MockHost() as host:
            self.assertEqual(host.read(backend, "OPENAI_API_KEY").value, b"sk-...")
            self.assertRaises(NotFound, host.read, backend, "OTHER")
            self.assertEqual([host.exists(backend, name) for name in ("OPENAI_API_KEY", "OTHER")], [True, False])


class AppsTest(unittest.TestCase):
    def test_each_app_has_three_lines_and_can_be_imported(self):
        for folder in sorted((paths.PYTHON / "adapted").iterdir()):
            if not (folder / "app.py").exists():
                continue
            with self.subTest(folder.name):
                self.assertEqual(len((folder / "app.py").read_text().splitlines()), 3)
                sys.path.insert(0, str(folder))
                try:
                    spec = importlib.util.spec_from_file_location("app_under_test", folder / "app.py")
                    spec.loader.exec_module(importlib.util.module_from_spec(spec))
                finally:
                    sys.path.remove(str(folder))


class SwallowingTest(unittest.TestCase):
    """Classes that swallow what went wrong."""

    def litellm(self, read=None, **methods):
        def sync_read_secret(self, secret_name, optional_params=None, timeout=None):
            return read(secret_name)

        async def async_read_secret(self, secret_name, optional_params=None, timeout=None):
            return read(secret_name)

        base = {"sync_read_secret": sync_read_secret, "async_read_secret": async_read_secret}
        return litellm(type("Manager", (CustomSecretManager,), {**base, **methods}))

    def test_none_after_a_failure_is_that_failure(self):
        def read(name):
            try:
                response = requests.get("http://a/x")
                return response.text if response.ok else None
            except requests.RequestException:
                return None

        for answer, error in FAILURES:
            with self.subTest(error=error), MockHost(replies=[answer, answer]) as host:
                self.assertRaises(error, host.read, self.litellm(read), "KEY")
                self.assertRaises(error, host.exists, self.litellm(read), "KEY")
        with MockHost(replies=[NOTHING]) as host:
            self.assertRaises(NotFound, host.read, self.litellm(read), "KEY")

    def test_a_failure_of_an_earlier_call_is_forgotten(self):
        def read(name):
            if name == "first":
                requests.get("http://a/x")
            return None

        backend = self.litellm(read)
        with MockHost(replies=[reply(500)]) as host:
            self.assertRaises(Unavailable, host.read, backend, "first")
            self.assertRaises(NotFound, host.read, backend, "second")

    def test_an_exception_of_their_own_after_a_failure_is_that_failure(self):
        def read(name):
            try:
                httpx.get("http://a/x").raise_for_status()
            except httpx.HTTPError:
                raise RuntimeError("could not read") from None

        with MockHost(replies=[reply(403), reply(404)]) as host:
            self.assertRaises(Denied, host.read, self.litellm(read), "KEY")
            # It does not say that there is no such secret, and nor do we.
            self.assertRaises(Other, host.read, self.litellm(read), "KEY")

    def test_a_write_or_deletion_that_only_tells_in_its_answer_failed(self):
        async def write(self, secret_name, secret_value, **_):
            return {"status": "error", "message": "no"}

        async def delete(self, secret_name, recovery_window_in_days=7, optional_params=None, timeout=None):
            httpx.delete(f"http://a/{recovery_window_in_days}")
            return {"status": "success"}

        backend = self.litellm(async_write_secret=write, async_delete_secret=delete)
        with MockHost(replies=[reply(404), reply(200), reply(500)]) as host:
            self.assertRaises(Other, host.write, backend, NewSecret("KEY", b"v"))
            self.assertRaises(NotFound, host.delete, backend, "KEY")
            self.assertIsNone(host.delete(backend, "KEY", Recoverable(30)))
            self.assertRaises(Unavailable, host.delete, backend, "KEY")
            self.assertRaises(Unsupported, host.delete, backend, "KEY", Permanent())
        self.assertEqual([request.url for request in host.requests], ["http://a/7", "http://a/30", "http://a/7"])

    def test_tags_go_only_to_a_class_that_takes_them(self):
        async def write(self, secret_name, secret_value, description=None):
            return {}

        with MockHost() as host:
            backend = self.litellm(async_write_secret=write)
            self.assertRaises(Unsupported, host.write, backend, NewSecret("KEY", b"v", tags={"a": "b"}))

    def test_a_class_that_reads_asynchronously_only_is_awaited(self):
        def sync_read_secret(self, secret_name, optional_params=None, timeout=None):
            raise NotImplementedError

        async def async_read_secret(self, secret_name, optional_params=None, timeout=None):
            await asyncio.sleep(1)
            return "v"

        backend = self.litellm(sync_read_secret=sync_read_secret, async_read_secret=async_read_secret)
        with MockHost() as host:
            self.assertEqual(host.read(backend, "KEY").value, b"v")

    def test_a_check_of_its_own_counts_and_that_of_the_base_does_not(self):
        async def healthy(self, timeout=None):
            return httpx.get("http://a/health").is_success

        with MockHost(replies=[reply(200), reply(503)]) as host:
            self.assertIsNone(host.check(self.litellm(async_health_check=healthy)))
            self.assertRaises(Unavailable, host.check, self.litellm(async_health_check=healthy))
            self.assertIsInstance(host.check(self.litellm()), Unknown)


class PluginTest(unittest.TestCase):
    """What else a plugin of GenAIKeys may do."""

    def plugin(self, **methods):
        base = {"get_secret": lambda self, name: {"KEY": "v"}[name]}
        return genaikeys(type("Plugin", (SecretManagerPlugin,), {**base, **methods}))

    def test_a_key_error_is_absent_where_nothing_was_asked(self):
        with MockHost() as host:
            self.assertRaises(NotFound, host.read, self.plugin(), "OTHER")

    def test_a_plugin_that_cannot_ask_is_read(self):
        with MockHost() as host:
            self.assertEqual([host.exists(self.plugin(), name) for name in ("KEY", "OTHER")], [True, False])

    def test_a_plugin_that_looks_into_a_list_may_say_no(self):
        def exists(self, name):
            return name in requests.get("http://a/all").json()

        def get_secret(self, name):
            raise KeyError(name)

        with MockHost(replies=[reply(200, json=["KEY"])] * 2) as host:
            backend = self.plugin(exists=exists, get_secret=get_secret)
            self.assertEqual([host.exists(backend, name) for name in ("KEY", "OTHER")], [True, False])

    def test_a_failure_while_reading_is_no_answer(self):
        def get_secret(self, name):
            raise ValueError("canary")

        with MockHost() as host, self.assertRaises(Other) as caught:
            host.exists(self.plugin(get_secret=get_secret), "KEY")
        shown = [line for level, line in host.lines if level != "trace"]
        self.assertNotIn("canary", str(caught.exception) + str(shown))

    def test_it_writes_if_it_can_and_a_swallowed_failure_is_one(self):
        def set_secret(self, name, value):
            requests.put(f"http://a/{name}", data=value)

        backend = self.plugin(set_secret=set_secret)
        with MockHost(replies=[reply(204), reply(403), reply(404)]) as host:
            host.write(backend, NewSecret("KEY", b"v"))
            self.assertRaises(Denied, host.write, backend, NewSecret("KEY", b"v"))
            self.assertRaises(Other, host.write, backend, NewSecret("KEY", b"v"))
        self.assertEqual(host.requests[0].body, b"v")

    def test_a_factory_gets_settings_by_name_and_misses_those_that_are_not_there(self):
        class Plugin(SecretManagerPlugin):
            def __init__(self, path_prefix, mount="secret"):
                self.made_of = f"{path_prefix} {mount}"

            def get_secret(self, secret_name):
                return self.made_of

        with MockHost(config={"path-prefix": "team"}) as host:
            self.assertEqual(host.read(genaikeys(Plugin), "KEY").value, b"team secret")
        with MockHost() as host, self.assertRaises(Other) as caught:
            host.read(genaikeys(Plugin), "KEY")
        self.assertIn("path_prefix", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
