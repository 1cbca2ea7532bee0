"""The real libraries as the judges of their lookalikes: the same calls, the same requests, the same answers.

Skipped for a library that is not installed: `pip install requests httpx hvac==2.4.0`.
"""

import json
import subprocess
import sys
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent

CARRIED = {"host", "user-agent", "accept-encoding", "connection", "content-length", "transfer-encoding"}
"""Headers that are the business of whoever carries the message."""

BODIES = {
    "json": ("application/json", b'{"a": "\xc3\xa9"}'),
    "latin": ("text/plain; charset=iso-8859-1", b'"\xe9"'),
    "plain": ("text/plain", b'"\xc3\xa9"'),
    "binary": ("application/octet-stream", b"\x00\x01\x02"),
    "broken": ("application/json", b'{"a": '),
}


class Upstream(BaseHTTPRequestHandler):
    """Records each request and answers by its path."""

    def answer(self):
        length = int(self.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items() if name.lower() not in CARRIED}
        body = self.rfile.read(length)
        self.server.seen.append([self.command, self.path, headers, body.hex()])
        path = self.path.partition("?")[0]
        last = path.rsplit("/", 1)[-1]
        status, kind = 200, "application/json"
        content = json.dumps({"data": {"data": {"v": 1}, "metadata": {"version": 4}}})
        if "/status/" in path:
            status, content = int(last), json.dumps({"errors": [f"it is {last}"]})
        elif path.endswith("/data/deleted"):
            status, content = 404, json.dumps({"data": {"data": None, "metadata": {"deletion_time": "2030"}}})
        elif self.command in ("DELETE", "PUT") and path.startswith("/v1/"):
            status, content = 204, ""
        elif last in BODIES:
            kind, content = BODIES[last]
        content = b"" if status in (204, 304) else content if isinstance(content, bytes) else content.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_LIST = do_OPTIONS = answer

    def log_message(self, *_):
        pass


class JudgesTest(unittest.TestCase):
    def setUp(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
        self.server.seen = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def calls(self, which, library):
        self.server.seen = []
        address = f"http://127.0.0.1:{self.server.server_port}"
        done = subprocess.run(
            [sys.executable, str(HERE / "same_calls.py"), which, library, address], capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout), self.server.seen

    def judge(self, library):
        # Asked outside of this process, where the lookalikes may be on the path.
        if subprocess.run([sys.executable, "-c", f"import {library}"], capture_output=True).returncode:
            self.skipTest(f"{library} is not installed, so nothing judges its lookalike")
        expected, sent = self.calls("real", library)
        got, sent_by_ours = self.calls("lookalike", library)
        self.assertEqual(got.keys(), expected.keys())
        for call, answer in expected.items():
            with self.subTest(call):
                self.assertEqual(of_interest(got[call]), of_interest(answer))
        for theirs, ours in zip(sent, sent_by_ours):
            with self.subTest(theirs[:2]):
                self.assertEqual(ours, theirs)
        self.assertEqual(len(sent_by_ours), len(sent))

    def test_requests(self):
        self.judge("requests")

    def test_httpx(self):
        self.judge("httpx")

    def test_hvac(self):
        self.judge("hvac")


def of_interest(answer):
    """An error is caught by its class or by one above it: all the names have to be there that a caller may write."""
    if isinstance(answer, dict) and "raised" in answer:
        return {**answer, "raised": sorted(set(answer["raised"]) - {"CompatJSONDecodeError"})}
    return answer


if __name__ == "__main__":
    unittest.main()
