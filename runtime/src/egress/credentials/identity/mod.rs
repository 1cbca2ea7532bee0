//! Built-in identities: the credentials of a cloud, found where its own tools keep them, with audiences of their own.
//!
//! An identity is found before the grant, without any request, so that the grant can say where its credentials come
//! from and where they go. Only identities may speak to metadata services.
#![cfg_attr(
    not(all(feature = "aws", feature = "azure", feature = "google")),
    allow(dead_code, unreachable_patterns, unused_imports, unused_variables, reason = "what uses it is left out")
)]

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "azure")]
mod azure;
#[cfg(any(feature = "azure", feature = "google"))]
mod endpoint;
#[cfg(feature = "google")]
mod google;
#[cfg(any(feature = "azure", feature = "google"))]
mod jwt;
#[cfg(any(feature = "azure", feature = "google"))]
mod machine;
pub(crate) mod partition;
#[cfg(any(feature = "azure", feature = "google"))]
mod wire;

use std::{path::Path, sync::Arc};

use zeroize::Zeroizing;

use super::{HostHttp, Read, minter::Minter, token::Token};
use crate::{
    egress::{
        client::{Outgoing, Reply},
        origin::Origin,
    },
    environment::Environment,
    error::{Error, Kind, Result},
    manifest::{IdentityFact, IdentityKind, recipe, settings::Resolved},
};

/// Where an identity may look: what the operator handed in, and nothing else.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// The environment; none where none was handed in.
    pub(crate) environment: Option<&'a Arc<dyn Environment>>,
    /// The folder for which `~/` stands.
    pub(crate) home: Option<&'a Path>,
}

/// An identity that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The identity.
    pub(crate) identity: Arc<Identity>,
    /// Where its credentials come from, in words for the grant.
    pub(crate) from: String,
    /// The origins that it asks for tokens.
    pub(crate) asks: Vec<String>,
    /// Whether they are in files of the user's, or a program that such a file names prints them.
    pub(crate) in_files: bool,
}

/// A built-in identity with the source of its credentials.
#[derive(Debug)]
pub(crate) enum Identity {
    /// Signs requests for AWS.
    #[cfg(feature = "aws")]
    Aws(aws::Aws),
    /// A token of Microsoft Entra.
    #[cfg(feature = "azure")]
    Azure(azure::Azure),
    /// A token of Google's.
    #[cfg(feature = "google")]
    Google(google::Google),
}

impl Identity {
    /// Finds the identity that a recipe declares, with the operator's settings.
    ///
    /// # Errors
    /// [`Kind::Config`] says where nothing was found; [`Kind::Unsupported`] for a kind this build does not have.
    pub(crate) fn find(declared: &recipe::Identity, settings: &Resolved, around: Surroundings<'_>) -> Result<Found> {
        match declared.kind {
            #[cfg(feature = "aws")]
            IdentityKind::AwsSigv4 => aws::Aws::find(declared, settings, around),
            #[cfg(feature = "azure")]
            IdentityKind::Azure => azure::Azure::find(declared, settings, around),
            #[cfg(feature = "google")]
            IdentityKind::Google => google::Google::find(declared, settings, around),
            #[allow(unreachable_patterns, reason = "reachable in a build without one of them")]
            kind => {
                let reason = format!("this build of the runtime has no {} identity", kind.as_str());
                Err(Error::new(Kind::Unsupported, reason))
            }
        }
    }

    /// What an identity of this kind can tell without a request: a region, a project.
    pub(crate) fn fact(kind: IdentityKind, fact: IdentityFact, around: Surroundings<'_>) -> Option<String> {
        match (kind, fact) {
            #[cfg(feature = "aws")]
            (IdentityKind::AwsSigv4, IdentityFact::Region) => aws::region(around),
            #[cfg(feature = "google")]
            (IdentityKind::Google, IdentityFact::Project) => google::project(around),
            _ => None,
        }
    }

    /// Variables that hold credentials of an identity of this kind, beside those a manifest declares.
    pub(crate) const fn credential_variables(kind: IdentityKind) -> &'static [&'static str] {
        match kind {
            IdentityKind::AwsSigv4 => &[
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SESSION_TOKEN",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN",
            ],
            IdentityKind::Azure => &["IDENTITY_HEADER"],
            IdentityKind::Google => &[],
        }
    }

    /// Whether what it adds may go to this origin without the operator having typed it.
    pub(crate) fn speaks_to(&self, origin: &Origin) -> bool {
        match *self {
            #[cfg(feature = "aws")]
            Self::Aws(ref aws) => aws.speaks_to(origin),
            #[cfg(feature = "azure")]
            Self::Azure(ref azure) => azure.speaks_to(origin),
            #[cfg(feature = "google")]
            Self::Google(ref google) => google.speaks_to(origin),
        }
    }

    /// A token for `{exchanged}`; none of an identity that signs.
    pub(crate) async fn token(&self, http: &HostHttp, credentials: &Read) -> Result<Option<Token>> {
        match *self {
            #[cfg(feature = "aws")]
            Self::Aws(_) => Ok(None),
            #[cfg(feature = "azure")]
            Self::Azure(ref azure) => azure.token(http, credentials).await.map(Some),
            #[cfg(feature = "google")]
            Self::Google(ref google) => google.token(http).await.map(Some),
        }
    }

    /// What goes into a request beside the token.
    pub(crate) fn header(&self) -> Option<(String, Zeroizing<String>)> {
        match self {
            #[cfg(feature = "google")]
            Self::Google(google) => google.header(),
            _ => None,
        }
    }

    /// Signs a request as it is about to be sent. Answers what must not come back in the reply.
    pub(crate) async fn sign(&self, http: &Arc<HostHttp>, outgoing: &mut Outgoing) -> Result<Vec<Zeroizing<Vec<u8>>>> {
        match self {
            #[cfg(feature = "aws")]
            Self::Aws(aws) => aws.sign(http, outgoing).await,
            _ => Ok(Vec::new()),
        }
    }

    /// Whether a reply says that what was added is no longer good; none where the status alone says so.
    pub(crate) fn refused_by(&self, reply: &Reply) -> Option<bool> {
        match self {
            #[cfg(feature = "aws")]
            Self::Aws(_) => Some(aws::Aws::refused_by(reply)),
            _ => None,
        }
    }

    /// Forgets what was refused if it is old enough for that to be its fault; answers whether to try again.
    pub(crate) async fn forget_old(&self, credentials: &Read) -> bool {
        match *self {
            #[cfg(feature = "aws")]
            Self::Aws(ref aws) => aws.forget_old().await,
            #[cfg(feature = "azure")]
            Self::Azure(ref azure) => azure.forget_old(credentials).await,
            #[cfg(feature = "google")]
            Self::Google(ref google) => google.forget_old().await,
        }
    }
}
