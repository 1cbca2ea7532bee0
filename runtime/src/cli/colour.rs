//! Whether what people see is in colour: on a terminal, unless they say otherwise.

use std::io::{self, IsTerminal as _};

/// Whether colours may be written to standard error.
pub(crate) fn on_standard_error() -> bool {
    wanted(io::stderr().is_terminal(), |name| std::env::var(name).ok())
}

/// The conventions of [no-color.org](https://no-color.org) and [CLICOLOR](https://bixense.com/clicolors/).
fn wanted(on_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let on = |name: &str| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    if set("NO_COLOR") {
        return false;
    }
    on("CLICOLOR_FORCE") || (on_terminal && variable("TERM").is_none_or(|term| term != "dumb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals_and_for_those_who_ask() {
        for (on_terminal, variables, coloured) in [
            (true, &[][..], true),
            (false, &[], false),
            (true, &[("NO_COLOR", "1")], false),
            (true, &[("NO_COLOR", "")], true),
            (true, &[("TERM", "dumb")], false),
            (false, &[("CLICOLOR_FORCE", "1")], true),
            (false, &[("CLICOLOR_FORCE", "0")], false),
            (false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        ] {
            let variable =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(wanted(on_terminal, variable), coloured, "{on_terminal} {variables:?}");
        }
    }
}
