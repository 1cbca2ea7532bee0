//! Built-in identities: where their credentials come from, each on loopback.

mod aws;
mod azure;
mod caller;
mod google;
mod google_files;
mod google_judge;
