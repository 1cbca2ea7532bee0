//! The plain interfaces: Dapr's secret API, and a JSON form of one secret.

use super::{Live, caller::Caller, reply::Reply, request::Asked};

/// Answers `GET /v1.0/secrets/{store}/{name}` as Dapr does.
pub(crate) async fn dapr(_live: &Live, _caller: &Caller, _asked: &Asked, _rest: &[&str]) -> Result<Reply, Reply> {
    Err(Reply::not_found())
}

/// Answers `GET /runtime/v1/secrets/{mount}/{name}`.
pub(crate) async fn secret(_live: &Live, _caller: &Caller, _asked: &Asked, _rest: &[&str]) -> Result<Reply, Reply> {
    Err(Reply::not_found())
}
