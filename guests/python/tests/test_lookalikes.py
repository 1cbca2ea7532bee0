"""What the lookalikes do differently from the real libraries, and on purpose."""

import unittest

import paths  # noqa: F401
from secret_runtime_guest import Timeout, Unavailable, Unsupported
from secret_runtime_guest.config import CREDENTIAL_PLACEHOLDER
from secret_runtime_guest.http import Refused
from secret_runtime_guest.mock import MockHost, reply

import httpx
import hvac
import requests


class LookalikesTest(unittest.TestCase):
    def test_failures_have_the_names_of_each_library(self):
        cases = [
            (Timeout(), requests.exceptions.Timeout, httpx.TimeoutException),
            (Unavailable("reset"), requests.ConnectionError, httpx.ConnectError),
            (Refused("no rule"), requests.RequestException, httpx.RequestError),
        ]
        for failure, of_requests, of_httpx in cases:
            with MockHost(replies=[failure, failure, failure]):
                self.assertRaises(of_requests, requests.get, "http://a/x")
                self.assertRaises(of_httpx, httpx.get, "http://a/x")
                self.assertRaises(of_requests, hvac.Client("http://a").read, "x")

    def test_headers_about_carrying_a_message_are_the_runtime_s(self):
        headers = {"User-Agent": "x", "Host": "y", "Accept-Encoding": "gzip", "Connection": "close", "X-Mine": "1"}
        with MockHost(replies=[reply(200)] * 2) as host:
            requests.get("http://a/x", headers=headers)
            httpx.get("http://a/x", headers=headers)
        self.assertEqual([dict(request.headers) for request in host.requests], [{"accept": "*/*", "x-mine": "1"}] * 2)

    def test_a_placeholder_for_a_password_stands_for_the_whole_login(self):
        login = ("user", CREDENTIAL_PLACEHOLDER)
        with MockHost(replies=[reply(200)] * 2) as host:
            requests.get("http://a/x", auth=login)
            httpx.get("http://a/x", auth=login)
        sent = {request.headers["authorization"] for request in host.requests}
        self.assertEqual(sent, {f"Basic {CREDENTIAL_PLACEHOLDER}"})

    def test_redirects_are_not_followed(self):
        moved = reply(302, headers={"Location": "http://b/"})
        with MockHost(replies=[moved, moved]) as host:
            self.assertEqual(requests.get("http://a/x").status_code, 302)
            self.assertRaises(httpx.HTTPStatusError, httpx.get("http://a/x", follow_redirects=True).raise_for_status)
        self.assertEqual(len(host.requests), 2)

    def test_what_they_do_not_have_is_said(self):
        client = hvac.Client("http://a")
        with MockHost():
            for attempt in (
                lambda: requests.post("http://a/x", files={"a": b"b"}),
                lambda: requests.get("http://a/x", cookies={"a": "b"}),
                lambda: httpx.post("http://a/x", files={"a": b"b"}),
                lambda: requests.get("http://user:pass@a/x"),
                lambda: httpx.Client().stream("GET", "http://a/x"),
                lambda: client.auth.approle.login("role"),
                lambda: client.secrets.transit,
                lambda: requests.packages,
            ):
                self.assertRaises(Unsupported, attempt)

    def test_they_can_be_asked_what_they_have(self):
        self.assertFalse(hasattr(hvac.Client("http://a"), "auth"))
        self.assertFalse(hasattr(httpx, "stream"))


if __name__ == "__main__":
    unittest.main()
