"""Generates sdk/bindings from the contract: `python3 generate.py`, after every change to wit/.

One set of bindings serves every backend, whatever it can do: the functions that export a capability lie between
`#ifdef` and `#endif`, and its types are in an object of their own. So a component exports exactly what its author names.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
WIT = HERE.parent.parent / "wit"
BINDINGS = HERE / "sdk" / "bindings"
INSTALL = "cargo install wit-bindgen-cli --version 0.63.0 --locked --no-default-features --features c"

# The word of the manifest for each capability, and the interface that it exports.
CAPABILITIES = {
    "read": "read",
    "exists": "exists",
    "list": "listing",
    "write": "write",
    "delete": "delete",
    "check": "check",
}


def main() -> None:
    BINDINGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        code = generate(Path(scratch), "backend-host", "--rename-world", "secret-runtime")
        (BINDINGS / "secret_runtime.h").write_bytes((code / "secret_runtime.h").read_bytes())
        (BINDINGS / "secret_runtime.c").write_text(selectable((code / "secret_runtime.c").read_text()))
        for name, world in [("imports", "imports")] + [(word, f"with-{of}") for word, of in CAPABILITIES.items()]:
            types = generate(Path(scratch), world) / f"{world.replace('-', '_')}_component_type.o"
            (BINDINGS / f"{name}.o").write_bytes(types.read_bytes())


def generate(scratch: Path, world: str, *options: str) -> Path:
    folder = scratch / world
    try:
        subprocess.run(
            ["wit-bindgen", "c", WIT, "--world", world, "--out-dir", folder, *options],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        sys.exit(f"wit-bindgen is missing: {INSTALL}")
    return folder


def selectable(code: str) -> str:
    """Puts every exported function under the condition that its capability is asked for."""
    # The types are linked by who chooses the capabilities.
    code, _, _ = code.partition("\n// Ensure that the *_component_type.o object is linked in\n")
    for word, interface in CAPABILITIES.items():
        attribute = rf'__attribute__\(\((?:__weak__, )?__export_name__\("[^"]*backend/{interface}@'
        exported = re.compile(rf"^{attribute}.*?^}}$", re.DOTALL | re.MULTILINE)
        code, found = exported.subn(lambda function: guarded(word, function[0]), code)
        if found != 2:
            sys.exit(f"the bindings of {interface} are not what this script knows: {found} exports, not 2")
    return code


def guarded(word: str, function: str) -> str:
    return f"#ifdef SECRET_RUNTIME_{word.upper()}\n{function}\n#endif"


if __name__ == "__main__":
    main()
