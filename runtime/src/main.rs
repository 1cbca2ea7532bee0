//! The command `runtime`: secrets out of sandboxed backends.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
