//! Built-in identities: where their credentials come from, each on loopback.

mod aws;
