//! Where application-default credentials are looked for, in Google's order. Nothing is asked over the network yet.

use std::path::PathBuf;

use super::{super::Surroundings, metadata::Metadata, program};
use crate::{
    error::{Error, Kind, Result},
    text::Shown,
};

/// Variables that name a credential file: Google's own, and one that people of LiteLLM have.
const FILE: [&str; 2] = ["GOOGLE_APPLICATION_CREDENTIALS", "GCS_PATH_SERVICE_ACCOUNT"];
/// The variable that names the folder of gcloud's configuration.
const GCLOUD_FOLDER: &str = "CLOUDSDK_CONFIG";
/// The file in that folder.
const WELL_KNOWN: &str = "application_default_credentials.json";
/// Variables that name the metadata server.
const METADATA: [&str; 2] = ["GCE_METADATA_HOST", "GCE_METADATA_ROOT"];
/// The variable that says, as `true`, that there is no metadata server.
const NO_METADATA: &str = "NO_GCE_CHECK";

/// The variable that names the project which requests are counted to.
const QUOTA_PROJECT: &str = "GOOGLE_CLOUD_QUOTA_PROJECT";

/// Where credentials are.
pub(super) enum Place {
    /// In this file.
    File {
        path: PathBuf,
        /// Whether it may name a program to run.
        may_run: bool,
    },
    /// The metadata server has them, if there is one.
    Metadata(Metadata),
}

/// The first place where there are credentials.
///
/// # Errors
/// [`Kind::Config`] says where there are none.
pub(super) fn place(around: Surroundings<'_>) -> Result<Place> {
    let Some(environment) = around.environment else {
        let reason = "Google credentials are looked for in the environment only, and none was handed in";
        return Err(Error::new(Kind::Config, reason));
    };
    let variable = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    if let Some(path) = FILE.into_iter().find_map(variable) {
        return Ok(Place::File { path: PathBuf::from(path.as_str()), may_run: false });
    }
    let of_home = around.home.map(|home| home.join(".config/gcloud"));
    let folder = variable(GCLOUD_FOLDER).map(|folder| PathBuf::from(folder.as_str())).or_else(|| of_home.clone());
    let well_known = folder.as_ref().map(|folder| folder.join(WELL_KNOWN));
    if let Some(path) = well_known.as_ref().filter(|path| path.is_file()) {
        let allowed = variable(program::ALLOWED).is_some_and(|value| value.as_str() == "1");
        return Ok(Place::File { path: path.clone(), may_run: allowed && folder == of_home });
    }
    let file =
        well_known.map(|path| format!(", there is no file {}", Shown(&path.to_string_lossy()))).unwrap_or_default();
    let elsewhere = format!("{} is not set{file}", FILE[0]);
    if let Some(host) = METADATA.into_iter().find_map(variable) {
        return Metadata::named(&host).map(Place::Metadata);
    }
    if variable(NO_METADATA).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        let reason = format!(
            "no Google credentials were found: {elsewhere}, and {NO_METADATA} says that this is none of Google's machines"
        );
        return Err(Error::new(Kind::Config, reason));
    }
    Metadata::usual(elsewhere).map(Place::Metadata)
}

/// The project that the environment wants requests counted to.
///
/// # Errors
/// [`Kind::Config`] if it can't be a project.
pub(super) fn quota_project(around: Surroundings<'_>) -> Result<Option<String>> {
    let project = around.environment.and_then(|environment| environment.get(QUOTA_PROJECT));
    match project.filter(|project| !project.is_empty()) {
        Some(project) if is_project(&project) => Ok(Some(project.to_string())),
        Some(_) => Err(Error::new(Kind::Config, format!("{QUOTA_PROJECT} is no project"))),
        None => Ok(None),
    }
}

/// Whether it can be a project's id or number, perhaps with a domain before it.
pub(super) fn is_project(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

    use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

    use super::*;
    use crate::environment::Environment;

    fn looked(home: &Path, variables: &[(&str, &str)]) -> Result<Place> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let environment: BTreeMap<String, String> = variables.iter().map(owned).collect();
        let environment: Arc<dyn Environment> = Arc::new(environment);
        place(Surroundings { environment: Some(&environment), home: Some(home) })
    }

    fn file(home: &Path, variables: &[(&str, &str)]) -> (PathBuf, bool) {
        match looked(home, variables).unwrap() {
            Place::File { path, may_run } => (path, may_run),
            Place::Metadata(metadata) => panic!("{metadata:?}"),
        }
    }

    #[test]
    fn a_named_file_counts_before_the_users_own_and_that_before_the_machine() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        let of_machine = |variables: &[(&str, &str)]| match looked(home, variables).unwrap() {
            Place::File { path, .. } => panic!("{path:?}"),
            Place::Metadata(metadata) => metadata.origin(),
        };
        assert_eq!(of_machine(&[]), "http://metadata.google.internal");
        assert_eq!(of_machine(&[("GCE_METADATA_HOST", "127.0.0.1:1")]), "http://127.0.0.1:1");
        let gcloud = home.join(".config/gcloud");
        let own = gcloud.join(WELL_KNOWN);
        fs::create_dir_all(&gcloud).unwrap();
        fs::write(&own, "{}").unwrap();
        assert_eq!(file(home, &[("GCE_METADATA_HOST", "127.0.0.1:1")]), (own.clone(), false));
        let named = |name: &str| file(home, &[(name, "/x.json"), (program::ALLOWED, "1")]);
        for name in FILE {
            assert_eq!(named(name), ("/x.json".into(), false), "{name}");
        }
        assert_eq!(of_machine(&[("CLOUDSDK_CONFIG", "/nowhere")]), "http://metadata.google.internal");
        assert_eq!(file(home, &[(program::ALLOWED, "1")]), (own.clone(), true));
        assert_eq!(file(home, &[(program::ALLOWED, "true")]), (own.clone(), false));
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join(WELL_KNOWN), "{}").unwrap();
        let elsewhere = [("CLOUDSDK_CONFIG", other.path().to_str().unwrap()), (program::ALLOWED, "1")];
        assert_eq!(file(home, &elsewhere), (other.path().join(WELL_KNOWN), false));
    }

    #[test]
    fn where_nothing_is_found_it_says_where_it_looked() {
        let home = tempfile::tempdir().unwrap();
        let error = looked(home.path(), &[(NO_METADATA, "true")]).err().unwrap();
        assert_eq!(error.kind(), Kind::Config);
        for place in ["GOOGLE_APPLICATION_CREDENTIALS", WELL_KNOWN, NO_METADATA] {
            assert!(error.to_string().contains(place), "{error}");
        }
        let nobody = place(Surroundings { environment: None, home: Some(home.path()) }).err().unwrap();
        assert_eq!(nobody.kind(), Kind::Config);
    }
}
