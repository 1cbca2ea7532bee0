//! The vault backend on a real OpenBao, through the binary.

mod faults;
mod logins;
mod names;
mod places;
mod reading;
mod recipes;
mod writing;
