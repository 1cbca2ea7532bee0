//! AWS: two emulators, and the vendor's own client.
//!
//! [`Ministack`] checks signatures and permissions, and refuses as AWS does. [`Moto`] is a second opinion: what the two
//! disagree on is not relied upon. [`Boto`] sets both up and judges what our backends leave there.

mod boto;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result};
use serde_json::{Value, json};

pub use self::boto::Boto;
use crate::{
    Venv,
    emulator::{Emulator, Port, Running},
};

/// The region that tests are in.
pub const REGION: &str = "eu-west-1";

const MINISTACK: Emulator = Emulator {
    venv: Venv::aws,
    program: "ministack",
    arguments: &[],
    environment: &[
        // By itself it listens to everybody and takes any signature.
        ("BIND_HOST", "127.0.0.1"),
        ("AUTH", "true"),
        ("SERVICES", "iam,kms,secretsmanager,sts"),
        // These two listen to everybody whatever is said above.
        ("IOT_MTLS_ENABLED", "0"),
        ("SFTP_ENABLED", "0"),
        ("MINISTACK_REGION", REGION),
    ],
    port: Port::Variable("GATEWAY_PORT"),
    ready: "/_ministack/health",
};

const MOTO: Emulator = Emulator {
    venv: Venv::aws,
    program: "moto_server",
    arguments: &["-H", "127.0.0.1", "-p"],
    environment: &[],
    port: Port::Argument,
    ready: "/moto-api/data.json",
};

/// Somebody whose requests are signed: the id of a key, and the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    /// What AWS calls the access key id.
    pub id: String,
    /// What AWS calls the secret access key.
    pub secret: String,
}

impl AccessKey {
    /// Who may do everything on either emulator. Neither looks at this one's signatures.
    pub fn admin() -> Self {
        Self { id: "test".into(), secret: "test".into() }
    }
}

/// ministack: secrets, keys, users and their policies, with signatures checked.
///
/// It listens on loopback, on a port that the system chose, keeps nothing, and is killed when this value is dropped or
/// this process ends.
#[derive(Debug)]
pub struct Ministack {
    running: Running,
    owner: AccessKey,
}

/// moto: secrets and keys. It takes any signature, and none.
#[derive(Debug)]
pub struct Moto {
    running: Running,
}

impl Ministack {
    /// Starts one.
    ///
    /// # Errors
    /// The package that holds it can't be had, or it doesn't start; what it printed is in the error.
    pub fn start() -> Result<Self> {
        let running = MINISTACK.start()?;
        let everything = json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }]);
        let owner = create_user(&Boto::start(&running.address, &AccessKey::admin())?, "owner", &everything)?;
        Ok(Self { running, owner })
    }

    /// Somebody who may do everything, and whose signatures are checked.
    pub fn owner(&self) -> &AccessKey {
        &self.owner
    }

    /// Its address, such as `http://127.0.0.1:40123`.
    pub fn address(&self) -> &str {
        &self.running.address
    }

    /// The vendor's client, as the owner.
    ///
    /// # Errors
    /// The client can't be had or doesn't start.
    pub fn boto(&self) -> Result<Boto> {
        Boto::start(self.address(), &self.owner)
    }

    /// Creates a user who may do what the statements of a policy say, and answers their key.
    ///
    /// # Errors
    /// The server refused.
    pub fn user(&self, name: &str, statements: &Value) -> Result<AccessKey> {
        create_user(&self.boto()?, name, statements)
    }
}

impl Moto {
    /// Starts one.
    ///
    /// # Errors
    /// The package that holds it can't be had, or it doesn't start; what it printed is in the error.
    pub fn start() -> Result<Self> {
        Ok(Self { running: MOTO.start()? })
    }

    /// Its address, such as `http://127.0.0.1:40123`.
    pub fn address(&self) -> &str {
        &self.running.address
    }

    /// The vendor's client.
    ///
    /// # Errors
    /// The client can't be had or doesn't start.
    pub fn boto(&self) -> Result<Boto> {
        Boto::start(self.address(), &AccessKey::admin())
    }
}

fn create_user(boto: &Boto, name: &str, statements: &Value) -> Result<AccessKey> {
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    boto.done("iam.create_user", &json!({ "UserName": name }))?;
    boto.done("iam.put_user_policy", &json!({ "UserName": name, "PolicyName": name, "PolicyDocument": policy }))?;
    let key = boto.done("iam.create_access_key", &json!({ "UserName": name }))?;
    let part = |part: &str| key.pointer(&format!("/AccessKey/{part}")).and_then(Value::as_str).map(str::to_owned);
    let key = part("AccessKeyId").zip(part("SecretAccessKey")).map(|(id, secret)| AccessKey { id, secret });
    key.context("no access key was created")
}
