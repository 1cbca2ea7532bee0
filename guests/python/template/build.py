#!/usr/bin/env python3
"""Builds the component: `python3 build.py` in this folder.

It needs Python 3.10 or newer with `venv`, the network for the first build, and the program `runtime`.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

COMPONENTIZE = "0.25.1"
HERE = Path(__file__).resolve().parent
# Where modules are looked for: the author's own count first, then the SDK's, then what was installed into .venv.
FOLDERS = (".", "sdk", "sdk/lookalikes")
VENV = HERE / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")


def main() -> None:
    runtime = check()
    name = name_in_manifest()
    install()
    (HERE / "build").mkdir(exist_ok=True)
    unpacked, packed = HERE / "build" / "unpacked.wasm", HERE / f"{name}.wasm"
    print("building: about half a minute", flush=True)
    command = [BIN / "componentize-py", "--quiet", "--wit-path", "wit", "--world", "backend", "componentize"]
    command += [part for folder in FOLDERS for part in ("-p", folder)] + ["--output", unpacked, "app"]
    done = called(command, stderr=subprocess.PIPE, encoding="utf-8", errors="replace")
    if done.returncode:
        stop(*why(done.stderr), "app.py could not be made a component.")
    sys.stderr.write(done.stderr)
    run([runtime, "pack", unpacked, "--manifest", "backend.toml", "-o", packed], "backend.toml could not be packed.")
    print(f"{packed.name}: {packed.stat().st_size / 1e6:.1f} MB")


def check() -> str:
    """Fails early, in one line, if anything is missing. Answers the program that packs."""
    if sys.version_info < (3, 10):
        stop(f"Python {sys.version.split()[0]} is too old: run build.py with Python 3.10 or newer.")
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            stop(f"This Python has no `{module}`: install it (Debian, Ubuntu: apt install python3-venv).")
    for part in ("app.py", "backend.toml", "wit/world.wit", "wit/deps", "sdk/secret_runtime_guest"):
        if not (HERE / part).exists():
            stop(f"{part} is missing: `runtime new NAME --lang python` writes a whole folder.")
    runtime = os.environ.get("RUNTIME") or shutil.which("runtime")
    if runtime is None or shutil.which(runtime) is None:
        stop("The program `runtime` is not on PATH: install it, or name it by the variable RUNTIME.")
    return os.path.abspath(shutil.which(runtime))


def name_in_manifest() -> str:
    found = re.search(r'^name *= *"([a-z0-9-]+)"', (HERE / "backend.toml").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        stop("backend.toml has no name.")
    return found[1]


def install() -> None:
    """Puts componentize-py into .venv, once."""
    if (VENV / f"has-{COMPONENTIZE}").exists():
        return
    print(f"installing componentize-py {COMPONENTIZE} into .venv", flush=True)
    run([sys.executable, "-m", "venv", "--clear", VENV], "A virtual environment could not be made in .venv.")
    pip = [BIN / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run([*pip, f"componentize-py=={COMPONENTIZE}"], "componentize-py could not be installed: is there a network?")
    (VENV / f"has-{COMPONENTIZE}").touch()


def why(said: str) -> list[str]:
    """What the author can use of what componentize-py said when it failed: without its own places, once, and with a
    hint where there is one."""
    told, _, cause = said.split("AssertionError: ", 1)[-1].partition("\n\nCaused by:")
    # A cause that is an exception stands above already, with its traceback.
    told = (told if cause.strip().split(":")[0] in told else told + cause).strip("\n")
    for place, folder in enumerate(FOLDERS):
        told = told.replace(f'File "/{place}/', f'File "{folder}/'.replace("./", ""))
    lines = [told]
    if "module 'app' has no attribute" in told:
        lines = ["app.py exports nothing: write `@export` before its class, or adapt one that you have."]
    elif "ModuleNotFoundError" in told:
        lines.append("A module has to be pure Python: .venv/bin/pip install NAME, or put it beside app.py.")
    return lines


def run(command: list, *failed: str) -> None:
    if called(command).returncode:
        stop(*failed)


def called(command: list, **how) -> subprocess.CompletedProcess:
    # What componentize-py finds beside the folders it is told of is what is installed in .venv, and nothing else. An
    # author has no use for the places in its own code where it failed.
    environment = {**os.environ, "VIRTUAL_ENV": str(VENV), "RUST_BACKTRACE": "0"}
    return subprocess.run([str(part) for part in command], cwd=HERE, env=environment, **how)


def stop(*lines: str) -> None:
    sys.exit("\n".join(lines))


if __name__ == "__main__":
    main()
