"""Tests of the backend without the runtime: `python3 -m unittest` in this folder."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "sdk"))

from app import MyBackend
from secret_runtime_guest import (
    Denied,
    Error,
    Malformed,
    NotFound,
    RateLimited,
    Timeout,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from secret_runtime_guest.mock import MockHost, reply

CONFIG = {"address": "http://server.example/"}


class ReadTest(unittest.TestCase):
    def test_the_body_is_the_value_to_the_last_byte(self):
        with MockHost(config=CONFIG, replies=[reply(200, b"\x00\xff\n")]) as host:
            self.assertEqual(host.read(MyBackend, "KEY").value, b"\x00\xff\n")

    def test_the_whole_name_is_one_segment_of_the_path(self):
        with MockHost(config=CONFIG, replies=[reply(200)]) as host:
            host.read(MyBackend, "team/a b?#%ü")
        asked = [(request.method, request.url) for request in host.requests]
        self.assertEqual(asked, [("GET", "http://server.example/secret/team%2Fa%20b%3F%23%25%C3%BC")])

    def test_a_version_is_unsupported_and_nothing_is_sent(self):
        with MockHost(config=CONFIG) as host:
            self.assertRaises(Unsupported, host.read, MyBackend, "KEY", "3")
        self.assertEqual(host.requests, [])

    def test_every_status_is_the_error_it_means(self):
        cases = [(404, NotFound), (401, Unauthenticated), (403, Denied), (429, RateLimited), (500, Unavailable)]
        for status, error in [*cases, (503, Unavailable), (204, Malformed), (302, Malformed), (418, Malformed)]:
            with self.subTest(status=status), MockHost(config=CONFIG, replies=[reply(status)]) as host:
                self.assertRaises(error, host.read, MyBackend, "KEY")

    def test_the_seconds_to_wait_are_told(self):
        with MockHost(config=CONFIG, replies=[reply(429, headers={"Retry-After": "7"})]) as host:
            with self.assertRaises(RateLimited) as caught:
                host.read(MyBackend, "KEY")
        self.assertEqual(caught.exception.seconds, 7)

    def test_no_reply_is_a_failure_and_never_absent(self):
        for failure in (Timeout(), Unavailable("no reply")):
            with self.subTest(failure=failure), MockHost(config=CONFIG, replies=[failure]) as host:
                with self.assertRaises(Error) as caught:
                    host.read(MyBackend, "KEY")
                self.assertIs(type(caught.exception), type(failure))


if __name__ == "__main__":
    unittest.main()
