//! The server: what is sent to it, and what its replies mean.

use secret_runtime_guest::{
    Error, Result, config, found,
    http::{Request, Response, Url},
    time,
};
use serde::Deserialize;

/// The length of the server's pages, as the manifest has it.
pub(crate) const PAGE: usize = 100;

/// How often a policy is loaded while others are being loaded, and how long the first wait is, in milliseconds; each
/// one after it is twice as long.
const TRIES: u32 = 5;
const FIRST_WAIT: u32 = 200;

/// The codes that the manifest declares.
mod code {
    pub(crate) const POLICY_BUSY: &str = "policy-busy";
    pub(crate) const POLICY_REFUSED: &str = "policy-refused";
}

/// One account on a server.
pub(crate) struct Server {
    address: String,
    account: String,
}

/// What Conjur tells of a variable.
#[derive(Deserialize)]
pub(crate) struct Variable {
    id: String,
    /// The versions that are kept, oldest first.
    secrets: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

impl Variable {
    /// The number of the current value, if there is one.
    pub(crate) fn version(&self) -> Option<u64> {
        self.secrets.iter().map(|secret| secret.version).max()
    }
}

impl Server {
    /// The one that the settings name.
    pub(crate) fn configured() -> Result<Self> {
        Ok(Self { address: config::require("address")?, account: config::require("account")? })
    }

    /// The value of a variable, if there is such a variable, version and value.
    pub(crate) fn value(&self, name: &str, version: Option<&str>) -> Result<Vec<u8>> {
        let url = self.secret(name).maybe_query("version", version);
        let value = Request::get(url).send()?.success(about_variable)?.body;
        if value.is_empty() { Err(Error::malformed("the reply is empty, and no value can be")) } else { Ok(value) }
    }

    /// Stores a value of a variable that is declared.
    pub(crate) fn store(&self, name: &str, value: &[u8]) -> Result<()> {
        let request = Request::post(self.secret(name)).header("content-type", "application/octet-stream");
        let response = request.body(value).send()?;
        match response.status {
            201 => Ok(()),
            _ if is_absent(&response) => Err(Error::denied("the variable is declared, but we can't see it")),
            _ => Err(failure(&response)),
        }
    }

    /// A variable without its value; none if there is none.
    pub(crate) fn variable(&self, name: &str) -> Result<Option<Variable>> {
        let response = Request::get(self.url("resources").segment("variable").segment(name)).send()?;
        found(response.success(about_variable))?.map(|response| response.json()).transpose()
    }

    /// A page of the variables, from this place on.
    pub(crate) fn variables(&self, offset: usize) -> Result<Vec<Variable>> {
        let url = self.url("resources").query("kind", "variable").query("limit", &PAGE.to_string());
        Request::get(url.query("offset", &offset.to_string())).send()?.success(failure)?.json()
    }

    /// The name of a variable, which is the end of its id.
    pub(crate) fn name_of(&self, variable: &Variable) -> Result<String> {
        let name = variable.id.strip_prefix(&self.account).and_then(|rest| rest.strip_prefix(":variable:"));
        name.map(str::to_owned).ok_or_else(|| Error::malformed("the reply lists what was not asked for"))
    }

    /// Declares a variable; one that is there stays as it is.
    pub(crate) fn declare(&self, name: &str) -> Result<()> {
        self.load_policy("POST", &format!("- !variable {}\n", quoted(name)?))
    }

    /// Deletes a variable with its values.
    pub(crate) fn undeclare(&self, name: &str) -> Result<()> {
        self.load_policy("PATCH", &format!("- !delete\n  record: !variable {}\n", quoted(name)?))
    }

    /// Whether the server takes us for somebody.
    pub(crate) fn who_am_i(&self) -> Result<()> {
        #[derive(Deserialize)]
        struct Who {
            account: String,
        }
        let url = Url::new(&self.address).segment("whoami");
        let Who { account } = Request::get(url).send()?.success(failure)?.json()?;
        if account == self.account { Ok(()) } else { Err(Error::malformed("the reply is about another account")) }
    }

