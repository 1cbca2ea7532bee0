//! What stands between a caller and a backend: audit, fallback, policy, cache, retry.

mod audit;
mod cache;
mod policy;
mod retry;
