"""What an author is told when the build of the template fails."""

import importlib.util
import unittest

from paths import PYTHON

spec = importlib.util.spec_from_file_location("template_build", PYTHON / "template" / "build.py")
build = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build)


def said(reason: str, cause: str) -> str:
    """What componentize-py says when a module can't be loaded."""
    return f"""Traceback (most recent call last):
  File "/home/author/keeper/.venv/bin/componentize-py", line 8, in <module>
    sys.exit(script())
             ^^^^^^^^
AssertionError: {reason}


Caused by:
    {cause}
"""


class WhyTest(unittest.TestCase):
    def test_the_reason_is_told_once_and_with_the_authors_own_files(self):
        cause = "TypeError: Keeper has no method `read`"
        reason = f"""Traceback (most recent call last):
  File "/0/app.py", line 2, in <module>
    @export
  File "/1/secret_runtime_guest/export.py", line 30, in export
  File "/2/requests/__init__.py", line 7, in <module>
{cause}"""
        (told,) = build.why(said(reason, cause))
        self.assertEqual(told.count(cause), 1)
        for place in ('"app.py"', '"sdk/secret_runtime_guest/export.py"', '"sdk/lookalikes/requests/__init__.py"'):
            self.assertIn(f"File {place}, line", told)
        self.assertNotIn("componentize-py", told)

    def test_a_module_without_a_backend_is_told_what_it_lacks(self):
        cause = "AttributeError: module 'app' has no attribute 'Read'"
        (told,) = build.why(said(cause, cause))
        self.assertIn("`@export`", told)

    def test_a_missing_module_has_a_way_to_get_it(self):
        cause = "ModuleNotFoundError: No module named 'yaml'"
        *told, way = build.why(said(cause, cause))
        self.assertEqual(told, [cause])
        self.assertIn("pip install", way)

    def test_a_cause_that_says_more_is_told_too(self):
        (told,) = build.why(said("failed to parse WIT for path [wit]", "expected `world`\n   --> wit/world.wit:14:1"))
        self.assertIn("failed to parse WIT", told)
        self.assertIn("wit/world.wit:14:1", told)

    def test_whatever_else_it_says_is_told_whole(self):
        self.assertEqual(build.why("Error: wit/world.wit:3: expected `{`\n"), ["Error: wit/world.wit:3: expected `{`"])


if __name__ == "__main__":
    unittest.main()
