//! The first screen: what commands there are, by what they are for.

use std::fmt::Write as _;

use clap::CommandFactory as _;

use super::args::Args;

/// The commands in the order in which a person meets them; `brief` says what those of a group do together.
const GROUPS: [Group; 6] = [
    Group {
        title: "Secrets",
        brief: "Read, write and renew secrets",
        commands: &["get", "exists", "list", "set", "delete", "rotate", "copy"],
    },
    Group {
        title: "Programs and files",
        brief: "Bring secrets to programs and files, and back",
        commands: &["run", "inject", "fill", "export", "import"],
    },
    Group {
        title: "Backends",
        brief: "See what backends there are, what they may do, and whether they work",
        commands: &["backends", "ui", "inspect", "trust", "check", "doctor"],
    },
    Group {
        title: "The daemon",
        brief: "Let clients of Vault, Dapr and others read through your backends",
        commands: &["serve", "token", "cache", "reload"],
    },
    Group {
        title: "Setting up",
        brief: "Write a configuration, and help for shells and man",
        commands: &["init", "config", "completions", "man"],
    },
    Group {
        title: "Writing a backend",
        brief: "Begin a backend of your own, test and pack it",
        commands: &["new", "conform", "pack", "compile"],
    },
];

/// What stands between the left edge and what a command does.
const INDENT: usize = 15;
/// How wide the lines are.
const WIDTH: usize = 80;

struct Group {
    title: &'static str,
    brief: &'static str,
    commands: &'static [&'static str],
}

/// The command line, with a first screen of its own.
pub(crate) fn command() -> clap::Command {
    let command = Args::command();
    // clap has one template for both lengths of help.
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let brief = words.is_empty() || words.iter().any(|word| word == "-h");
    let template = if brief { brief_screen() } else { whole_screen(&command) };
    // Listed above by what they are for, and so not once more among the options.
    let command = command.mut_subcommands(|sub| sub.hide(true));
    command.override_usage("runtime [OPTIONS] <COMMAND>").help_template(template)
}

/// What fits on a small screen: the names of the commands.
fn brief_screen() -> String {
    let mut text = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    for group in &GROUPS {
        let _ = write!(text, "\n{}:\n  {}\n", group.brief, group.commands.join(", "));
    }
    text.push_str("\n`runtime help COMMAND` tells of one command, `runtime --help` of all.\n");
    text
}

/// Every command with what it does, then the options that all of them take.
fn whole_screen(command: &clap::Command) -> String {
    let mut text = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    for Group { title, commands, .. } in &GROUPS {
        let _ = write!(text, "\n{title}:\n");
        for name in *commands {
            let about = command.find_subcommand(name).and_then(clap::Command::get_about);
            text.push_str(&row(name, &about.map(ToString::to_string).unwrap_or_default()));
        }
    }
    text.push_str("\n{all-args}\n\n`runtime help COMMAND` tells more of one command, with examples.\n");
    text
}

/// A command and what it does, on as many lines as it takes.
fn row(name: &str, about: &str) -> String {
    let mut lines = vec![format!("  {name:<width$}", width = INDENT - 2)];
    for word in about.split(' ') {
        let Some(line) = lines.last_mut() else { continue };
        if line.chars().count() + word.chars().count() < WIDTH {
            line.push_str(word);
            line.push(' ');
        } else {
            lines.push(format!("{:INDENT$}{word} ", ""));
        }
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_one_group() {
        let mut known: Vec<String> = Args::command().get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
        let mut grouped: Vec<String> =
            GROUPS.iter().flat_map(|group| group.commands).map(|name| (*name).to_owned()).collect();
        known.sort();
        grouped.sort();
        assert_eq!(grouped, known);
    }

    #[test]
    fn every_command_ends_its_help_with_examples() {
        // Those whose help is not written here are seen to by the tests of their own.
        let ours = ["get", "exists", "list", "set", "delete", "rotate", "inspect", "trust", "check", "backends"];
        let ours = [ours.as_slice(), &["completions", "man", "new", "conform", "pack", "compile"]].concat();
        for sub in Args::command().get_subcommands().filter(|sub| ours.contains(&sub.get_name())) {
            let after = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(after.starts_with("Examples:\n  ") && after.contains("runtime "), "{}: {after}", sub.get_name());
            assert!(after.lines().all(|line| line.chars().count() <= WIDTH), "{}: {after}", sub.get_name());
        }
    }
}
