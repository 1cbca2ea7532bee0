//! The command `runtime`: secrets out of sandboxed backends.
#![recursion_limit = "256"] // the future of a connection holds those of all layers down to the instance

mod cli;
mod serve;

fn main() -> std::process::ExitCode {
    cli::main()
}
