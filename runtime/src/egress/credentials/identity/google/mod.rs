//! Google: tokens of application-default credentials.
//!
//! Google's own crate can't be handed our connector: it has a client of its own, follows the proxies of the
//! environment, refreshes in the background and reads the process's variables by itself. The protocols are one or two
//! requests each, so they run here, through egress.

mod external;
mod file;
mod find;
mod metadata;
mod mint;
mod program;

use std::{path::PathBuf, sync::Arc};

use zeroize::Zeroizing;

use self::{file::File, metadata::Metadata};
use super::{Found, HostHttp, Identity, Minter, Surroundings, Token, endpoint::Endpoint};
use crate::{
    egress::{
        credentials::{source::read_file, token::Basis},
        origin::{HostPattern, Origin, Scheme},
    },
    error::{Error, Kind, Result},
    manifest::{
        Scope,
        recipe::{self, ScopeMatch},
    },
    text::Shown,
};

/// What a token is for unless the manifest says otherwise, and what one identity needs to act as another.
const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Where tokens come from.
#[derive(Debug)]
pub(crate) struct Google {
    place: Place,
    scopes: Vec<String>,
    /// The project that requests are counted to, where that is not the one they are about.
    quota_project: Option<String>,
    minter: Minter<Zeroizing<String>>,
}

/// Where credentials were found.
#[derive(Debug)]
enum Place {
    /// In a file, read again for each token.
    File(Granted),
    /// The machine we run on vouches for us.
    Metadata(Metadata),
}

/// A credential file.
#[derive(Clone, Debug)]
struct Granted {
    path: PathBuf,
    /// Whether it may name a program to run.
    may_run: bool,
    /// What it had us do when the grant was asked for.
    then: Does,
}

/// What a credential file has us do, as a grant shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Does {
    /// Where it says that more is to be had.
    with: Option<String>,
    asks: Vec<String>,
}

impl Google {
    pub(super) fn find(declared: &recipe::Identity, settings: &dyn Scope, around: Surroundings<'_>) -> Result<Found> {
        let templates = declared.settings.get("scopes").map(Vec::as_slice).unwrap_or_default();
        let mut scopes: Vec<_> =
            templates.iter().filter_map(|scope| scope.expand(settings)).map(|scope| scope.to_string()).collect();
        if scopes.is_empty() {
            scopes.push(CLOUD_PLATFORM.to_owned());
        }
        let mut quota_project = None;
        let (place, from, asks) = match find::place(around)? {
            find::Place::File { path, may_run } => {
                let mut granted = Granted { path, may_run, then: Does::default() };
                let file = granted.read()?;
                granted.then = Does::of(&file);
                quota_project.clone_from(&file.quota_project);
                let with = granted.then.with.as_ref().map(|with| format!(", {with}")).unwrap_or_default();
                let from = format!("the file {}{with}", granted.path.display());
                (Place::File(granted.clone()), from, granted.then.asks)
            }
            find::Place::Metadata(metadata) => {
                let asks = vec![metadata.origin()];
                (Place::Metadata(metadata), "the metadata server of this machine".to_owned(), asks)
            }
        };
        let quota_project = find::quota_project(around)?.or(quota_project);
        let google = Self { place, scopes, quota_project, minter: Minter::new(ScopeMatch::Exact) };
        let in_files = matches!(google.place, Place::File(_));
        Ok(Found { identity: Arc::new(Identity::Google(google)), from, asks, in_files })
    }

    /// Tokens are for Google's own services.
    pub(super) fn speaks_to(&self, origin: &Origin) -> bool {
        let HostPattern::Exact(url::Host::Domain(host)) = &origin.host else { return false };
        origin.scheme == Scheme::Https && origin.port == 443 && file::is_google(host)
    }

    /// The header that names the project that requests are counted to.
    pub(super) fn header(&self) -> Option<(String, Zeroizing<String>)> {
        let project = self.quota_project.as_ref()?;
        Some(("x-goog-user-project".to_owned(), Zeroizing::new(project.clone())))
    }

    pub(super) async fn token(&self, http: &HostHttp) -> Result<Token> {
        let mint = || async {
            match &self.place {
                Place::Metadata(metadata) => metadata.mint(http, &self.scopes).await,
                Place::File(granted) => granted.unchanged()?.mint(http, &self.scopes).await,
            }
        };
        self.minter.token(Basis::nothing(), &self.scopes, mint).await
    }

    pub(super) async fn forget_old(&self) -> bool {
        self.minter.forget_old(Basis::nothing(), &self.scopes).await
    }
}

impl Granted {
    fn read(&self) -> Result<File> {
        let bytes = Zeroizing::new(read_file("google", &self.path)?);
        let bad = |why: &dyn std::fmt::Display, kind| {
            let path = self.path.display().to_string();
            Error::new(kind, format!("the Google credential file {} can't be used: {why}", Shown(&path)))
        };
        let file = File::parse(&bytes).map_err(|cause| bad(&cause, cause.kind()))?;
        if file.runs_program() && !self.may_run {
            let why = format!(
                "it names a program; that is run only from the file in your own home, with {}=1",
                program::ALLOWED
            );
            return Err(bad(&why, Kind::Refused));
        }
        Ok(file)
    }

    /// The file as it is now, if it still has us do what was granted.
    fn unchanged(&self) -> Result<File> {
        let file = self.read()?;
        if Does::of(&file) == self.then {
            return Ok(file);
        }
        let path = self.path.display().to_string();
        let reason = format!("the credential file {} asks for something else than was granted", Shown(&path));
        Err(Error::new(Kind::Untrusted, reason))
    }
}

impl Does {
    fn of(file: &File) -> Self {
        let mut asks: Vec<_> = file.endpoints().into_iter().map(Endpoint::origin).collect();
        asks.sort_unstable();
        asks.dedup();
        Self { with: file.with(), asks }
    }
}

/// The project that the credentials belong to.
pub(super) fn project(around: Surroundings<'_>) -> Option<String> {
    let Ok(find::Place::File { path, may_run }) = find::place(around) else { return None };
    let file = Granted { path, may_run, then: Does::default() }.read().ok()?;
    file.project.or(file.quota_project)
}
