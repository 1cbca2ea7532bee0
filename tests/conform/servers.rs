//! Every backend of ours on the best server there is for it.

use secret_runtime::{Operation, conform::Trial};

use super::{failed, skipped, tried};
use crate::{
    common::Component,
    scenarios::{
        access::Access,
        stage::Caller,
        subject::{Subject, Who},
        subjects::{
            agent_secret_store::AgentSecretStore, aws_kms::Kms, aws_secrets_manager::SecretsManager,
            azure_key_vault::AzureKeyVault, conjur::Conjur, dotenv::Dotenv, env::Env, google_kms::GoogleKms,
            google_secret_manager::GoogleSecretManager, vault::Vault,
        },
    },
};

/// A fresh server with one secret on it, and its name.
fn with_a_secret<S: Subject>() -> (S, String) {
    let subject = S::start();
    let known = format!("{}KNOWN", S::FOLDER);
    if S::OPERATIONS.contains(&Operation::Write) {
        owner(&subject).write(&known, "the-known-value").unwrap();
    } else {
        subject.put(&known, b"the-known-value").unwrap();
    }
    (subject, known)
}

fn access<S: Subject>(subject: &S) -> Access {
    subject.access(Who::Owner, &subject.address().unwrap_or_default()).unwrap()
}

fn owner<S: Subject>(subject: &S) -> Caller {
    Caller::load_component(Component::backend(S::COMPONENT), &access(subject), |builder| builder)
}

/// The only secret there is the one that was there before.
#[track_caller]
fn assert_clean<S: Subject>(subject: &S, known: &str) {
    let owner = owner(subject);
    let left: Vec<_> = owner.list(S::FOLDER, 100).unwrap().concat().into_iter().map(|entry| entry.name).collect();
    assert_eq!(left, [owner.backend.key(known).unwrap().to_string()]);
    assert_eq!(owner.read(known).unwrap(), b"the-known-value");
}

/// It passes, with secrets of the trial's own and without these rules.
#[track_caller]
fn passes<S: Subject>(untried: &[&str]) {
    let (subject, known) = with_a_secret::<S>();
    let trial = Trial::with_upstream().writing(true).secret(&known);
    let trial = untried.iter().fold(trial, |trial, rule| trial.untried(*rule, "another way to set it up"));
    let report = tried(&Component::backend(S::COMPONENT), &trial, |builder| access(&subject).give(builder));
    assert_eq!(failed(&report), [], "{report:#?}");
    assert_clean(&subject, &known);
}

#[test]
fn agent_secret_store_passes() {
    passes::<AgentSecretStore>(&[]);
}

#[test]
fn aws_kms_passes() {
    passes::<Kms>(&[]);
}

#[test]
fn aws_secrets_manager_passes() {
    passes::<SecretsManager>(&["POST / x-amz-target: secretsmanager.ReplicateSecretToRegions"]);
}

#[test]
fn azure_key_vault_passes() {
    passes::<AzureKeyVault>(&[]);
}

#[test]
fn conjur_passes() {
    passes::<Conjur>(&[]);
}

#[test]
fn dotenv_passes() {
    passes::<Dotenv>(&[]);
}

#[test]
fn env_passes() {
    passes::<Env>(&[]);
}

#[test]
fn google_kms_passes() {
    passes::<GoogleKms>(&[]);
}

#[test]
fn google_secret_manager_passes() {
    passes::<GoogleSecretManager>(&[]);
}

#[test]
fn vault_passes() {
    passes::<Vault>(&[]);
}

#[test]
fn without_writing_one_secret_is_read_and_nothing_is_changed() {
    let (subject, known) = with_a_secret::<Vault>();
    let trial = Trial::with_upstream().secret(&known);
    let report = tried(&Component::backend("vault"), &trial, |builder| access(&subject).give(builder));
    assert_eq!(failed(&report), []);
    let skipped: Vec<_> = skipped(&report).into_iter().map(|(id, _)| id).collect();
    assert!(skipped.contains(&"value.text") && skipped.contains(&"write.read-back"), "{skipped:?}");
    assert!(!skipped.contains(&"fault.500") && !skipped.contains(&"list.complete"), "{skipped:?}");
    assert_clean(&subject, &known);
}
