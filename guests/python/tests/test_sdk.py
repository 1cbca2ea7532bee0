"""What the SDK does for a backend, against the mock host."""

import asyncio
import json
import logging
import random
import unittest
from datetime import datetime, timezone

import paths  # noqa: F401
from secret_runtime_guest import (
    ApprovalRequired,
    Conflict,
    CreateOnly,
    Denied,
    Entry,
    Error,
    IfVersion,
    Invalid,
    Malformed,
    NewSecret,
    NotFound,
    Other,
    Page,
    RateLimited,
    Recoverable,
    Secret,
    Timeout,
    Unauthenticated,
    Unavailable,
    Unknown,
    Unsupported,
    clock,
    config,
    http,
    log,
    path,
    storage,
    url,
)
from secret_runtime_guest import random as chance
from secret_runtime_guest.host import Misuse
from secret_runtime_guest.mock import MockHost, reply

CANARY = "canary-f3a9"


def reading(function):
    """A backend that reads with a function of the name."""

    class Backend:
        def read(self, name, version, options):
            return function(name)

    return Backend


def raising(error):
    def function(_):
        raise error

    return reading(function)


class ReadTest(unittest.TestCase):
    def read(self, backend, name="KEY"):
        with MockHost() as host:
            return host.read(backend, name)

    def test_bytes_and_text_and_secrets_are_values(self):
        for value, expected in [(b"\xff", b"\xff"), ("é", b"\xc3\xa9"), (bytearray(b"x"), b"x"), (Secret("s"), b"s")]:
            self.assertEqual(self.read(reading(lambda _, value=value: value)).value, expected)

    def test_an_empty_value_is_a_value(self):
        self.assertEqual(self.read(reading(lambda _: b"")).value, b"")

    def test_none_and_not_found_are_absent(self):
        self.assertRaises(NotFound, self.read, reading(lambda _: None))
        self.assertRaises(NotFound, self.read, raising(NotFound()))

    def test_every_error_of_the_contract_comes_out_as_it_is(self):
        errors = [Invalid("m"), Denied("m", code="c"), Unauthenticated("m"), RateLimited(7), Unavailable("m")]
        for error in [*errors, Timeout(), Conflict("m"), ApprovalRequired("id"), Unsupported("m"), Malformed("m"), Other("m")]:
            with self.assertRaises(Error) as caught:
                self.read(raising(error))
            self.assertIs(caught.exception, error)

    def test_an_answer_of_another_kind_is_a_failure_and_not_shown(self):
        with self.assertRaises(Other) as caught:
            self.read(reading(lambda _: {"value": CANARY}))
        self.assertEqual(str(caught.exception), "`read` must not answer with dict")

    def test_a_backend_is_made_anew_for_each_call(self):
        class Counting:
            def __init__(self):
                self.calls = 0

            def read(self, name, version, options):
                self.calls += 1
                return str(self.calls)

        with MockHost() as host:
            self.assertEqual([host.read(Counting, "KEY").value for _ in range(2)], [b"1", b"1"])

    def test_options_are_a_dictionary(self):
        class Backend:
            def read(self, name, version, options):
                return options["mount"]

        with MockHost() as host:
            self.assertEqual(host.read(Backend, "KEY", options={"mount": "kv"}).value, b"kv")

    def test_python_s_generator_does_not_repeat_itself(self):
        backend = reading(lambda _: str(random.random()))
        with MockHost() as host:
            random.seed(1)
            first = host.read(backend, "KEY").value
            random.seed(1)
            self.assertNotEqual(host.read(backend, "KEY").value, first)


