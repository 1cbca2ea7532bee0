//! One table of scenarios that every backend goes through.
//!
//! A [`Subject`](subject::Subject) says what a backend is and what it supports; [`table`] lists the scenarios. Each
//! subject goes through all of them: what it does not support has to be refused, which the scenario checks instead.
//!
//! To add a backend: fill in `subjects/NAME.rs`, and give it a line below, in alphabetical order. Its tests are then
//! called `scenarios::NAME::SCENARIO`.

#[macro_use]
mod table;

pub(crate) mod access;
mod changes;
mod exits;
mod faults;
mod listing;
mod names;
mod races;
mod refusals;
pub(crate) mod stage;
pub(crate) mod subject;
pub(crate) mod subjects;
mod tokens;
mod twin;
mod values;

subject!(agent_secret_store, subjects::agent_secret_store::AgentSecretStore);
subject!(aws_kms, subjects::aws_kms::Kms);
subject!(aws_secrets_manager, subjects::aws_secrets_manager::SecretsManager);
subject!(azure_key_vault, subjects::azure_key_vault::AzureKeyVault);
subject!(conjur, subjects::conjur::Conjur);
subject!(dotenv, subjects::dotenv::Dotenv);
subject!(env, subjects::env::Env);
subject!(google_kms, subjects::google_kms::GoogleKms);
subject!(google_secret_manager, subjects::google_secret_manager::GoogleSecretManager);
subject!(vault, subjects::vault::Vault);