    /// Changes the root policy. The server loads one policy at a time and sends others away.
    fn load_policy(&self, method: &str, policy: &str) -> Result<()> {
        let url = self.url("policies").segment("policy").segment("root");
        let request = Request::new(method, url).header("content-type", "application/x-yaml").body(policy);
        for attempt in 0..TRIES {
            if attempt > 0 {
                time::sleep(FIRST_WAIT << (attempt - 1));
            }
            let response = request.send()?;
            match response.status {
                200 | 201 => return Ok(()),
                409 => {}
                // Who may do nothing with a policy is told that there is none.
                403 | 404 => return Err(Error::denied("we may not change the root policy")),
                422 => {
                    return Err(Error::other("the server does not take the policy").with_code(code::POLICY_REFUSED));
                }
                _ => return Err(failure(&response)),
            }
        }
        Err(Error::unavailable("other policies are being loaded").with_code(code::POLICY_BUSY))
    }

    fn secret(&self, name: &str) -> Url {
        self.url("secrets").segment("variable").segment(name)
    }

    fn url(&self, collection: &str) -> Url {
        Url::new(&self.address).segment(collection).segment(&self.account)
    }
}

/// A name in YAML's double quotes, which are JSON's.
fn quoted(name: &str) -> Result<String> {
    serde_json::to_string(name).map_err(|_| Error::invalid("the name can't be written in a policy"))
}

/// Whether a 404 is Conjur's own word for a missing thing, and not that of something in between.
fn is_absent(response: &Response) -> bool {
    response.is_problem(404, "not_found")
}

/// The error of a request about one variable, where what is absent is the variable.
fn about_variable(response: &Response) -> Error {
    if is_absent(response) { Error::NotFound } else { failure(response) }
}

/// The error that a status other than success stands for.
fn failure(response: &Response) -> Error {
    match response.status {
        422 => Error::invalid("Conjur does not accept it"),
        405 => Error::unsupported("Conjur makes the values of this variable itself"),
        _ => response.error(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn server() -> Server {
        Server { address: "https://conjur.example.com/api/".into(), account: "my acme".into() }
    }

    #[test]
    fn a_name_is_one_segment_below_the_account() {
        let url = server().secret("a/b ?#\u{fc}%2F").query("version", "3");
        let expected = "https://conjur.example.com/api/secrets/my%20acme/variable/a%2Fb%20%3F%23%C3%BC%252F?version=3";
        assert_eq!(url.as_str(), expected);
    }

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(quoted("a\"\\\n- !user eve").unwrap(), r#""a\"\\\n- !user eve""#);
    }

    #[test]
    fn only_conjur_itself_says_that_nothing_is_there() {
        let reply = |body: &str| is_absent(&Response::new(404, body));
        assert!(reply(r#"{"error":{"code":"not_found","message":"m","target":"variable"}}"#));
        for other in ["", "<html>", "{}", r#"{"error":"not_found"}"#, r#"{"error":{"code":"gone"}}"#] {
            assert!(!reply(other), "{other}");
        }
    }

    #[test]
    fn the_current_version_is_the_highest_one() {
        let variable = |json: &str| Response::new(200, json).json::<Variable>().map(|variable| variable.version());
        assert_eq!(variable(r#"{"id":"a:variable:K","secrets":[{"version":9},{"version":10}],"x":1}"#), Ok(Some(10)));
        assert_eq!(variable(r#"{"id":"a:variable:K","secrets":[]}"#), Ok(None));
        for wrong in [r#"{"id":"a:variable:K"}"#, r#"{"id":"K","secrets":[{}]}"#, "[]", ""] {
            assert!(matches!(variable(wrong), Err(Error::Malformed(_))), "{wrong}");
        }
    }

    #[test]
    fn what_is_listed_has_to_be_of_this_account() {
        let of = |id: &str| server().name_of(&Variable { id: id.into(), secrets: Vec::new() });
        assert_eq!(of("my acme:variable:a:b/c"), Ok("a:b/c".to_owned()));
        for id in ["acme:variable:a", "my acme:host:a", "a"] {
            assert!(matches!(of(id), Err(Error::Malformed(_))), "{id}");
        }
    }
}
