//! Storage in memory, as strict as the runtime's.

use std::collections::BTreeMap;

use crate::storage::{Blob, Failure};

/// What the operator granted.
#[derive(Default)]
pub(super) enum Storage {
    #[default]
    Nothing,
    /// One file, where there is one, and how often it was written: that names its content.
    File { content: Option<Vec<u8>>, edition: u64 },
    /// Variables, for reading alone.
    Variables(BTreeMap<String, String>),
}

impl Storage {
    pub(super) fn keys(&self) -> Result<Vec<String>, Failure> {
        match self {
            Self::Nothing => Err(not_granted()),
            Self::File { .. } => Ok(vec![String::new()]),
            Self::Variables(variables) => Ok(variables.keys().cloned().collect()),
        }
    }

    pub(super) fn read(&self, key: &str) -> Result<Option<Blob>, Failure> {
        match self {
            Self::Nothing => Err(not_granted()),
            Self::File { content: Some(data), edition } if key.is_empty() => {
                Ok(Some(Blob { data: data.clone(), etag: edition.to_string() }))
            }
            Self::File { .. } => Ok(None),
            Self::Variables(variables) => {
                Ok(variables.get(key).map(|value| Blob { data: value.clone().into_bytes(), etag: "0".to_owned() }))
            }
        }
    }

    pub(super) fn replace(
        &mut self,
        key: &str,
        data: Option<&[u8]>,
        unchanged: Option<&str>,
    ) -> Result<String, Failure> {
        let Self::File { content, edition } = self else {
            return Err(match self {
                Self::Nothing => not_granted(),
                _ => Failure::Refused("the storage is granted for reading only".to_owned()),
            });
        };
        if !key.is_empty() {
            return Err(Failure::Refused("the granted storage is one file: it has no other keys".to_owned()));
        }
        let etag = content.is_some().then(|| edition.to_string());
        if etag.as_deref() != unchanged {
            return Err(Failure::Changed);
        }
        *content = data.map(<[u8]>::to_vec);
        *edition += 1;
        Ok(edition.to_string())
    }
}

fn not_granted() -> Failure {
    Failure::Refused("the backend asks for storage and none is granted".to_owned())
}
