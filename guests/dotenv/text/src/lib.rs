//! The text of `.env` files: [`grammar`] reads it, [`edit`] changes one definition in it.
//!
//! One dialect for the backend that keeps secrets in such a file and for the commands that read, write and fill one.

pub mod edit;
pub mod grammar;

pub use self::{
    edit::{Unfit, definition, remove, set},
    grammar::{Definition, File, Malformed, Style, is_key},
};
