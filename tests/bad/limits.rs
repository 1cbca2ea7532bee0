//! Components that use up time, stack, memory or the host: stopped at the limit, and the runtime goes on.

use std::time::Duration;

use secret_runtime::{Allocation, Error, Kind, Limits, Runtime};
use test_support::{Reply, Upstream};

use crate::common::{Attack, Component, Home, block_on, library};

/// What the hostile backend does to itself, and what the runtime says to it.
const ACTS: [(&str, &str); 13] = [
    ("loop", "its code ran for more than 1 s"),
    ("recurse", "its recursion used up the stack"),
    ("grow-memory", "it asked for more than 64 MiB of memory"),
    ("panic", "the component trapped: wasm trap: wasm `unreachable` instruction executed"),
    ("unreachable", "the component trapped: wasm trap: wasm `unreachable` instruction executed"),
    ("storm", "it made more than 20000 calls to the host"),
    ("log-storm", "it made more than 20000 calls to the host"),
    ("random", "it asked for more than 65536 random bytes at once"),
    ("huge-value", "the component broke the contract"),
    ("huge-version", "the component broke the contract"),
    ("huge-metadata", "the component"),
    ("huge-error", "the component broke the contract"),
    ("huge-log", "the component broke the contract"),
];

#[track_caller]
fn assert_at_fault(error: &Error, words: &str) {
    assert_eq!(error.kind(), Kind::Component, "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn each_is_stopped_and_the_next_call_is_answered() {
    for allocation in [Allocation::OnDemand, Allocation::Pooled] {
        let runtime = Runtime::builder().allocation(allocation).build().unwrap();
        let builder = runtime.backend(Component::hostile().parse().unwrap());
        let limits = Limits { guest_time: Duration::from_secs(1), ..Limits::default() };
        let backend = library::load(builder.limits(limits)).unwrap();
        for (act, words) in ACTS {
            assert_at_fault(&library::failure(&backend, act), words);
            let answer = block_on(backend.get("KEY")).unwrap();
            assert_eq!(answer.secret.expose(), b"hostile, but well behaved", "after {act}");
        }
    }
}

#[test]
fn each_makes_the_command_exit_with_7() {
    for (act, words) in ACTS.iter().filter(|(act, _)| *act != "loop") {
        Attack::bare().set("act", act).get().blames_the_component(&[words]);
    }
}

#[test]
fn an_endless_loop_makes_the_command_exit_with_7() {
    let attack = Attack::bare().set("act", "loop").option("--timeout").option("1s");
    attack.get().blames_the_component(&["the component was still computing when time ran out"]);
}

#[test]
fn many_endless_loops_at_once_do_not_stop_others() {
    let limits = Limits { guest_time: Duration::from_millis(200), ..Limits::default() };
    let runtime = library::runtime();
    let backend = library::load(runtime.backend(Component::hostile().parse().unwrap()).limits(limits)).unwrap();
    // On one thread: a loop that did not yield would be the only one to run.
    block_on(async {
        let loops: Vec<_> = (0..8).map(|_| backend.get("loop")).collect();
        let all = async {
            for call in loops {
                assert_at_fault(&call.await.unwrap_err(), "its code ran for more than");
            }
        };
        let (answer, ()) = tokio::join!(backend.get("KEY"), all);
        assert_eq!(answer.unwrap().secret.expose(), b"hostile, but well behaved");
    });
}

#[test]
fn a_page_with_a_million_entries() {
    let list = Attack::bare().command(&Home::new(), &["list", "huge-list"]).run();
    list.blames_the_component(&["the component"]);
    // Small enough to cross the boundary, too long for a page.
    let list = Attack::bare().set("size", "10001").command(&Home::new(), &["list", "huge-list"]).run();
    list.blames_the_component(&["a page of more than 10000 entries"]);
}

#[test]
fn a_value_over_the_cap() {
    let attack = |size: usize| Attack::bare().set("act", "huge-value").set("size", &size.to_string()).get();
    attack((4 << 20) + 1).blames_the_component(&["the component returned a value of more than 4 MiB"]);
    attack(4 << 20).exits(0).prints(vec![b'v'; 4 << 20]);
}

#[test]
fn a_log_storm_leaves_few_lines() {
    let run = Attack::bare().set("act", "log-storm").option("-vvv").get();
    let lines = run.stderr.lines().filter(|line| line.contains("a line of the storm")).count();
    assert!(lines <= 200, "{lines} lines");
    run.exits(7);
}

/// Reading a hand-made component fails, through the binary and the library alike.
#[track_caller]
fn reading_fails(component: &Component, words: &str) {
    let home = Home::new();
    let path = component.save(&home, "bad.wasm");
    let run = home.runtime(["--trust", "--timeout", "2s", "--backend"]).arg(&path).args(["get", "KEY"]).run();
    run.blames_the_component(&[words]);
    let limits = Limits { guest_time: Duration::from_millis(200), ..Limits::default() };
    let loaded = library::load(library::runtime().backend(component.parse().unwrap()).limits(limits));
    let error = match loaded {
        Ok(backend) => library::failure(&backend, "KEY"),
        Err(error) => error,
    };
    assert_at_fault(&error, words);
}

#[test]
fn a_table_that_grows() {
    let grows = "(loop $again (br_if $again
        (i32.ne (table.grow $t (ref.null func) (i32.const 30000)) (i32.const -1)))) i32.const 0";
    reading_fails(&Component::reading("(table $t 1 funcref)", grows), "a table of more than 100000 entries");
}

#[test]
fn a_table_that_is_too_large_from_the_start() {
    reading_fails(&Component::reading("(table 1000000 funcref)", "i32.const 0"), "table");
}

