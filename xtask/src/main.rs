//! The chores of this repository: `cargo xtask COMMAND`.

mod demo;
mod examples;
mod guests;
mod install;
mod needs;
mod project;
mod shell;
mod suite;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo               read a sample secret through the dotenv backend; needs no server
  demo vault         read a secret from a real OpenBao, started for the purpose, through the vault backend
  guests             build the backends into target/backends
      --examples     also the example backend in Rust, Python, JavaScript and C, from the templates
  install            install the binary, and the backends where it finds them by name
      --root DIR     put the binary into DIR/bin instead of ~/.local/bin
  test [ARG…]        run every test; arguments go to `cargo test`
  bench [GROUP…]     measure what the runtime costs: cached, fresh, threads, warm, crowd, process,
                     start, run, backends, guests, cli, serve
      --write        put the figures into runtime/BENCHMARKS.md
  soak               put a daemon under mixed load, with faults, and see that nothing is lost and memory is flat
      --for TIME     for so long, such as 1h; otherwise a minute
      --rate N       so many requests a second; otherwise 100
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[String]) -> Result<()> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["demo"] => demo::dotenv(),
        ["demo", "vault"] => demo::vault(),
        ["guests"] => guests::command(false),
        ["guests", "--examples"] => guests::command(true),
        ["install"] => install::install(None),
        ["install", "--root", folder] => install::install(Some(folder.as_ref())),
        ["test", arguments @ ..] => suite::test(arguments),
        ["bench", arguments @ ..] => suite::bench(arguments),
        ["soak", arguments @ ..] => suite::soak(arguments),
        [] | ["help" | "-h" | "--help"] => {
            print!("{USAGE}");
            Ok(())
        }
        words => bail!("`cargo xtask {}` is not a command\n\n{USAGE}", words.join(" ")),
    }
}
