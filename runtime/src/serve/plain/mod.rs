//! The plain interfaces: Dapr's secret API, and a JSON form of one secret.

mod dapr;
mod secret;

pub(crate) use self::{dapr::answer as dapr, secret::answer as secret};
