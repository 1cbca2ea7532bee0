//! The encryption context: what has to be said again, to the letter, to decrypt what was encrypted with it.

use std::collections::BTreeMap;

use secret_runtime_guest::{Error, Result, config};

/// The context of a secret: the pairs of the setting `context`, and the secret's name where `bind-name` says which key
/// it stands under. None if there is nothing in it.
pub(crate) fn of(name: &str) -> Result<Option<BTreeMap<String, String>>> {
    with(config::pairs("context")?, config::get("bind-name"), name)
}

fn with(
    pairs: Vec<(String, String)>,
    bind_name: Option<String>,
    name: &str,
) -> Result<Option<BTreeMap<String, String>>> {
    let bound = bind_name.map(|key| (key, name.to_owned()));
    let mut context = BTreeMap::new();
    for (key, value) in pairs.into_iter().chain(bound) {
        if context.insert(key.clone(), value).is_some() {
            return Err(Error::invalid(format!("the encryption context has the key `{key}` twice")));
        }
    }
    Ok((!context.is_empty()).then_some(context))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn the_name_joins_the_pairs_where_it_is_bound() {
        let all = BTreeMap::from([pair("app", "x"), pair("secret", "a/KEY")]);
        assert_eq!(with(vec![pair("app", "x")], Some("secret".into()), "a/KEY"), Ok(Some(all)));
        assert_eq!(with(vec![pair("app", "x")], None, "a/KEY"), Ok(Some(BTreeMap::from([pair("app", "x")]))));
        assert_eq!(with(Vec::new(), None, "a/KEY"), Ok(None));
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        assert!(matches!(with(vec![pair("a", "1"), pair("a", "1")], None, "KEY"), Err(Error::Invalid(_))));
        assert!(matches!(with(vec![pair("a", "1")], Some("a".into()), "KEY"), Err(Error::Invalid(_))));
    }
}
