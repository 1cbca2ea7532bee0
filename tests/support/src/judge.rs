//! A vendor's own client in a process of its own, told line by line what to do.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// A running client. Dropping it ends it.
#[derive(Debug)]
pub struct Judge {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Judge {
    /// Starts a program that reads a JSON value from each line, and answers each with another.
    ///
    /// # Errors
    /// It can't be started.
    pub fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = child.stdin.take().context("the client has no input")?;
        let answers = BufReader::new(child.stdout.take().context("the client has no output")?);
        Ok(Self { child, orders, answers })
    }

    /// Gives an order and waits for the answer.
    ///
    /// # Errors
    /// The client ended, or answered something else; what it said of that is on standard error.
    pub fn ask(&mut self, order: &Value) -> Result<Value> {
        writeln!(self.orders, "{order}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("the client can't do {order}"))
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
