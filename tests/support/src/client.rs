//! The few requests that set up and watch a server. Plain HTTP; any status is an answer.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use ureq::{Agent, http::Request};

/// Speaks to one server.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    agent: Agent,
    address: String,
}

impl Client {
    pub(crate) fn new(address: String) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Vault's LIST.
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(30)))
            .build();
        Self { agent: config.into(), address }
    }

    /// Sends a form with POST and answers as [`send`](Self::send) does.
    pub(crate) fn send_form(&self, path: &str, form: &[(&str, &str)]) -> Result<(u16, Value)> {
        let url = format!("{}{path}", self.address);
        let mut reply = self.agent.post(&url).send_form(form.iter().copied()).with_context(|| format!("POST {url}"))?;
        let text = reply.body_mut().read_to_string().with_context(|| format!("POST {url}"))?;
        Ok((reply.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// Sends JSON, or nothing, and answers status and body; a body that is empty or not JSON answers `null`.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<(u16, Value)> {
        let what = || format!("{method} {}{path}", self.address);
        let request = headers.iter().fold(
            Request::builder().method(method).uri(format!("{}{path}", self.address)),
            |request, (name, value)| request.header(*name, *value),
        );
        let mut reply = match body {
            Some(body) => self.agent.run(request.header("content-type", "application/json").body(body.to_string())?),
            None => self.agent.run(request.body(())?),
        }
        .with_context(what)?;
        let text = reply.body_mut().read_to_string().with_context(what)?;
        Ok((reply.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null)))
    }
}
