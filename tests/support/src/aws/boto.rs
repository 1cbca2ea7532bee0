//! The vendor's client, in a process of its own.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, Result, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{AccessKey, REGION};
use crate::Venv;

/// boto3, calling one server as one user. It is gone when this value is dropped or this process ends.
#[derive(Debug)]
pub struct Boto {
    child: Child,
    pipes: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

impl Boto {
    /// Starts it.
    ///
    /// # Errors
    /// The package can't be had, or Python doesn't start.
    pub fn start(address: &str, key: &AccessKey) -> Result<Self> {
        let mut child = Command::new(Venv::aws()?.program("python"))
            .args(["-c", include_str!("boto.py")])
            .env_clear()
            .env("ENDPOINT", address)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", &key.id)
            .env("AWS_SECRET_ACCESS_KEY", &key.secret)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("can't start boto3")?;
        let pipes = child.stdin.take().zip(child.stdout.take().map(BufReader::new));
        Ok(Self { child, pipes: Mutex::new(pipes) })
    }

    /// Calls a method, such as `secretsmanager.get_secret_value`, and answers what it returns, or the code of the error
    /// that the server answered with. Bytes are written `{"base64": "…"}`, both ways; see [`bytes`](Self::bytes).
    ///
    /// # Errors
    /// The client itself failed, for example because it could not read the reply.
    pub fn call(&self, method: &str, input: &Value) -> Result<Result<Value, String>> {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let (stdin, stdout) = pipes.as_mut().context("boto3 has no pipes")?;
        writeln!(stdin, "{}", json!({ "call": method, "with": input })).context("boto3 is gone")?;
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let mut said: Value = serde_json::from_str(&line).with_context(|| format!("boto3 failed at {method}"))?;
        match (said.get_mut("answer").map(Value::take), said.get("error").and_then(Value::as_str)) {
            (Some(answer), None) => Ok(Ok(answer)),
            (None, Some(code)) => Ok(Err(code.to_owned())),
            _ => bail!("boto3 said {said}"),
        }
    }

    /// Calls a method that has to succeed.
    ///
    /// # Errors
    /// It did not.
    pub fn done(&self, method: &str, input: &Value) -> Result<Value> {
        match self.call(method, input)? {
            Ok(answer) => Ok(answer),
            Err(code) => bail!("{method} answered {code}"),
        }
    }

    /// Bytes as an input.
    pub fn bytes(bytes: impl AsRef<[u8]>) -> Value {
        json!({ "base64": STANDARD.encode(bytes) })
    }
}

impl Drop for Boto {
    fn drop(&mut self) {
        // It ends with its input; nothing more can be done about a failure here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
