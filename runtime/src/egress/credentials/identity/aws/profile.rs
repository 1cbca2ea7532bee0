//! What a profile makes its credentials from.

use aws_config::profile::{Profile, ProfileSet};

use super::{
    chain::{Variables, container, instance},
    source::{Base, Source},
};
use crate::{
    error::{Error, Kind, Result},
    text::Shown,
};

/// The source that the selected profile describes; none if it describes none.
///
/// # Errors
/// [`Kind::Config`] says what is wrong with the profile, or with one that it refers to.
pub(super) fn source(profiles: &ProfileSet, variables: &Variables) -> Result<Option<Source>> {
    let selected = profiles.selected_profile();
    let (mut name, mut passed, mut roles) = (selected, Vec::<&str>::new(), Vec::new());
    let base = loop {
        let Some(profile) = profiles.get_profile(name) else {
            return match passed.last() {
                None if name == "default" => Ok(None),
                None => Err(config(format!("there is no AWS profile {}, which AWS_PROFILE names", Shown(name)))),
                Some(last) => Err(wrong(last, &format!("refers to {}, which is not there", Shown(name)))),
            };
        };
        if passed.contains(&name) {
            return Err(wrong(name, "refers to itself by way of others"));
        }
        if !passed.is_empty() && has_keys(profile) {
            break Some(Base::Keys);
        }
        passed.push(name);
        // With a token in a file, the role is the token's own.
        let role = profile.get("role_arn").filter(|_| profile.get("web_identity_token_file").is_none());
        let Some(role) = role else { break base(profiles, profile, variables)? };
        roles.push(role.to_owned());
        match (profile.get("source_profile"), profile.get("credential_source")) {
            (Some(other), None) if other != name => name = other,
            (Some(_), None) | (None, Some(_)) => break base(profiles, profile, variables)?,
            _ => return Err(wrong(name, "has a role_arn and not one of source_profile and credential_source")),
        }
    };
    match base {
        Some(base) => {
            roles.reverse();
            Ok(Some(Source { profile: Some(selected.to_owned()), base, roles }))
        }
        None if passed.len() == 1 && roles.is_empty() => Ok(None),
        None => Err(wrong(name, "has no credentials, and another one takes them from it")),
    }
}

fn base(profiles: &ProfileSet, profile: &Profile, variables: &Variables) -> Result<Option<Base>> {
    let name = profile.name();
    if let Some(named) = profile.get("credential_source") {
        let found = match named.to_ascii_lowercase().as_str() {
            "environment" => return Err(wrong(name, "takes its access key from the environment, where none is set")),
            "ecscontainer" => container(variables)?,
            "ec2instancemetadata" => instance(variables)?,
            _ => return Err(wrong(name, &format!("has the unknown credential_source {}", Shown(named)))),
        };
        return found.map(Some).ok_or_else(|| wrong(name, "takes its credentials from where there are none"));
    }
    if let Some(token) = profile.get("web_identity_token_file") {
        let role =
            profile.get("role_arn").ok_or_else(|| wrong(name, "has a web_identity_token_file and no role_arn"))?;
        return Ok(Some(Base::WebIdentity { role: role.to_owned(), token: token.to_owned() }));
    }
    if let Some(session) = sign_on(profiles, profile)? {
        return Ok(Some(session));
    }
    if profile.get("login_session").is_some() {
        return Err(wrong(name, "has a login_session, which this version can't use"));
    }
    if let Some(command) = profile.get("credential_process") {
        // What follows the program may be secret.
        let program = command.trim_start();
        let end = match program.strip_prefix('"') {
            Some(quoted) => quoted.find('"').map(|end| end + 2),
            None => program.find(char::is_whitespace),
        };
        return Ok(Some(Base::Program(program.get(..end.unwrap_or(program.len())).unwrap_or(program).to_owned())));
    }
    Ok(has_keys(profile).then_some(Base::Keys))
}

fn sign_on(profiles: &ProfileSet, profile: &Profile) -> Result<Option<Base>> {
    let name = profile.name();
    let session = profile.get("sso_session");
    let (Some(account), Some(role)) = (profile.get("sso_account_id"), profile.get("sso_role_name")) else {
        // Without an account it is for services that take the token of the sign-on itself.
        return Ok(None);
    };
    let known = session.map(|session| {
        let missing = || wrong(name, &format!("names the sso-session {}, which is not there", Shown(session)));
        profiles.sso_session(session).ok_or_else(missing)
    });
    let known = known.transpose()?;
    let get = |key: &str| {
        let value = match known {
            Some(session) => session.get(key),
            None => profile.get(key),
        };
        value.map(str::to_owned).ok_or_else(|| wrong(name, &format!("lacks {key} for its sign-on")))
    };
    Ok(Some(Base::SignOn {
        role: role.to_owned(),
        account: account.to_owned(),
        start: get("sso_start_url")?,
        region: get("sso_region")?,
        renewed: session.is_some(),
    }))
}

fn has_keys(profile: &Profile) -> bool {
    profile.get("aws_access_key_id").is_some() && profile.get("aws_secret_access_key").is_some()
}

fn wrong(profile: &str, what: &str) -> Error {
    config(format!("the AWS profile {} {what}", Shown(profile)))
}

fn config(reason: impl Into<String>) -> Error {
    Error::new(Kind::Config, reason)
}
