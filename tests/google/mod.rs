//! The backends of Google on our stand-in and on an emulator, through the binary, beside the vendor's own clients.

mod keys;
mod reading;
mod writing;

use std::{ffi::OsStr, path::PathBuf};

use serde_json::Value;
use test_support::{Drongo, Google, Login, google, layout};

use crate::common::{Home, READ_WRITE, cli::Run};

/// A server of Google's services, and the home of somebody who uses it.
struct Cloud {
    server: Google,
    home: Home,
}

impl Cloud {
    fn new() -> Self {
        Self { server: Google::start().unwrap(), home: Home::new() }
    }

    /// `runtime … ARGUMENTS` with a backend, for somebody who is logged in.
    fn run_as<A: AsRef<OsStr>>(&self, login: Login, backend: &str, arguments: impl IntoIterator<Item = A>) -> Run {
        self.run_at(&self.server.address(), login, backend, arguments)
    }

    fn run_at<A: AsRef<OsStr>>(
        &self,
        endpoint: &str,
        login: Login,
        backend: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Run {
        let credentials = self.server.credentials(login, &self.server.address()).to_string();
        let file = self.home.file(&format!("{login:?}.json"), credentials);
        let run = self.home.runtime(["--trust", READ_WRITE, "--backend"]).arg(layout::backend(backend));
        let run = run.args(["--set", &format!("endpoint={endpoint}")]).args(arguments);
        run.env("GOOGLE_APPLICATION_CREDENTIALS", file)
    }

    /// With google-secret-manager, as the owner.
    fn secrets<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        let run = self.run_as(Login::Owner, "google-secret-manager", arguments);
        run.env("GOOGLE_CLOUD_PROJECT", Google::PROJECT)
    }

    /// With google-secret-manager, on the emulator.
    fn secrets_on<A: AsRef<OsStr>>(&self, drongo: &Drongo, arguments: impl IntoIterator<Item = A>) -> Run {
        let run = self.run_at(drongo.address(), Login::Owner, "google-secret-manager", arguments);
        run.env("GOOGLE_CLOUD_PROJECT", Google::PROJECT)
    }

    /// With google-kms, as the owner, on the file of ciphertexts.
    fn keys<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        let run = self.run_as(Login::Owner, "google-kms", ["--storage"]).arg(self.ciphertexts());
        run.args(arguments).env("GOOGLE_KMS_RESOURCE_NAME", Google::KEY)
    }

    /// The file of ciphertexts.
    fn ciphertexts(&self) -> PathBuf {
        self.home.path().join("ciphertexts.json")
    }

    /// What the vendor's client prints when it is told to do this.
    #[track_caller]
    fn vendor(&self, order: &[&str], input: &[u8]) -> Vec<u8> {
        let address = self.server.address();
        let arguments = [&[address.as_str(), self.server.token()], order].concat();
        google::vendor("client.py", &arguments, input).unwrap()
    }

    /// A secret as the vendor's client reads it: its value in base64, and its version.
    #[track_caller]
    fn vendor_reads(&self, name: &str) -> (String, String) {
        let read: Value = serde_json::from_slice(&self.vendor(&["read", &full(name)], b"")).unwrap();
        (read["value"].as_str().unwrap().to_owned(), read["version"].as_str().unwrap().to_owned())
    }

    /// Requests for anything but tokens.
    fn asked(&self) -> Vec<String> {
        let seen = self.server.seen().into_iter().filter(|seen| !Google::is_exchange(seen));
        seen.map(|seen| format!("{} {}", seen.method, seen.target)).collect()
    }

    /// Sends a request of a test's set-up about a secret.
    #[track_caller]
    fn set_up(&self, method: &str, rest: &str, body: Option<&Value>) -> Value {
        let (status, reply) = self.server.request(method, &format!("/v1/{}", full(rest)), body).unwrap();
        assert_eq!(status, 200, "{reply}");
        reply
    }
}

/// The full name of a secret, or of something below it; of all secrets, with a query.
fn full(name: &str) -> String {
    let slash = if name.starts_with('?') { "" } else { "/" };
    format!("projects/{}/secrets{slash}{name}", Google::PROJECT)
}
