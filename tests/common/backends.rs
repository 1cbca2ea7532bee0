//! Our own backends, as a person runs them: trusted for this run, unless a test says otherwise.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use secret_runtime::Digest;
use test_support::{OpenBao, Upstream, layout};

use super::{Home, attack::TOKEN, cli::Run};

/// What lets a command change secrets.
pub(crate) const READ_WRITE: &str = "--access-mode=read-write";

impl Home {
    /// The file that [`Home::dotenv`] keeps its secrets in.
    pub(crate) fn dotenv_file(&self) -> PathBuf {
        self.path().join(".env")
    }

    /// What is in that file.
    #[track_caller]
    pub(crate) fn dotenv_text(&self) -> String {
        fs::read_to_string(self.dotenv_file()).unwrap()
    }

    /// A home with a .env file.
    pub(crate) fn with_dotenv(text: impl AsRef<[u8]>) -> Self {
        let home = Self::new();
        home.file(".env", text);
        home
    }

    /// `runtime … ARGUMENTS` with the dotenv backend, on the file in this home.
    pub(crate) fn dotenv<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        self.untrusted_dotenv(["--trust"]).args(arguments)
    }

    /// The same, without trust.
    pub(crate) fn untrusted_dotenv<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        let run = self.runtime(["--backend"]).arg(layout::backend("dotenv"));
        run.arg("--storage").arg(self.dotenv_file()).args(arguments)
    }

    /// `runtime … ARGUMENTS` with the vault backend, on this server, as root.
    pub(crate) fn vault<A: AsRef<OsStr>>(&self, server: &OpenBao, arguments: impl IntoIterator<Item = A>) -> Run {
        self.vault_at(server.address(), arguments).env("VAULT_TOKEN", server.token())
    }

    /// `runtime … ARGUMENTS` with the vault backend, without a credential.
    pub(crate) fn vault_at<A: AsRef<OsStr>>(&self, address: &str, arguments: impl IntoIterator<Item = A>) -> Run {
        let run = self.runtime(["--trust", "--backend"]).arg(layout::backend("vault"));
        run.args(arguments).env("VAULT_ADDR", address)
    }

    /// `runtime … ARGUMENTS` with the example backend in this language, on this server: `GET /secret/NAME`, and the body
    /// is the value.
    pub(crate) fn example<A: AsRef<OsStr>>(
        &self,
        language: &str,
        server: &Upstream,
        arguments: impl IntoIterator<Item = A>,
    ) -> Run {
        let run = self.runtime(["--trust", "--backend"]).arg(layout::backend(&format!("example-{language}")));
        let variable = |end: &str| format!("EXAMPLE_{}_{end}", language.to_ascii_uppercase());
        run.args(arguments).env(&variable("ADDR"), server.address()).env(&variable("TOKEN"), TOKEN)
    }

    /// A line for the shell, which finds `runtime` as a person's does.
    pub(crate) fn shell(&self, line: &str) -> Run {
        self.in_shell("/bin/sh", line)
    }

    /// The same, for this shell.
    pub(crate) fn in_shell(&self, shell: &str, line: &str) -> Run {
        let mut run = self.runtime([""; 0]);
        let mut command = Command::new("setsid");
        command.args(["env", "--default-signal=HUP,INT,QUIT", shell, "-c", line]).env_clear();
        command.envs(run.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let folder = layout::runtime().parent().unwrap().to_owned();
        command
            .env("PATH", std::env::join_paths([folder.as_path(), Path::new("/usr/bin"), Path::new("/bin")]).unwrap());
        command.current_dir(self.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        run.command = command;
        run
    }
}

/// The digest of a component, as it is written on a command line.
pub(crate) fn digest(component: &Path) -> String {
    Digest::of(&fs::read(component).unwrap()).to_string()
}
