"""Builds the backend: `python3 build.py` makes my-backend.wasm, `python3 build.py test` runs the unit tests natively."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

# What the backend can do, in the words of backend.toml. For each of them it defines the function that
# sdk/secret_runtime_guest.h declares: `backend_read` for `read`.
CAPABILITIES = ["read"]
SOURCES = ["backend.c"]

# The version of the Python package that brings a C compiler for wasm, and for this machine.
ZIG = "0.16.0"
WARNINGS = ["-std=c17", "-Wall", "-Wextra"]

KNOWN = ["read", "exists", "list", "write", "delete", "check"]
HERE = Path(__file__).resolve().parent
BUILD = HERE / "build"
PYTHON = HERE / ".venv" / "bin" / "python"


def main() -> None:
    os.chdir(HERE)
    BUILD.mkdir(exist_ok=True)
    unknown = [capability for capability in CAPABILITIES if capability not in KNOWN]
    if unknown or "read" not in CAPABILITIES:
        sys.exit(f"CAPABILITIES in build.py has `read` and any of {', '.join(KNOWN[1:])}; it is {CAPABILITIES}")
    if not Path("sdk/secret_runtime_guest.h").exists():
        sys.exit("sdk/ is missing: `runtime new NAME --lang c` writes a whole folder")
    if sys.argv[1:] == ["test"]:
        test()
    elif sys.argv[1:]:
        sys.exit("usage: python3 build.py [test]")
    else:
        build()


def build() -> None:
    # What has to be installed by hand is named before anything is downloaded.
    rust = rust_tools()
    runtime = os.environ.get("RUNTIME", "runtime")
    if not shutil.which(runtime):
        sys.exit(f"`{runtime}` is missing: put secret-runtime's command on PATH or name it in the variable RUNTIME")

    sdk = ["sdk/secret_runtime_guest.c", "sdk/exports.c", "sdk/libc.c", "sdk/bindings/secret_runtime.c"]
    objects = [compiled(source) for source in SOURCES + sdk]
    types = [f"sdk/bindings/{name}.o" for name in ["imports", *CAPABILITIES]]
    component = BUILD / "component.wasm"
    run(
        [rust / "wasm-component-ld", "--wasm-ld-path", rust / "gcc-ld" / "wasm-ld"]
        # With the stack first, one that overflows traps.
        + ["--no-entry", "--gc-sections", "--stack-first", "--strip-debug", "-o", component, *objects, *types]
    )
    run([runtime, "pack", component, "--manifest", "backend.toml", "-o", "my-backend.wasm"])
    print(f"my-backend.wasm: {os.path.getsize('my-backend.wasm')} bytes")


def compiled(source: str) -> Path:
    object_file = BUILD / source.replace("/", "-").replace(".c", ".o")
    exports = [f"-DSECRET_RUNTIME_{capability.upper()}" for capability in CAPABILITIES]
    run([*zig(), "--target=wasm32-wasi", "-Oz", "-ffreestanding", *WARNINGS, *exports, "-c", source, "-o", object_file])
    return object_file


def test() -> None:
    # The machine's own compiler, where there is one, finds writes out of bounds; Zig's finds undefined behaviour alone.
    own = shutil.which(os.environ.get("CC", "cc"))
    compiler, checks = ([own], "address,undefined") if own else (zig(), "undefined")
    program = BUILD / "test"
    sources = ["test_backend.c", *SOURCES, "sdk/secret_runtime_guest.c", "sdk/mock_host.c"]
    run([*compiler, "-g", f"-fsanitize={checks}", "-fno-sanitize-recover=all", *WARNINGS, *sources, "-o", program])
    # Nothing is ever freed, so leaks say nothing.
    run([program], ASAN_OPTIONS="detect_leaks=0")


def zig() -> list:
    """The C compiler, in an environment of its own."""
    if not any(HERE.glob(f".venv/lib/*/site-packages/ziglang-{ZIG}.dist-info")):
        if not importlib.util.find_spec("ensurepip"):
            sys.exit("Python's venv is missing: on Debian and Ubuntu, apt-get install python3-venv")
        run([sys.executable, "-m", "venv", ".venv"])
        run([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"ziglang=={ZIG}"])
    return [PYTHON, "-m", "ziglang", "cc"]


def rust_tools() -> Path:
    """Where Rust keeps the linker that makes components."""

    def ask(what: str) -> str:
        return subprocess.run(["rustc", "--print", what], check=True, capture_output=True, text=True).stdout.strip()

    try:
        tools = Path(ask("sysroot")) / "lib" / "rustlib" / ask("host-tuple") / "bin"
    except (OSError, subprocess.CalledProcessError):
        tools = None
    if not tools or not (tools / "wasm-component-ld").exists():
        sys.exit("the linker for components is missing: it comes with Rust as rustup installs it (https://rustup.rs)")
    return tools


def run(command: list, **variables: str) -> None:
    caches = {"ZIG_GLOBAL_CACHE_DIR": str(BUILD / "cache"), "ZIG_LOCAL_CACHE_DIR": str(BUILD / "cache")}
    done = subprocess.run(command, env={**os.environ, **caches, **variables})
    if done.returncode:
        # The program said why, in the lines above.
        sys.exit(f"failed: {Path(command[0]).name} ended with status {done.returncode}")


if __name__ == "__main__":
    main()
