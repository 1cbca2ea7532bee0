//! Google: tokens of application-default credentials.

use super::{Found, HostHttp, Surroundings, Token};
use crate::{
    egress::origin::Origin,
    error::{Error, Kind, Result},
    manifest::{Scope, recipe},
};

/// Where tokens come from.
#[derive(Debug)]
pub(crate) struct Google {}

impl Google {
    pub(super) fn find(_: &recipe::Identity, _: &dyn Scope, _: Surroundings<'_>) -> Result<Found> {
        Err(Error::new(Kind::Config, "no credentials were found"))
    }

    pub(super) fn speaks_to(&self, _: &Origin) -> bool {
        false
    }

    pub(super) async fn token(&self, _: &HostHttp) -> Result<Token> {
        Err(Error::new(Kind::Config, "no credentials were found"))
    }

    pub(super) async fn forget_old(&self) -> bool {
        false
    }
}

/// The project that the credentials belong to.
pub(super) fn project(_: Surroundings<'_>) -> Option<String> {
    None
}
