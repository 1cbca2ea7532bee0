//! The AWS backends on two emulators, judged by the vendor's own client.

mod deleting;
mod endpoints;
mod hostile;
mod kms;
mod listing;
mod many;
mod members;
mod reading;
mod refusals;
mod running;
mod writing;

use std::{ffi::OsStr, sync::LazyLock};

use serde_json::{Value, json};
use test_support::{
    aws::{AccessKey, Boto, Ministack, Moto, REGION},
    layout,
};

use crate::common::{Home, READ_WRITE, cli::Run};

const SECRETS: &str = "aws-secrets-manager";
const KMS: &str = "aws-kms";

/// The emulator that refuses as AWS does. All tests share it, under names of their own; it ends with them.
static MINISTACK: LazyLock<Server> = LazyLock::new(|| {
    let server = Ministack::start().unwrap();
    Server {
        name: "ministack",
        address: server.address().to_owned(),
        owner: server.owner().clone(),
        boto: server.boto().unwrap(),
        emulator: Some(server),
    }
});

/// The second opinion.
static MOTO: LazyLock<Server> = LazyLock::new(|| {
    let server = Box::leak(Box::new(Moto::start().unwrap()));
    Server {
        name: "moto",
        address: server.address().to_owned(),
        owner: AccessKey::admin(),
        boto: server.boto().unwrap(),
        emulator: None,
    }
});

/// An emulator with the vendor's client.
struct Server {
    name: &'static str,
    address: String,
    owner: AccessKey,
    boto: Boto,
    emulator: Option<Ministack>,
}

/// Both: for what is relied upon only because they agree.
fn both() -> [&'static Server; 2] {
    [&MINISTACK, &MOTO]
}

impl Server {
    /// `runtime … ARGUMENTS` with this backend, as who may do everything, and may change secrets.
    fn run<A: AsRef<OsStr>>(&self, home: &Home, backend: &str, arguments: impl IntoIterator<Item = A>) -> Run {
        run(home, backend, &self.address, &self.owner, arguments)
    }

    /// The same as a user who may do these things and nothing else.
    fn run_as<A: AsRef<OsStr>>(
        &self,
        home: &Home,
        backend: &str,
        user: &str,
        actions: &[&str],
        arguments: impl IntoIterator<Item = A>,
    ) -> Run {
        let allowed = json!([{ "Effect": "Allow", "Action": actions, "Resource": "*" }]);
        let key = self.emulator.as_ref().unwrap().user(user, &allowed).unwrap();
        run(home, backend, &self.address, &key, arguments)
    }

    /// What the vendor's client gets from Secrets Manager, or the code of its error.
    fn secret(&self, method: &str, input: Value) -> Result<Value, String> {
        self.boto.call(&format!("secretsmanager.{method}"), &input).unwrap()
    }

    /// The value as the vendor's client reads it.
    #[track_caller]
    fn value(&self, name: &str) -> Value {
        let found = self.secret("get_secret_value", json!({ "SecretId": name, "VersionStage": "AWSCURRENT" })).unwrap();
        match found.get("SecretString") {
            Some(text) => text.clone(),
            None => found["SecretBinary"].clone(),
        }
    }

    /// What the vendor's client tells of a secret.
    #[track_caller]
    fn description(&self, name: &str) -> Value {
        self.secret("describe_secret", json!({ "SecretId": name })).unwrap()
    }

    /// A new secret by the vendor's client; answers its version.
    #[track_caller]
    fn create(&self, name: &str, value: &str) -> String {
        let created = self.secret("create_secret", json!({ "Name": name, "SecretString": value })).unwrap();
        created["VersionId"].as_str().unwrap().to_owned()
    }
}

fn run<A: AsRef<OsStr>>(
    home: &Home,
    backend: &str,
    address: &str,
    key: &AccessKey,
    arguments: impl IntoIterator<Item = A>,
) -> Run {
    let run = home.runtime(["--trust", READ_WRITE, "--backend"]).arg(layout::backend(backend));
    signed(run, address, key).args(arguments)
}

/// Somebody's run, on this server.
fn signed(run: Run, address: &str, key: &AccessKey) -> Run {
    let run = run.env("AWS_ENDPOINT_URL", address).env("AWS_REGION", REGION);
    run.env("AWS_ACCESS_KEY_ID", &key.id).env("AWS_SECRET_ACCESS_KEY", &key.secret)
}

/// A key that encrypts and decrypts; answers its id.
pub(crate) fn create_key(boto: &Boto) -> String {
    let created = boto.done("kms.create_key", &json!({})).unwrap();
    created["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned()
}
