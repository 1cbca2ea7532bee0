//! The backends, one file for each.

pub(crate) mod agent_secret_store;
pub(crate) mod aws_kms;
pub(crate) mod aws_secrets_manager;
pub(crate) mod azure_key_vault;
pub(crate) mod conjur;
pub(crate) mod dotenv;
pub(crate) mod env;
pub(crate) mod google_kms;
pub(crate) mod google_secret_manager;
pub(crate) mod vault;
