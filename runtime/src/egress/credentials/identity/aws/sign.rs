//! Signature Version 4 over exactly what is sent.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings},
    sign::v4::SigningParams,
};
use zeroize::Zeroizing;

use crate::{
    egress::client::Outgoing,
    error::{Error, Kind, Result},
};

/// Headers that signing adds. A backend's own are dropped: they would stand beside ours.
const SIGNED_BY_US: [&str; 4] = ["authorization", "host", "x-amz-date", "x-amz-security-token"];

/// What a signature is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Purpose {
    /// The service's name in signatures.
    pub(crate) service: String,
    /// The region.
    pub(crate) region: String,
}

/// Signs a request: its method, path, query, host, headers and body. Nothing of it may change afterwards.
pub(crate) fn sign(
    outgoing: &mut Outgoing,
    credentials: &Credentials,
    purpose: &Purpose,
    now: SystemTime,
) -> Result<()> {
    outgoing.headers.retain(|(name, _)| !SIGNED_BY_US.iter().any(|ours| name.eq_ignore_ascii_case(ours)));
    let identity = credentials.clone().into();
    let params = SigningParams::builder()
        .identity(&identity)
        .name(&purpose.service)
        .region(&purpose.region)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| unsigned())?
        .into();
    let headers = outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let body = SignableBody::Bytes(outgoing.body.as_ref().map_or(&[], |body| body.as_slice()));
    let request =
        SignableRequest::new(outgoing.method, outgoing.url.as_str(), headers, body).map_err(|_| unsigned())?;
    // The library traces what it signs, the session token with it.
    let silent = tracing::subscriber::NoSubscriber::default();
    let signed = tracing::subscriber::with_default(silent, || aws_sigv4::http_request::sign(request, &params));
    let (headers, _) = signed.map_err(|_| unsigned())?.into_parts().0.into_parts();
    let added = headers.iter().map(|header| (header.name().to_owned(), Zeroizing::new(header.value().to_owned())));
    outgoing.headers.extend(added);
    Ok(())
}

fn unsigned() -> Error {
    Error::new(Kind::Refused, "the request can't be signed: a header of it is not text").by_rule("header")
}
