//! Trust: what the operator is asked, what is recorded, and what has no effect before.

mod asked;
mod configuration;
mod diff;
mod recorded;
mod records;
mod run;