class UncaughtTest(unittest.TestCase):
    def test_type_and_place_are_told_and_what_it_says_to_its_author_alone(self):
        def deeper(name):
            raise ValueError(f"bad value {CANARY}")

        def function(name):
            try:
                deeper(name)
            except ValueError as error:
                raise KeyError(CANARY) from error

        with MockHost() as host, self.assertRaises(Other) as caught:
            host.read(reading(function), "KEY")
        self.assertRegex(str(caught.exception), r"^KeyError at test_sdk\.py:\d+ in function$")
        lines = "\n".join(line for level, line in host.lines if level == "error")
        for part in ("ValueError", "KeyError", "in deeper", "in function", "test_sdk.py, line "):
            self.assertIn(part, lines)
        self.assertNotIn(CANARY, lines)
        traced = [line for level, line in host.lines if level == "trace"]
        self.assertEqual(traced, [f"ValueError: bad value {CANARY}", f"KeyError: '{CANARY}'"])
        self.assertEqual({level for level, _ in host.lines}, {"error", "trace"})

    def test_an_exit_is_a_failure(self):
        with MockHost() as host:
            self.assertRaises(Other, host.read, raising(SystemExit(0)), "KEY")

    def test_a_traceback_of_any_length_leaves_lines_for_others(self):
        def endless(n):
            return endless(n)

        with MockHost() as host:
            self.assertRaises(Other, host.read, reading(endless), "KEY")
        self.assertLess(len(host.lines), 60)

    def test_a_module_that_is_not_there_is_named(self):
        def function(_):
            import a_module_that_is_not_there  # noqa: F401

        with MockHost() as host, self.assertRaises(Other) as caught:
            host.read(reading(function), "KEY")
        self.assertIn("a_module_that_is_not_there", str(caught.exception))


class OtherOperationsTest(unittest.TestCase):
    def test_names_become_pages_in_order_and_those_of_the_prefix_only(self):
        class Backend:
            def list(self, prefix, cursor, limit, options):
                return ["b/2", Entry("b/1", version="3"), "a", "b/3", "b/1"]

        with MockHost() as host:
            first = host.list(Backend, "b/", limit=2)
            second = host.list(Backend, "b/", cursor=first.next, limit=2)
        self.assertEqual([entry.name for entry in first.entries], ["b/1", "b/2"])
        self.assertEqual(([entry.name for entry in second.entries], second.next, second.total), (["b/3"], None, 3))

    def test_a_page_stays_as_the_backend_made_it(self):
        page = Page([Entry("x")], next="cursor")

        class Backend:
            def list(self, prefix, cursor, limit, options):
                return page

        with MockHost() as host:
            self.assertIs(host.list(Backend), page)

    def test_a_listing_that_is_one_text_is_a_failure(self):
        class Backend:
            def list(self, prefix, cursor, limit, options):
                return {"KEY": 1}.get("other")

        with MockHost() as host:
            self.assertRaises(Other, host.list, Backend)

    def test_exists_answers_yes_or_no_and_nothing_else(self):
        for answer in (True, False):
            backend = type("Backend", (), {"exists": lambda self, name, options, answer=answer: answer})
            with MockHost() as host:
                self.assertIs(host.exists(backend, "KEY"), answer)
        with MockHost() as host:
            self.assertRaises(Other, host.exists, type("B", (), {"exists": lambda *_: None}), "KEY")

    def test_write_delete_and_check_say_what_they_did(self):
        class Backend:
            def write(self, secret, options):
                storage.replace(secret.value, unchanged=None)
                return "7"

            def delete(self, name, mode, options):
                if mode != Recoverable(3):
                    raise Unsupported("only for three days")

            def check(self):
                return Unknown("nobody can tell")

        with MockHost() as host:
            self.assertEqual(host.write(Backend, NewSecret("KEY", b"v")), "7")
            self.assertEqual(host.storage, {"": b"v"})
            self.assertRaises(Conflict, host.write, Backend, NewSecret("KEY", b"w"))
            self.assertIsNone(host.delete(Backend, "KEY", Recoverable(3)))
            self.assertRaises(Unsupported, host.delete, Backend, "KEY")
            self.assertEqual(host.check(Backend), Unknown("nobody can tell"))

    def test_a_deletion_that_answers_anything_is_a_failure(self):
        with MockHost() as host:
            self.assertRaises(Other, host.delete, type("B", (), {"delete": lambda *_: False}), "KEY")

    def test_what_is_asked_for_is_refused_by_its_word(self):
        plain = NewSecret("KEY", b"v")
        plain.refuse("Keeper", "create-only", "if-version", "description", "tags", "expiry")
        cases = {
            "create-only": NewSecret("KEY", b"v", CreateOnly()),
            "if-version": NewSecret("KEY", b"v", IfVersion("1")),
            "description": NewSecret("KEY", b"v", description=""),
            "tags": NewSecret("KEY", b"v", tags={"a": "b"}),
            "expiry": NewSecret("KEY", b"v", expires_at=datetime(2030, 1, 1, tzinfo=timezone.utc)),
        }
        for word, secret in cases.items():
            self.assertRaises(Unsupported, secret.refuse, "Keeper", word)
            secret.refuse("Keeper", *(other for other in cases if other != word))

    def test_a_value_that_is_not_text_is_invalid_as_text(self):
        self.assertEqual(NewSecret("KEY", "ü".encode()).text(), "ü")
        self.assertRaises(Invalid, NewSecret("KEY", b"\xff").text)