#[test]
fn a_memory_that_is_too_large_from_the_start() {
    let items = r#"(memory (export "memory") 1025)"#;
    reading_fails(&Component::reading(items, "i32.const 0"), "it asked for more than 64 MiB of memory");
}

#[test]
fn memories_that_are_too_large_together() {
    let items = r#"(memory (export "memory") 600) (memory 600)"#;
    reading_fails(&Component::reading(items, "i32.const 0"), "it asked for more than 64 MiB of memory");
}

#[test]
fn a_loop_before_the_first_call() {
    let items = "(func $start (loop $again (br $again))) (start $start)";
    let component = Component::reading(items, "i32.const 0");
    let limits = Limits { guest_time: Duration::from_millis(200), ..Limits::default() };
    let backend = library::load(library::runtime().backend(component.parse().unwrap()).limits(limits)).unwrap();
    assert_at_fault(&library::failure(&backend, "KEY"), "its code ran for more than 0.2 s");

    let home = Home::new();
    let path = component.save(&home, "bad.wasm");
    let run = home.runtime(["--trust", "--timeout", "1s", "--backend"]).arg(&path).args(["get", "KEY"]).run();
    run.blames_the_component(&["the component"]);
}

#[test]
fn traps_of_every_kind() {
    for (items, body, words) in [
        ("", "(i32.div_u (i32.const 1) (i32.const 0))", "integer divide by zero"),
        ("", "(i32.load (i32.const 0x7ffffff0))", "out of bounds memory access"),
        ("", "(i32.trunc_f32_u (f32.const nan))", "invalid conversion to integer"),
        (
            "(table 1 funcref) (type $f (func (result i32)))",
            "(call_indirect (type $f) (i32.const 0))",
            "uninitialized element",
        ),
        ("(func $down (result i32) (i32.add (call $down) (i32.const 1)))", "(call $down)", "used up the stack"),
    ] {
        reading_fails(&Component::reading(items, body), words);
    }
}

#[test]
fn answers_that_break_the_contract() {
    // A success: the value's pointer stands at 8 and its length at 12, the version's at 16, 20 and 24.
    let stores = |stores: &str| format!("{stores} i32.const 0");
    for body in [
        "i32.const -8".to_owned(),
        "i32.const 1".to_owned(),
        stores("(i32.store8 (i32.const 0) (i32.const 7))"),
        stores("(i32.store (i32.const 12) (i32.const -1))"),
        stores("(i32.store (i32.const 8) (i32.const 65535)) (i32.store (i32.const 12) (i32.const 2))"),
        stores("(i32.store8 (i32.const 16) (i32.const 9))"),
        // A version that is not UTF-8.
        stores(
            "(i32.store8 (i32.const 16) (i32.const 1)) (i32.store (i32.const 20) (i32.const 512))
             (i32.store (i32.const 24) (i32.const 1)) (i32.store8 (i32.const 512) (i32.const 255))",
        ),
    ] {
        reading_fails(&Component::reading("", &body), "the component");
    }
}

#[test]
fn ten_thousand_requests() {
    let upstream = Upstream::start(|_| Reply::new(200, "value")).unwrap();
    let url = format!("{}/v1/secret/KEY", upstream.address());
    let attack = Attack::on(&upstream).sends("GET", &url).set("act", "requests");
    attack.get().blames_the_component(&["it made more than 256 requests in one call"]);
    assert_eq!(upstream.seen().len(), 256);
}

#[test]
fn a_reply_without_end() {
    let upstream = Upstream::start(|_| Reply::endless(200)).unwrap();
    let url = format!("{}/v1/secret/KEY", upstream.address());
    let attack = Attack::on(&upstream).sends("GET", &url);
    attack.get().exits(6).says(&["over its cap"]).prints("");
}

#[test]
fn a_server_that_never_answers() {
    let upstream = Upstream::start(|_| Reply::silence()).unwrap();
    let url = format!("{}/v1/secret/KEY", upstream.address());
    let attack = Attack::on(&upstream).sends("GET", &url).option("--timeout").option("1s");
    attack.get().exits(6).says(&["time ran out"]).prints("");
    // Nor does it help to say that there is no such secret.
    attack.set("then", "not-found").get().exits(6).prints("");
}

#[test]
fn a_backend_that_sleeps() {
    let attack = Attack::bare().set("act", "sleep").option("--timeout").option("1s");
    attack.get().exits(6).says(&["time ran out"]).prints("");
}

#[test]
fn a_runtime_is_healthy_after_upstreams_that_are_not() {
    let upstream = Upstream::start(|seen| match seen.target.as_str() {
        "/v1/secret/endless" => Reply::endless(200),
        "/v1/secret/cut" => Reply::cut_short(200, "half", 1000),
        "/v1/secret/garbage" => Reply::bytes("HTTP/9 what?\r\n\r\n"),
        _ => Reply::new(200, "the value"),
    })
    .unwrap();
    let runtime = library::runtime();
    for bad in ["endless", "cut", "garbage"] {
        let url = format!("{}/v1/secret/{bad}", upstream.address());
        let attack = Attack::on(&upstream).sends("GET", &url).load(&runtime).unwrap();
        assert_eq!(library::failure(&attack, bad).kind(), Kind::Unavailable);
        let url = format!("{}/v1/secret/KEY", upstream.address());
        let honest = Attack::on(&upstream).sends("GET", &url).load(&runtime).unwrap();
        assert!(block_on(honest.get("KEY")).unwrap().secret.expose().ends_with(b"the value"));
    }
}
