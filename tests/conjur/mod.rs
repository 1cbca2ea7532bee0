//! The conjur backend on the stand-in that the vendor's client judges, through the binary.

mod certificates;
mod logins;
mod policies;
mod twin;
mod variables;

use std::ffi::OsStr;

use test_support::{Conjur, layout};

use crate::common::{Home, READ_WRITE, cli::Run};

/// `runtime … ARGUMENTS` with the conjur backend, without a credential.
fn bare<A: AsRef<OsStr>>(home: &Home, server: &Conjur, arguments: impl IntoIterator<Item = A>) -> Run {
    let run = home.runtime(["--trust", READ_WRITE, "--backend"]).arg(layout::backend("conjur")).args(arguments);
    run.env("CYBERARK_API_BASE", server.address()).env("CYBERARK_ACCOUNT", server.account())
}

/// The same as the admin.
fn admin<A: AsRef<OsStr>>(home: &Home, server: &Conjur, arguments: impl IntoIterator<Item = A>) -> Run {
    bare(home, server, arguments).env("CYBERARK_API_KEY", server.admin_key())
}