class HttpTest(unittest.TestCase):
    def test_statuses_that_mean_the_same_everywhere_become_errors_of_their_kind(self):
        kinds = {401: Unauthenticated, 403: Denied, 429: RateLimited, 408: Timeout, 504: Timeout, 500: Unavailable}
        for status, kind in {**kinds, 204: Malformed, 302: Malformed, 404: Malformed, 418: Malformed}.items():
            self.assertIs(type(reply(status).error()), kind, status)

    def test_a_wait_is_read_in_seconds_and_a_date_is_not_guessed_at(self):
        none = ["", "-1", "1.5", "Sun, 22 Nov 2026 10:28:15 GMT", "9" * 20]
        for value, seconds in {"7": 7, " 7 ": 7, **dict.fromkeys(none)}.items():
            self.assertEqual(reply(429, headers={"Retry-After": value}).retry_after, seconds, value)

    def test_an_error_about_json_does_not_show_it(self):
        for body in (f'{{"value": "{CANARY}"', CANARY.encode() + b"\xff", "[" * 100_000):
            with self.assertRaises(Malformed) as caught:
                reply(200, body).json()
            self.assertNotIn(CANARY, str(caught.exception))

    def test_headers_are_found_in_any_case_and_repeat_in_one(self):
        headers = http.Headers([("X-A", "1"), ("x-a", "2")])
        self.assertEqual((headers["X-a"], "x-A" in headers, headers.get("y")), ("1, 2", True, None))

    def test_a_json_body_brings_its_content_type(self):
        with MockHost(replies=[reply(200)] * 2) as host:
            http.post("http://a/x", json={"é": 1})
            http.put("http://a/x", body="text", headers={"x-a": "b"})
        self.assertEqual(json.loads(host.requests[0].body or b""), {"é": 1})
        self.assertEqual(host.requests[0].headers, {"content-type": "application/json"})
        self.assertEqual((host.requests[1].body, host.requests[1].headers), (b"text", {"x-a": "b"}))

    def test_every_method_sends_its_own(self):
        methods = [http.get, http.head, http.post, http.put, http.patch, http.delete, http.list]
        with MockHost(replies=[reply(200)] * len(methods)) as host:
            for method in methods:
                method("http://a/x")
        sent = [request.method for request in host.requests]
        self.assertEqual(sent, ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "LIST"])

    def test_a_script_without_a_reply_is_a_mistake_of_the_test(self):
        with MockHost() as host:
            self.assertRaises(Misuse, host.read, reading(lambda _: http.get("http://a").body), "KEY")

    def test_nothing_of_the_runtime_is_there_outside_of_a_call(self):
        self.assertRaises(RuntimeError, config.get, "address")

    def test_no_value_is_in_a_repr(self):
        shown = [
            Secret(CANARY, metadata={"k": CANARY}),
            NewSecret("KEY", CANARY.encode(), description=CANARY, tags={"a": CANARY}),
            http.Request("GET", "http://a", {"x": CANARY}, CANARY.encode()),
            reply(200, CANARY, headers={"x": CANARY}),
            storage.Blob(CANARY.encode()),
            Entry("KEY", metadata={"k": CANARY}),
        ]
        self.assertNotIn(CANARY, repr(shown))


