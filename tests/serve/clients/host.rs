//! A program that our module for it is copied beside, told line by line what to call.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use test_support::{Judge, Venv, layout};

use crate::common::Home;

/// The modules, and the scripts that call what they are for.
pub(super) const GENAIKEYS: Module =
    Module { file: "genaikeys_secret_runtime.py", script: include_str!("genaikeys.py") };
pub(super) const LITELLM: Module = Module { file: "litellm_secret_runtime.py", script: include_str!("litellm.py") };

pub(super) struct Module {
    pub(super) file: &'static str,
    script: &'static str,
}

impl Module {
    /// Where it is kept.
    pub(super) fn path(&self) -> PathBuf {
        layout::root().join("runtime/clients").join(self.file)
    }

    /// Installs it in a folder, as its users do.
    pub(super) fn copy_to(&self, folder: &Path) {
        fs::copy(self.path(), folder.join(self.file)).unwrap();
    }
}

/// A running program.
pub(super) struct Host {
    judge: Judge,
    home: Home,
}

/// What a call raised.
#[derive(Debug)]
pub(super) struct Raised {
    /// The class of the exception.
    pub(super) class: String,
    /// The kind of ours.
    pub(super) kind: Option<String>,
    /// All that Python would print of it.
    pub(super) said: String,
}

impl Host {
    /// Starts one with these variables and nothing else in its environment.
    pub(super) fn start(module: &Module, environment: &[(&str, &str)]) -> Self {
        let home = Home::new();
        module.copy_to(home.path());
        let mut command = Command::new(Venv::clients().unwrap().program("python"));
        command.args(["-X", "dev", "-c", module.script]).env_clear().env("PYTHONPATH", home.path());
        command.env("HOME", home.path()).env("PYTHONWARNINGS", "ignore,always::ResourceWarning");
        // Otherwise LiteLLM looks for prices on the internet.
        command.env("LITELLM_LOCAL_MODEL_COST_MAP", "True").envs(environment.iter().copied());
        command.current_dir(home.path()).stderr(File::create(home.path().join("log")).unwrap());
        Self { judge: Judge::start(&mut command).unwrap(), home }
    }

    /// Calls a function, and answers what it returns.
    #[track_caller]
    pub(super) fn call(&mut self, function: &str, with: Value) -> Value {
        self.called(function, with).unwrap_or_else(|raised| panic!("{function} raised {raised:?}\n{}", self.log()))
    }

    /// Calls a function, and answers what it raises.
    #[track_caller]
    pub(super) fn fails(&mut self, function: &str, with: Value) -> Raised {
        self.called(function, with).expect_err(function)
    }

    fn called(&mut self, function: &str, with: Value) -> Result<Value, Raised> {
        let order = json!({ "call": function, "with": with });
        let mut said = self.judge.ask(&order).unwrap_or_else(|cause| panic!("{cause:#}\n{}", self.log()));
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match text(&said["error"]) {
            Some(class) => Err(Raised { class, kind: text(&said["kind"]), said: text(&said["said"]).unwrap() }),
            None => Ok(said["answer"].take()),
        }
    }

    /// What it printed beside its answers.
    pub(super) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.home.path().join("log")).unwrap()).into_owned()
    }
}

impl Raised {
    /// It is one of ours, of this kind, and shows neither of these.
    #[track_caller]
    pub(super) fn is(self, kind: &str, hidden: &[&str]) {
        assert_eq!((&*self.class, self.kind.as_deref()), ("SecretRuntimeError", Some(kind)), "{}", self.said);
        for hidden in hidden {
            assert!(!self.said.contains(hidden), "{}", self.said);
        }
    }
}
