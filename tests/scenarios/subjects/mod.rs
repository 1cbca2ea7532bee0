//! The backends, one file for each.

pub(super) mod agent_secret_store;
pub(super) mod aws_kms;
pub(super) mod aws_secrets_manager;
pub(super) mod azure_key_vault;
pub(super) mod conjur;
pub(super) mod dotenv;
pub(super) mod env;
pub(super) mod google_kms;
pub(super) mod google_secret_manager;
pub(super) mod vault;