class UrlTest(unittest.TestCase):
    def test_nothing_leaves_its_place(self):
        made = url("http://a:8200/", "b/c", "%2F?#é", query={"q": "x&y=z +", "none": None, "n": 3})
        self.assertEqual(made, "http://a:8200/b%2Fc/%252F%3F%23%C3%A9?q=x%26y%3Dz%20%2B&n=3")

    def test_folders_are_segments(self):
        self.assertEqual(url("http://a", *path("/team//a b/")), "http://a/team/a%20b")


class HostTest(unittest.TestCase):
    def test_settings_are_there_or_missed(self):
        with MockHost(config={"a": "1"}):
            self.assertEqual((config.get("a"), config.get("b"), config.get("b", "2")), ("1", None, "2"))
            self.assertRaises(Other, config.require, "b")

    def test_time_passes_by_sleeping(self):
        with MockHost(now=datetime(2030, 1, 1, tzinfo=timezone.utc)):
            clock.sleep(1.5)
            self.assertEqual(clock.now(), datetime(2030, 1, 1, 0, 0, 1, 500_000, tzinfo=timezone.utc))
            self.assertEqual(clock.timestamp(), 1_893_456_001_500)

    def test_random_bytes_come_in_any_number(self):
        with MockHost():
            self.assertEqual([len(chance.token_bytes(n)) for n in (0, 1, 200_000)], [0, 1, 200_000])

    def test_lines_have_levels(self):
        with MockHost() as host:
            log.warning("%s of %d", "one", 2)
            log.debug("100%")
        self.assertEqual(host.lines, [("warn", "one of 2"), ("debug", "100%")])

    def test_python_s_logging_goes_to_the_runtime_within_a_call_alone(self):
        logger = logging.Logger("test")
        logger.addHandler(log.Handler())
        logger.warning("nobody hears this")
        with MockHost() as host:
            logger.error("%s", "heard")
            logger.debug("too")
        self.assertEqual(host.lines, [("error", "heard"), ("debug", "too")])


class AsyncTest(unittest.TestCase):
    def read(self, function):
        class Backend:
            async def read(self, name, version, options):
                return await function()

        with MockHost(now=datetime(2030, 1, 1, tzinfo=timezone.utc)) as host:
            return host.read(Backend, "KEY").value, host.now() - 1_893_456_000_000

    def test_tasks_run_side_by_side_on_the_runtime_s_clock(self):
        async def wait(seconds):
            await asyncio.sleep(seconds)
            return str(seconds)

        async def all_of_them():
            return ",".join(await asyncio.gather(wait(2), wait(60), wait(1)))

        value, passed = self.read(all_of_them)
        self.assertEqual(value, b"2,60,1")
        self.assertTrue(60_000 <= passed <= 60_010, passed)

    def test_giving_up_after_a_while_works(self):
        async def give_up():
            try:
                await asyncio.wait_for(asyncio.sleep(3600), 5)
            except asyncio.TimeoutError:
                return "gave up"

        value, passed = self.read(give_up)
        self.assertEqual(value, b"gave up")
        self.assertTrue(5_000 <= passed <= 5_010, passed)

    def test_what_would_go_into_a_thread_runs_here(self):
        async def threaded():
            return await asyncio.to_thread(lambda: "done")

        self.assertEqual(self.read(threaded)[0], b"done")

    def test_waiting_for_what_cannot_happen_is_a_failure(self):
        async def forever():
            await asyncio.Event().wait()

        self.assertRaises(Other, self.read, forever)


if __name__ == "__main__":
    unittest.main()
