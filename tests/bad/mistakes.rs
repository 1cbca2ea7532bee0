//! Backends of careless authors, in every language: each mistake is an error that says what it was, and the value that
//! was at hand is told to nobody but the author who asks for the log.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use secret_runtime::{Allocation, Backend, Component, Kind, Runtime};
use test_support::{Reply, Upstream, layout};

use super::canary::{SECRET, assert_hidden, clean};
use crate::common::{Home, Outcome, attack::TOKEN, block_on, cli::shared_cache, library};

/// A language, an act, the exit code and what is said.
type Mistake = (&'static str, &'static str, i32, &'static str);

/// What the contract's own limits stop, whatever the language.
const MEMORY: &str = "the component was stopped: it asked for more than 64 MiB of memory";

const MISTAKES: [Mistake; 39] = [
    ("python", "raise", 1, "from the backend: ValueError at app.py:53 in raises"),
    ("python", "raise-from", 1, "from the backend: KeyError at app.py:60 in raises_from"),
    ("python", "init", 1, "from the backend: RuntimeError at app.py:23 in __init__"),
    ("python", "recurse", 1, "from the backend: RecursionError at app.py"),
    ("python", "recurse-without-limit", 7, MEMORY),
    ("python", "fill-memory", 7, MEMORY),
    ("python", "number", 1, "`read` must not answer with int"),
    ("python", "mapping", 1, "`read` must not answer with dict"),
    ("python", "thread", 4, "a backend has no threads"),
    ("python", "socket", 4, "a backend has no sockets: send requests with secret_runtime_guest.http"),
    ("python", "host", 4, "a backend has no sockets"),
    ("python", "missing-module", 1, "the module no_such_module is not in the component"),
    ("python", "native-code", 1, "the module ctypes is not in the component"),
    ("python", "await-for-ever", 1, "the backend awaits something that can't happen"),
    ("python", "exit", 1, "SystemExit at app.py"),
    ("python", "exit-at-once", 7, "the component ended itself with status 1 in the middle of a call"),
    ("python", "interrupt", 1, "KeyboardInterrupt at app.py"),
    ("js", "throw", 1, "from the backend: TypeError at backend.js:43:"),
    ("js", "throw-text", 1, "something of type string was thrown"),
    ("js", "throw-object", 1, "something of type object was thrown"),
    ("js", "throw-null", 1, "something of type object was thrown"),
    ("js", "throw-nothing", 1, "something of type undefined was thrown"),
    ("js", "missing-function", 1, "ReferenceError at backend.js"),
    ("js", "recurse", 7, "its recursion used up the stack"),
    ("js", "fill-memory", 7, MEMORY),
    ("js", "number", 1, "`read` answered something of type number"),
    ("js", "object", 1, "a value is bytes or text, not of type object"),
    ("js", "promise", 1, "`read` is asynchronous, and nothing here waits for promises"),
    ("js", "async", 1, "`read` is asynchronous, and nothing here waits for promises"),
    ("c", "far", 7, "the component trapped: wasm trap: out of bounds memory access"),
    ("c", "wild-answer", 7, "the component broke the contract: list pointer/length out of bounds of memory"),
    ("c", "not-text", 7, "the component broke the contract: invalid utf-8"),
    // The stack lies below everything else, so one that overflows leaves the memory.
    ("c", "recurse", 7, "the component trapped: wasm trap: out of bounds memory access"),
    ("c", "divide", 7, "the component trapped: wasm trap: integer divide by zero"),
    ("c", "fill-memory", 7, MEMORY),
    ("rust", "unwrap", 7, "the component trapped: wasm trap: wasm `unreachable` instruction executed"),
    ("rust", "index", 7, "the component trapped: wasm trap: wasm `unreachable` instruction executed"),
    ("rust", "recurse", 7, "its recursion used up the stack"),
    ("rust", "fill-memory", 7, MEMORY),
];

/// A server whose only value is the canary.
fn keeper() -> Upstream {
    Upstream::start(|_| Reply::new(200, SECRET)).unwrap()
}

/// `runtime … get KEY` with the careless backend in this language.
#[track_caller]
fn get(home: &Home, server: &Upstream, (language, act): (&str, &str), options: &[&str]) -> Outcome {
    let run = home.runtime(["--trust", "--audit", "audit.jsonl", "--backend"]).arg(component(language));
    let run = run.args(["--set", &format!("act={act}")]).args(options).args(["get", "KEY"]);
    run.env("MISTAKES_ADDR", server.address()).env("MISTAKES_TOKEN", TOKEN).run().never_shows(TOKEN)
}

fn component(language: &str) -> PathBuf {
    layout::hostile().join(format!("mistakes-{language}.wasm"))
}

/// The same backend in the library, which finds what the command has compiled.
fn load(server: &Upstream, language: &str, act: &str) -> Backend {
    let runtime = Runtime::builder().allocation(Allocation::OnDemand).code_cache(shared_cache().join("secret-runtime"));
    let environment = BTreeMap::from([("MISTAKES_TOKEN".to_owned(), TOKEN.to_owned())]);
    let builder = runtime.build().unwrap().backend(Component::from_file(component(language)).unwrap());
    let builder = builder.environment(Arc::new(environment)).set("address", server.address()).set("act", act);
    library::load(builder).unwrap()
}

#[test]
fn each_is_an_error_of_its_kind_that_says_what_it_was_and_not_the_value() {
    let server = keeper();
    for (language, act, code, words) in MISTAKES {
        let home = Home::new();
        let outcome = get(&home, &server, (language, act), &[]).prints("").never_shows(SECRET);
        assert_eq!(outcome.status.code(), Some(code), "{language}: {act}\n{outcome:?}");
        outcome.says(&[words]);
        let audit = fs::read_to_string(home.find("audit.jsonl")).unwrap();
        assert_eq!(audit.lines().count(), 1, "{audit}");
        clean(&home, &[SECRET, TOKEN]);
    }
}

#[test]
fn the_error_of_the_library_does_not_hold_the_value_either() {
    let server = keeper();
    for (language, act, _, words) in MISTAKES {
        let error = library::failure(&load(&server, language, act), "KEY");
        assert!(!matches!(error.kind(), Kind::NotFound | Kind::Refused), "{language}: {act}: {error}");
        let told = format!("{error}\nfrom the backend: {}", error.guest_message().unwrap_or_default());
        assert!(told.contains(words), "{language}: {act}: {told}");
        assert_hidden(&error, &[SECRET, TOKEN]);
    }
}

#[test]
fn a_failure_that_nobody_explained_is_not_taken_for_no_such_secret() {
    let outcome = get(&Home::new(), &keeper(), ("c", "forgotten-error"), &[]);
    outcome.exits(1).prints("").says(&["the backend failed and did not say why"]);
}

#[test]
fn a_loop_is_stopped_when_time_is_over() {
    let server = keeper();
    for language in ["python", "js", "c", "rust"] {
        let outcome = get(&Home::new(), &server, (language, "loop"), &["--timeout", "3s"]);
        outcome.blames_the_component(&["the component was still computing when time ran out"]);
    }
}

#[test]
fn a_value_that_is_printed_or_logged_is_for_those_who_ask_for_the_log() {
    let server = keeper();
    for (language, act, printed) in [
        ("python", "print", "printed"),
        ("python", "log", "logged"),
        ("js", "print", "printed"),
        ("js", "log", "logged"),
        ("c", "log", SECRET),
        ("rust", "log", SECRET),
    ] {
        let home = Home::new();
        let quiet = get(&home, &server, (language, act), &[]).exits(0).prints(printed);
        assert!(!quiet.stderr.contains(SECRET), "{quiet:?}");
        clean(&home, &[SECRET]);
        let heard = get(&home, &server, (language, act), &["-v"]).exits(0).prints(printed);
        let lines: Vec<_> = heard.stderr.lines().filter(|line| line.contains(SECRET)).collect();
        assert!(!lines.is_empty() && lines.iter().all(|line| line.starts_with("  the backend logs: ")), "{heard:?}");
        clean(&home, &[SECRET]);
    }
}

#[test]
fn nothing_that_is_kept_in_a_module_or_an_object_outlives_a_call() {
    let server = keeper();
    for (language, counted) in [("python", "1 1"), ("js", "1"), ("c", "1"), ("rust", "1")] {
        let backend = load(&server, language, "count");
        for _ in 0..3 {
            let answer = block_on(backend.get("KEY")).unwrap();
            assert_eq!(answer.secret.expose(), counted.as_bytes(), "{language}");
        }
    }
}

#[test]
fn what_a_small_overflow_spoils_is_gone_with_the_call() {
    let server = keeper();
    // Nothing stops a write within the memory: the answer is spoiled by it.
    let spoiled = get(&Home::new(), &server, ("c", "overflow"), &[]).exits(0);
    assert_ne!(spoiled.stdout, b"what lies beside it");
    let backend = load(&server, "c", "overflow");
    for _ in 0..3 {
        assert_eq!(block_on(backend.get("KEY")).unwrap().secret.expose(), spoiled.stdout);
    }
}

#[test]
fn waiting_and_tasks_that_nobody_waits_for_end_with_the_call() {
    let server = keeper();
    for act in ["sleep", "forgotten-task"] {
        get(&Home::new(), &server, ("python", act), &["--timeout", "20s"]).exits(0).prints(SECRET);
    }
}

#[test]
fn an_author_is_shown_where_it_happened() {
    let server = keeper();
    for (language, act, code, lines) in [
        (
            "python",
            "raise-from",
            1,
            &[
                "  the backend logs:   app.py, line 53, in raises\n",
                "  the backend logs: ValueError\n",
                "  the backend logs:   app.py, line 60, in raises_from\n",
                "  the backend logs: KeyError\n",
            ][..],
        ),
        (
            "js",
            "throw",
            1,
            &["  the backend logs:   at throws (/backend.js:43:", "  the backend logs:   at read (/backend.js:10:"],
        ),
        ("c", "far", 7, &["   0: write_far_out\n", "   1: backend_read\n"]),
        ("c", "recurse", 7, &["   0: recurse\n", "  31: recurse\n"]),
        (
            "rust",
            "unwrap",
            7,
            &[
                "  the backend logs: panicked at src/lib.rs:38:",
                "  the backend logs: called `Result::unwrap()` on an `Err` value: \"canary",
                ": mistakes_rust::unwraps\n",
            ],
        ),
    ] {
        let outcome = get(&Home::new(), &server, (language, act), &["--trace"]).exits(code).prints("");
        outcome.says(&["/secret/KEY -> 200", "by request rule 1: GET /secret/{name}"]).says(lines);
    }
}
