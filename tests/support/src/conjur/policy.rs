//! Policies, as far as they declare and delete variables.

use std::str;

use serde_json::json;

use super::{Rights, State, error};
use crate::Reply;

/// What a policy says.
#[derive(Debug, PartialEq, Eq)]
enum Statement {
    Declare(String),
    Delete(String),
}

/// Loads a policy into the root: POST adds, PATCH may delete too, PUT replaces all there was.
pub(super) fn load(state: &mut State, rights: Rights, method: &str, body: &[u8]) -> Reply {
    let allowed = if method == "POST" { rights.declare } else { rights.modify };
    if !rights.declare && !rights.modify {
        // Who may do nothing with the policy doesn't see it.
        return error(404, "not_found", "Policy 'root' not found");
    }
    if !allowed {
        return Reply::new(403, "");
    }
    if let Some(left) = state.busy.checked_sub(1) {
        state.busy = left;
        let busy = error(409, "policy_conflict", "Concurrent policy load in progress, please retry");
        return busy.with_header("Retry-After", "3");
    }
    let Some(statements) = str::from_utf8(body).ok().and_then(statements) else {
        return error(422, "policy_invalid", "the policy can't be read");
    };
    let deletes = statements.iter().any(|statement| matches!(statement, Statement::Delete(_)));
    if deletes && method == "POST" {
        return error(422, "validation_failed", "policy_text may not contain deletion statements");
    }
    if method == "PUT" {
        let kept = |name: &String| statements.contains(&Statement::Declare(name.clone()));
        state.variables.retain(|name, _| kept(name));
    }
    for statement in statements {
        match statement {
            Statement::Declare(name) => drop(state.variables.entry(name).or_default()),
            Statement::Delete(name) => drop(state.variables.remove(&name)),
        }
    }
    Reply::json(201, &json!({ "created_roles": {}, "version": 1 }))
}

/// Reads a policy. None: it is not one, or says what no client for secrets has to say.
fn statements(policy: &str) -> Option<Vec<Statement>> {
    let mut lines = policy.lines();
    let mut statements = Vec::new();
    while let Some(line) = lines.next() {
        statements.push(match line.strip_prefix("- ")? {
            "!delete" => Statement::Delete(variable(lines.next()?.strip_prefix("  record: ")?)?),
            declaration => Statement::Declare(variable(declaration)?),
        });
    }
    (!statements.is_empty()).then_some(statements)
}

/// Reads `!variable ID`, where the id is a plain word or stands in double quotes.
fn variable(declaration: &str) -> Option<String> {
    let id = declaration.strip_prefix("!variable ")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.');
    let id = match id.starts_with('"') {
        // Where JSON has quotes and escapes, YAML has the same.
        true => serde_json::from_str(id).ok()?,
        false => Some(id).filter(|id| id.chars().all(plain))?.to_owned(),
    };
    // An id that begins with a slash is an absolute one: the slash is no part of it.
    let good = !id.is_empty() && !id.starts_with('/') && id.chars().all(is_printable);
    good.then_some(id)
}

/// Whether YAML lets a character stand in a text as it is.
fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn policies_are_read_strictly() {
        let declare = |name: &str| Statement::Declare(name.into());
        assert_eq!(statements("- !variable db/password\n").unwrap(), [declare("db/password")]);
        assert_eq!(
            statements("- !variable \"a \\\"b\\\" \\\\ \u{fc}\"\n- !delete\n  record: !variable \"c\"\n").unwrap(),
            [declare("a \"b\" \\ \u{fc}"), Statement::Delete("c".into())]
        );
        for wrong in [
            "",
            "!variable a\n",
            "- !variable \n",
            "- !variable \"\"\n",
            "- !variable a b\n",
            "- !variable \"a\n",
            "- !variable /a\n",
            "- !variable \"a\u{2028}b\"\n",
            "- !user eve\n",
            "- !delete\n",
            "- !delete\n  record: !user eve\n",
            "- !variable \"a\"\n- !grant\n",
        ] {
            assert_eq!(statements(wrong), None, "{wrong:?}");
        }
    }
}
