//! One run of the vendor's chain, over what was found for it.

use std::pin::Pin;

use aws_config::{BehaviorVersion, Region, retry::RetryConfig};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials as _, error::CredentialsError},
};
use tracing::{instrument::WithSubscriber as _, subscriber::NoSubscriber};

use super::{
    chain::{Look, nothing},
    http::Client,
    source::Base,
};
use crate::error::{Error, Kind, Result};

/// Loads credentials from the source that was found.
pub(super) async fn load(look: &Look, region: &str, client: Client) -> Result<Credentials> {
    let fs = look.files.snapshot();
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .env(look.variables.env())
        .fs(fs.clone())
        .http_client(client.clone())
        .region(Region::new(region.to_owned()))
        // A read is tried again as a whole, within its own deadline.
        .retry_config(RetryConfig::disabled());
    // Boxed: as a part of ours, this future alone would be larger than all of it.
    let work: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(async {
        let chain = loader.load().await.credentials_provider();
        match chain {
            Some(chain) => chain.provide_credentials().await,
            None => Err(CredentialsError::not_loaded_no_source()),
        }
    });
    // The vendor's own log lines name commands with their arguments, and more.
    let loaded = work.with_subscriber(NoSubscriber::default()).await;
    if matches!(look.source.base, Base::SignOn { .. })
        && let Err(cause) = look.files.keep_renewed(&fs)
    {
        tracing::warn!(%cause, "a renewed token of single sign-on can't be kept in ~/.aws/sso/cache");
    }
    loaded.map_err(|error| meaning(look, &error, client.failure()))
}

/// What went wrong, in our own words: the vendor's may hold what a program or a server said.
fn meaning(look: &Look, error: &CredentialsError, failure: Option<Error>) -> Error {
    let source = &look.source;
    let new = |kind, what: &str| Error::new(kind, format!("no credentials come from {source}: {what}"));
    let unreachable = |error: &Error| matches!(error.kind(), Kind::Unavailable | Kind::Timeout);
    match (error, &source.base, failure) {
        // It is what is left where nothing is set up. On a machine outside of AWS nothing answers there.
        (CredentialsError::CredentialsNotLoaded(_), Base::Instance(_), None) => nothing(),
        (_, Base::Instance(_), Some(failure)) if unreachable(&failure) && source.profile.is_none() => nothing(),
        (_, _, Some(failure)) => failure,
        (CredentialsError::ProviderTimedOut(_), ..) => new(Kind::Timeout, "time ran out"),
        (CredentialsError::InvalidConfiguration(_), ..) => new(Kind::Config, "it is not set up as it should be"),
        (_, Base::Program(_), _) => new(Kind::Unauthenticated, "the program failed, or printed something else"),
        (_, Base::SignOn { .. }, _) => {
            new(Kind::Unauthenticated, "the sign-on has ended or was never made; run `aws sso login`")
        }
        (CredentialsError::CredentialsNotLoaded(_), ..) => new(Kind::Config, "there are none"),
        _ => new(Kind::Malformed, "the reply is not in the shape it should have"),
    }
}
