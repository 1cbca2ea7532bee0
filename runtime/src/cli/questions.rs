//! How `init` asks.

use std::fmt::{Result, Write};

use dialoguer::theme::Theme;

/// Questions that end as they are written, with their answers behind them.
pub(super) struct Questions;

impl Theme for Questions {
    fn format_select_prompt(&self, out: &mut dyn Write, question: &str) -> Result {
        write!(out, "{question} (up, down, Enter)")
    }

    fn format_select_prompt_selection(&self, out: &mut dyn Write, question: &str, chosen: &str) -> Result {
        // What stands behind a name says what it is.
        write!(out, "{question} {}", chosen.split_whitespace().next().unwrap_or_default())
    }

    fn format_input_prompt(&self, out: &mut dyn Write, question: &str, proposed: Option<&str>) -> Result {
        match proposed {
            Some(proposed) => write!(out, "{question} [{proposed}] "),
            None => write!(out, "{question} "),
        }
    }

    fn format_input_prompt_selection(&self, out: &mut dyn Write, question: &str, answer: &str) -> Result {
        write!(out, "{question} {answer}")
    }
}
