//! What Google keeps beside a secret's versions: labels for tags, an annotation for the description, an expiry.

use std::collections::BTreeMap;

use secret_runtime_guest::{Error, NewSecret, Result, time};

use crate::reply::Named;

/// The annotation that holds a description.
const DESCRIPTION: &str = "description";

/// What Google allows: so many labels, so many characters and bytes in a label's name and in its value, and so many
/// bytes in all annotations.
const LABELS: usize = 64;
const LABEL_CHARACTERS: usize = 63;
const LABEL_BYTES: usize = 128;
const ANNOTATION_BYTES: usize = 16 << 10;

/// What is to be kept beside a secret.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Beside {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) expire_time: Option<String>,
}

impl Beside {
    /// What a write asks for, if Google can keep it.
    pub(crate) fn of(secret: &NewSecret) -> Result<Self> {
        let labels: BTreeMap<_, _> = secret.tags.iter().cloned().collect();
        if labels.len() > LABELS || !labels.iter().all(|(name, value)| is_label(name, value)) {
            return Err(Error::invalid(format!(
                "Google keeps {LABELS} tags; their names and values are of lower-case letters, digits, - and _, at \
                 most {LABEL_CHARACTERS} of them, and a name begins with a letter"
            )));
        }
        let annotations = secret.description.iter().map(|text| (DESCRIPTION.to_owned(), text.clone())).collect();
        if secret.description.as_ref().is_some_and(|text| DESCRIPTION.len() + text.len() > ANNOTATION_BYTES) {
            return Err(Error::invalid("Google keeps a description of at most 16 KiB"));
        }
        Ok(Self { labels, annotations, expire_time: secret.expires_at.map(time::to_rfc3339) })
    }

    /// Whether there is nothing to keep.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether all of it is kept beside this secret already.
    pub(crate) fn is_with(&self, secret: &Named) -> bool {
        let has = |kept: &BTreeMap<_, _>, (name, value)| kept.get(name) == Some(value);
        let moment = |text: &Option<String>| text.as_deref().and_then(time::from_rfc3339);
        self.labels.iter().all(|label| has(&secret.labels, label))
            && self.annotations.iter().all(|annotation| has(&secret.annotations, annotation))
            && (self.expire_time.is_none() || moment(&self.expire_time) == moment(&secret.expire_time))
    }
}

/// Whether Google takes this label. Letters without case count as lower-case.
fn is_label(name: &str, value: &str) -> bool {
    let letter = |c: char| c.is_alphabetic() && !c.is_uppercase();
    let plain = |c: char| letter(c) || c.is_numeric() || matches!(c, '-' | '_');
    let fits =
        |text: &str| text.chars().all(plain) && text.chars().count() <= LABEL_CHARACTERS && text.len() <= LABEL_BYTES;
    name.starts_with(letter) && fits(name) && fits(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn tagged(tags: &[(&str, &str)]) -> NewSecret {
        let tags = tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        NewSecret { tags, ..NewSecret::new("KEY", "value") }
    }

    #[test]
    fn tags_description_and_expiry_are_written_as_google_has_them() {
        let secret = NewSecret {
            description: Some("For the app, really".into()),
            expires_at: Some(1_795_343_295_500),
            ..tagged(&[("team", "a-1"), ("über", "")])
        };
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let expected = Beside {
            labels: pairs(&[("team", "a-1"), ("über", "")]),
            annotations: pairs(&[("description", "For the app, really")]),
            expire_time: Some("2026-11-22T10:28:15.5Z".into()),
        };
        assert_eq!(Beside::of(&secret), Ok(expected));
        assert!(Beside::of(&tagged(&[])).unwrap().is_empty());
    }

    #[test]
    fn what_google_would_refuse_is_refused_before() {
        let long = "x".repeat(64);
        for (name, value) in
            [("Team", ""), ("team", "A"), ("1st", ""), ("", ""), ("a b", ""), ("a", "b.c"), (&long, ""), ("a", &long)]
        {
            assert!(matches!(Beside::of(&tagged(&[(name, value)])), Err(Error::Invalid(_))), "{name}={value}");
        }
        let names: Vec<_> = (0..65).map(|number| format!("l{number}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
        assert!(matches!(Beside::of(&tagged(&many)), Err(Error::Invalid(_))));
        let described = NewSecret { description: Some("x".repeat(16_374)), ..tagged(&[]) };
        assert!(matches!(Beside::of(&described), Err(Error::Invalid(_))));
    }

    #[test]
    fn what_is_kept_already_is_recognised() {
        let secret = NewSecret { description: Some("D".into()), expires_at: Some(1_000), ..tagged(&[("team", "a")]) };
        let beside = Beside::of(&secret).unwrap();
        let kept = |json: &str| beside.is_with(&serde_json::from_str(json).unwrap());
        assert!(kept(
            r#"{"name":"n","labels":{"team":"a","other":"b"},"annotations":{"description":"D"},"expireTime":"1970-01-01T00:00:01.000Z"}"#
        ));
        assert!(!kept(r#"{"name":"n"}"#));
        assert!(!kept(
            r#"{"name":"n","labels":{"team":"b"},"annotations":{"description":"D"},"expireTime":"1970-01-01T00:00:01Z"}"#
        ));
        assert!(!kept(r#"{"name":"n","labels":{"team":"a"},"annotations":{"description":"D"}}"#));
    }
}
