//! Microsoft Entra: tokens for Azure services.

use super::{Found, HostHttp, Read, Sources, Surroundings, Token};
use crate::{
    egress::origin::Origin,
    error::{Error, Kind, Result},
    manifest::{Scope, recipe},
};

/// Where tokens come from.
#[derive(Debug)]
pub(crate) struct Azure {}

impl Azure {
    pub(super) fn find(_: &recipe::Identity, _: &dyn Scope, _: &Sources, _: Surroundings<'_>) -> Result<Found> {
        Err(Error::new(Kind::Config, "no credentials were found"))
    }

    pub(super) fn speaks_to(&self, _: &Origin) -> bool {
        false
    }

    pub(super) async fn token(&self, _: &HostHttp, _: &Read) -> Result<Token> {
        Err(Error::new(Kind::Config, "no credentials were found"))
    }

    pub(super) async fn forget_old(&self, _: &Read) -> bool {
        false
    }
}
