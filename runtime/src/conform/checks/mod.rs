//! The checks, a file for each subject.

pub(super) mod absence;
pub(super) mod changes;
pub(super) mod contract;
pub(super) mod faults;
pub(super) mod listing;
pub(super) mod names;
pub(super) mod operations;
pub(super) mod overall;
pub(super) mod values;
