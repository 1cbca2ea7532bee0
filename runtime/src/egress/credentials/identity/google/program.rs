//! A program that prints the token of another provider. It is run only where the person who runs us has written it
//! into the configuration of their own home, and has allowed it with a variable as Google's own clients ask.

use std::{process::Stdio, time::Duration};

use tokio::process::Command;
use zeroize::Zeroizing;

use super::{
    super::wire::{self, member, number, text},
    file::{BadFile, need},
};
use crate::{
    error::{Error, Kind, Result},
    manifest::json::Json,
};

/// The variable that allows it, with the value `1`.
pub(super) const ALLOWED: &str = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES";
/// How long it may take unless the file says otherwise, in milliseconds.
const TIMEOUT: u64 = 30_000;
/// What the file may say.
const TIMEOUTS: std::ops::RangeInclusive<u64> = 5_000..=120_000;
/// Bytes of its output: a token of any provider fits.
const OUTPUT_BYTES: usize = 64 << 10;

/// A program, and what it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program {
    command: Vec<String>,
    timeout: Duration,
    told: Vec<(&'static str, String)>,
}

impl Program {
    /// Reads `executable` of a credential file; `whole` is the file.
    pub(super) fn read(executable: &Json, whole: &Json) -> Result<Self, BadFile> {
        let command: Vec<_> = need(executable, "command")?.split_whitespace().map(str::to_owned).collect();
        if command.is_empty() {
            return Err(BadFile::Wrong("command"));
        }
        let timeout = match member(executable, "timeout_millis") {
            None | Some(Json::Null) => TIMEOUT,
            Some(value) => value.as_u64().filter(|t| TIMEOUTS.contains(t)).ok_or(BadFile::Wrong("timeout_millis"))?,
        };
        let mut told = vec![
            ("GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE", need(whole, "audience")?.to_owned()),
            ("GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE", need(whole, "subject_token_type")?.to_owned()),
            ("GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE", "0".to_owned()),
        ];
        let account = text(whole, "service_account_impersonation_url").and_then(|url| url.rsplit('/').next());
        if let Some(account) = account.and_then(|last| last.strip_suffix(":generateAccessToken")) {
            told.push(("GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL", account.to_owned()));
        }
        Ok(Self { command, timeout: Duration::from_millis(timeout), told })
    }

    /// The program and its arguments, for a grant.
    pub(super) fn line(&self) -> String {
        self.command.join(" ")
    }

    /// Runs it and reads the token that it prints.
    pub(super) async fn token(&self) -> Result<Zeroizing<String>> {
        let failed = |why: &str| {
            Error::new(Kind::Unavailable, format!("the program that the Google credential file names {why}"))
        };
        let (name, arguments) = self.command.split_first().ok_or_else(|| failed("has no name"))?;
        let mut command = Command::new(name);
        command.args(arguments).envs(self.told.iter().map(|(name, value)| (*name, value)));
        // What it says on standard error may be about its secrets, so nobody reads it.
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let run = command.spawn().map_err(|cause| {
            let reason = "the program that the Google credential file names can't be started";
            Error::new(Kind::Config, reason).caused_by(cause)
        })?;
        let output = tokio::time::timeout(self.timeout, run.wait_with_output())
            .await
            .map_err(|_| failed("took too long"))?
            .map_err(|cause| failed("broke off").caused_by(cause))?;
        let printed = Zeroizing::new(output.stdout);
        if !output.status.success() {
            return Err(failed("failed"));
        }
        printed_token(&printed)
    }
}

/// The token in what the program has printed.
fn printed_token(printed: &[u8]) -> Result<Zeroizing<String>> {
    let malformed = || {
        Error::new(
            Kind::Malformed,
            "the program that the Google credential file names printed something else than a token",
        )
    };
    if printed.len() > OUTPUT_BYTES {
        return Err(malformed());
    }
    let json = Json::parse(printed).map_err(|_| malformed())?;
    match member(&json, "success") {
        Some(Json::Boolean(true)) if number(&json, "version") == Some(1) => {}
        Some(Json::Boolean(false)) => {
            let reason = "the program that the Google credential file names says that it has no token";
            return Err(Error::new(Kind::Unauthenticated, reason));
        }
        _ => return Err(malformed()),
    }
    if number(&json, "expiration_time").is_some_and(|moment| moment <= wire::now()) {
        let reason = "the token that the program in the Google credential file printed has expired";
        return Err(Error::new(Kind::Unauthenticated, reason));
    }
    let place = match text(&json, "token_type").ok_or_else(malformed)? {
        "urn:ietf:params:oauth:token-type:saml2" => "saml_response",
        _ => "id_token",
    };
    text(&json, place).map(|token| Zeroizing::new(token.to_owned())).ok_or_else(malformed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn only_a_token_that_is_still_good_is_taken_from_what_a_program_prints() {
        let jwt = "urn:ietf:params:oauth:token-type:jwt";
        let saml = "urn:ietf:params:oauth:token-type:saml2";
        let printed = |rest: &str| printed_token(format!(r#"{{"version":1,{rest}}}"#).as_bytes());
        for (rest, token) in [
            (format!(r#""success":true,"token_type":"{jwt}","id_token":"t""#), "t"),
            (format!(r#""success":true,"token_type":"{jwt}","id_token":"t","expiration_time":9999999999"#), "t"),
            (format!(r#""success":true,"token_type":"{saml}","saml_response":"s""#), "s"),
        ] {
            assert_eq!(printed(&rest).unwrap().as_str(), token);
        }
        for (rest, kind) in [
            (r#""success":false,"code":"401","message":"m""#.to_owned(), Kind::Unauthenticated),
            (
                format!(r#""success":true,"token_type":"{jwt}","id_token":"t","expiration_time":1"#),
                Kind::Unauthenticated,
            ),
            (format!(r#""success":true,"token_type":"{saml}","id_token":"t""#), Kind::Malformed),
            (r#""success":true,"id_token":"t""#.to_owned(), Kind::Malformed),
            (format!(r#""token_type":"{jwt}","id_token":"t""#), Kind::Malformed),
        ] {
            assert_eq!(printed(&rest).unwrap_err().kind(), kind, "{rest}");
        }
        assert_eq!(printed_token(b"t").unwrap_err().kind(), Kind::Malformed);
        let second = format!(r#"{{"version":2,"success":true,"token_type":"{jwt}","id_token":"t"}}"#);
        assert_eq!(printed_token(second.as_bytes()).unwrap_err().kind(), Kind::Malformed);
    }
}
