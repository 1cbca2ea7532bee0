//! A daemon before four real servers, with the same secret in each.

use std::process::Command;

use serde_json::{Value, json};
use test_support::{
    Azure, Judge, OpenBao, Venv,
    aws::{Boto, Ministack, REGION},
    layout,
};

use crate::common::{
    Daemon, Home,
    daemon::{OWNER, backend},
};

/// The mounts, one for each backend. Of `bao`, objects pass whole. There are two of these once more, the other way:
/// `vault` is `bao` with single values, and `whole` is `aws` with objects.
pub(super) const MOUNTS: [&str; 4] = ["local", "bao", "aws", "azure"];

/// The name of the secret that all of them have, and its value.
pub(super) const NAME: &str = "SHARED";
pub(super) const VALUE: &str = "p\u{e4}ss \"word\"\\";

/// A daemon before four servers.
pub(super) struct Stage {
    // Fields are dropped in order: the daemon goes before what it reads from.
    pub(super) daemon: Daemon,
    pub(super) bao: OpenBao,
    pub(super) aws: Boto,
    _aws: Ministack,
    _azure: Azure,
}

impl Stage {
    pub(super) fn start() -> Self {
        let (bao, aws, azure) = (OpenBao::start().unwrap(), Ministack::start().unwrap(), Azure::start().unwrap());
        bao.put(NAME, &json!({ "value": VALUE, "key": VALUE })).unwrap();
        let secret = json!({ "Name": NAME, "SecretString": VALUE });
        let boto = aws.boto().unwrap();
        boto.done("secretsmanager.create_secret", &secret).unwrap();
        azure.put(&NAME.to_lowercase(), &json!({ "value": VALUE }));

        let home = Home::with_dotenv(format!("{NAME}='{VALUE}'\n"));
        let backends = [
            ("bao", "vault", format!("set = {{ address = {:?} }}", bao.address())),
            ("aws", "aws-secrets-manager", String::new()),
            ("azure", "azure-key-vault", String::new()),
        ];
        let tables = backends.map(|(name, component, more)| {
            let component = layout::backend(component);
            format!("[backends.{name}]\ncomponent = {component:?}\naccess-mode = \"read-write\"\n{more}\n")
        });
        let mounts = "[serve.mounts]\nlocal = {}\nbao = { objects = true }\naws = {}\nazure = {}\n\
                      vault = { backend = \"bao\" }\nwhole = { backend = \"aws\", objects = true }\n";
        let config = format!("{OWNER}{mounts}{}{}", backend(&home, "local", "read-write"), tables.concat());
        let (client, azure_address) = (azure.client(), azure.address());
        let environment = [
            ("VAULT_TOKEN", bao.token()),
            ("AWS_ENDPOINT_URL", aws.address()),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", &aws.owner().id),
            ("AWS_SECRET_ACCESS_KEY", &aws.owner().secret),
            ("AZURE_KEY_VAULT_URL", &azure_address),
            ("AZURE_AUTHORITY_HOST", &azure_address),
            ("AZURE_TENANT_ID", &azure.tenant()),
            ("AZURE_CLIENT_ID", &client.id),
            ("AZURE_CLIENT_SECRET", &client.secret),
        ];
        let daemon = Daemon::start_with(home, &config, &["--trust"], &environment);
        Self { daemon, bao, aws: boto, _aws: aws, _azure: azure }
    }
}

/// A daemon before an OpenBao of its own, mounted as `secret` as it is there, so that the same request fits both.
pub(super) struct Twin {
    pub(super) daemon: Daemon,
    pub(super) bao: OpenBao,
    /// What the daemon's clients may show.
    pub(super) token: String,
}

impl Twin {
    pub(super) fn start() -> Self {
        let bao = OpenBao::start().unwrap();
        let (component, address) = (layout::backend("vault"), bao.address());
        let config = format!(
            "{OWNER}[serve.mounts]\nsecret = {{ objects = true }}\n[backends.secret]\ncomponent = {component:?}\n\
             access-mode = \"read-write\"\nset = {{ address = {address:?} }}\n"
        );
        let daemon = Daemon::start_with(Home::new(), &config, &["--trust"], &[("VAULT_TOKEN", bao.token())]);
        let token = daemon.token(&["*:secret/**"]);
        Self { daemon, bao, token }
    }
}

/// hvac, told line by line what to call.
pub(super) struct Hvac(Judge);

impl Hvac {
    /// The client, with this server and token.
    pub(super) fn start(address: &str, token: &str) -> Self {
        let mut command = Command::new(Venv::servers().unwrap().program("python"));
        command.args(["-c", include_str!("hvac.py")]).env_clear();
        Self(Judge::start(command.env("VAULT_ADDR", address).env("VAULT_TOKEN", token)).unwrap())
    }

    /// Calls a method; answers `{"answer": …}`, or `{"error": CLASS, "errors": […]}` with the exception that it raised.
    #[track_caller]
    pub(super) fn call(&mut self, method: &str, with: Value) -> Value {
        self.0.ask(&json!({ "call": method, "with": with })).unwrap()
    }
}
