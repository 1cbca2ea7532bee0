"""Modules that are imported late are imported while a component is built."""

import sys
import tempfile
import unittest
from pathlib import Path

import paths  # noqa: F401
from secret_runtime_guest import preload


class PreloadTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        sys.path.insert(0, folder.name)
        self.addCleanup(sys.path.remove, folder.name)
        self.before = set(sys.modules)
        self.addCleanup(lambda: [sys.modules.pop(name) for name in set(sys.modules) - self.before])

    def write(self, **sources):
        for name, source in sources.items():
            file = self.folder / (name.replace("__", "/") + ".py")
            file.parent.mkdir(exist_ok=True)
            file.write_text(source)

    def test_imports_within_functions_are_followed_from_module_to_module(self):
        self.write(
            first_module="def f():\n    import second_module\n",
            second_module="class C:\n    def m(self):\n        from a_package import part, value\n",
            a_package__part="",
            a_package__other="",
        )
        (self.folder / "a_package" / "__init__.py").write_text("value = 1\ndef f():\n    from . import other\n")
        __import__("first_module")
        preload.preload()
        for name in ("second_module", "a_package", "a_package.part", "a_package.other"):
            self.assertIn(name, sys.modules)

    def test_what_cannot_be_imported_is_left_for_the_code_that_asks(self):
        self.write(first_module="def f():\n    import is_not_there\n    import fails\n", fails="raise ValueError\n")
        __import__("first_module")
        preload.preload()
        self.assertNotIn("fails", sys.modules)


if __name__ == "__main__":
    unittest.main()
