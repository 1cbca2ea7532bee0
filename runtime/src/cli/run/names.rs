//! From the names of secrets to the names of the variables or files that they become. Nothing here reads one.

use std::collections::{BTreeMap, BTreeSet};

use clap::ValueEnum;
use secret_runtime::{Globs, Shown};

use super::rules;

/// How names become names of variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvNames {
    /// As they are.
    Same,
    /// In capitals, with _ for whatever is neither a letter nor a digit: team/db-password is TEAM_DB_PASSWORD.
    Upper,
}

/// How names are given to what the secrets become.
#[derive(Clone, Copy, Debug)]
pub(super) struct Naming<'a> {
    pub(super) prefix: &'a str,
    pub(super) names: EnvNames,
    /// Files rather than variables.
    pub(super) files: bool,
}

/// A secret, and what it becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) secret: String,
    /// The name of the variable, or the path of the file within its folder.
    pub(super) target: String,
}

/// What speaks against a plan.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Objections {
    pub(super) lines: Vec<String>,
    /// Whether something was refused that could have been done.
    pub(super) refused: bool,
}

impl Naming<'_> {
    /// What a secret becomes that was not given a name by hand.
    pub(super) fn target(&self, secret: &str) -> String {
        match self.names {
            EnvNames::Same => format!("{}{secret}", self.prefix),
            EnvNames::Upper => format!("{}{}", self.prefix, upper(secret)),
        }
    }
}

/// A character that is not ASCII has no capital that every shell takes; it stays, and the name is then refused.
fn upper(secret: &str) -> String {
    let capital = |c: char| if c.is_ascii_alphanumeric() || !c.is_ascii() { c.to_ascii_uppercase() } else { '_' };
    secret.chars().map(capital).collect()
}

/// One word of `--only`.
enum Word<'a> {
    /// `VARIABLE=NAME`.
    ByHand { target: &'a str, secret: &'a str },
    /// A name as it is typed.
    Name(&'a str),
    /// A glob of declared names.
    Glob(&'a str),
}

impl<'a> Word<'a> {
    fn of(text: &'a str) -> Self {
        match text.split_once('=') {
            Some((target, secret)) => Self::ByHand { target, secret },
            None if text.contains('*') => Self::Glob(text),
            None => Self::Name(text),
        }
    }
}

/// Decides which secrets become what, of those that are declared or, with `only`, of those that it names.
pub(super) fn plan(declared: &[String], only: &[String], naming: Naming<'_>) -> Result<Vec<Planned>, Objections> {
    let mut objections = Objections::default();
    let words: Vec<_> = only.iter().map(|text| Word::of(text)).collect();
    // What is named by itself is not meant by a glob as well: that is how one of many gets another name.
    let mut named = BTreeSet::new();
    let mut plan = Plan { naming, planned: Vec::new(), objections: Objections::default() };
    for word in &words {
        match word {
            Word::ByHand { target, secret } if target.is_empty() || secret.is_empty() => {
                objections.lines.push("--only takes NAME, or VARIABLE=NAME with both of them".to_owned());
            }
            Word::ByHand { target, secret } => {
                named.insert(*secret);
                plan.add(secret, (*target).to_owned(), true);
            }
            Word::Name("") => objections.lines.push("--only has an empty name".to_owned()),
            Word::Name(secret) => {
                named.insert(*secret);
                let target = naming.target(secret);
                let literal = target == **secret;
                plan.add(secret, target, literal);
            }
            Word::Glob(_) => {}
        }
    }
    for word in &words {
        let Word::Glob(text) = word else { continue };
        let globs = match Globs::new([text]) {
            Ok(globs) => globs,
            Err(cause) => {
                objections.lines.push(cause.to_string());
                continue;
            }
        };
        let mut covered = declared.iter().filter(|secret| globs.matches(secret)).peekable();
        if covered.peek().is_none() {
            objections.lines.push(format!("--only {}: no declared secret has such a name", Shown(text)));
        }
        covered
            .filter(|secret| !named.contains(secret.as_str()))
            .for_each(|secret| plan.add(secret, naming.target(secret), false));
    }
    if only.is_empty() {
        declared.iter().for_each(|secret| plan.add(secret, naming.target(secret), false));
    }
    let planned = plan.end(&mut objections);
    if objections.lines.is_empty() { Ok(planned) } else { Err(objections) }
}

/// A plan that is being made.
struct Plan<'a> {
    naming: Naming<'a>,
    planned: Vec<Planned>,
    objections: Objections,
}

impl Plan<'_> {
    /// Adds a secret; `literal` if the person typed the name of the variable.
    fn add(&mut self, secret: &str, target: String, literal: bool) {
        let planned = Planned { secret: secret.to_owned(), target };
        if self.planned.contains(&planned) {
            return;
        }
        let (shown, target) = (Shown(secret), Shown(&planned.target));
        if self.naming.files {
            if let Some(why) = no_file(&planned.target) {
                self.objections
                    .lines
                    .push(format!("{shown} can't be a file {target} ({why}); name it by hand: --only 'FILE={shown}'"));
            }
        } else if !rules::is_variable(&planned.target) {
            self.objections.lines.push(format!(
                "{shown} can't be an environment variable {target}; name it by hand (--only 'VARIABLE={shown}', beside \
                 '**' for all others), or map all names with --env-names upper, or use --files"
            ));
        } else if rules::loads_code(&planned.target) && !literal {
            self.objections.refused = true;
            self.objections.lines.push(format!(
                "{shown} would set {target}, which decides what code programs load; \
                 if that is meant, name it by hand: --only '{target}={shown}'"
            ));
        }
        self.planned.push(planned);
    }

    /// The whole plan, once no two secrets become the same.
    fn end(self, objections: &mut Objections) -> Vec<Planned> {
        objections.lines.extend(self.objections.lines);
        objections.refused |= self.objections.refused;
        let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
        for Planned { secret, target } in &self.planned {
            if let Some(other) = taken.insert(target, secret) {
                let (other, secret, target) = (Shown(other), Shown(secret), Shown(target));
                objections.lines.push(format!(
                    "{other} and {secret} would both be {target}; name one by hand: --only 'NAME={secret}'"
                ));
            }
        }
        if self.naming.files {
            for (target, secret) in &taken {
                let folders = target.match_indices('/').filter_map(|(at, _)| target.get(..at));
                for other in folders.filter_map(|folder| taken.get(folder)) {
                    let (other, secret) = (Shown(other), Shown(secret));
                    objections.lines.push(format!(
                        "{other} would be a file and {secret} lie in a folder of that name; \
                         name one by hand: --only 'FILE={other}'"
                    ));
                }
            }
        }
        self.planned
    }
}

/// Why this can't be the path of a file within a folder, if it can't.
fn no_file(path: &str) -> Option<&'static str> {
    /// What file systems take for one name.
    const NAME_BYTES: usize = 255;
    if path.contains('\0') {
        return Some("it holds a zero byte");
    }
    path.split('/').find_map(|part| match part {
        "" => Some("it holds an empty part"),
        "." | ".." => Some("it leads to another folder"),
        part if part.len() > NAME_BYTES => Some("it is too long"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: Naming<'static> = Naming { prefix: "", names: EnvNames::Same, files: false };
    const UPPER: Naming<'static> = Naming { names: EnvNames::Upper, ..PLAIN };
    const FILES: Naming<'static> = Naming { files: true, ..PLAIN };

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[track_caller]
    fn planned(declared: &[&str], only: &[&str], naming: Naming<'_>) -> Vec<(String, String)> {
        let plan = plan(&owned(declared), &owned(only), naming).unwrap();
        plan.into_iter().map(|Planned { secret, target }| (target, secret)).collect()
    }

    #[track_caller]
    fn objected(declared: &[&str], only: &[&str], naming: Naming<'_>) -> Objections {
        plan(&owned(declared), &owned(only), naming).unwrap_err()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(target, secret)| ((*target).to_owned(), (*secret).to_owned())).collect()
    }

    #[test]
    fn what_is_declared_becomes_variables_of_its_names() {
        assert_eq!(planned(&["A", "B"], &[], PLAIN), pairs(&[("A", "A"), ("B", "B")]));
        let prefixed = Naming { prefix: "APP_", ..PLAIN };
        assert_eq!(planned(&["A", "2FA"], &[], prefixed), pairs(&[("APP_A", "A"), ("APP_2FA", "2FA")]));
    }

    #[test]
    fn only_takes_names_globs_and_names_by_hand() {
        let declared = ["DB_URL", "DB_KEY", "OTHER", "team/db"];
        assert_eq!(planned(&declared, &["DB_*"], PLAIN), pairs(&[("DB_URL", "DB_URL"), ("DB_KEY", "DB_KEY")]));
        assert_eq!(planned(&declared, &["UNDECLARED"], PLAIN), pairs(&[("UNDECLARED", "UNDECLARED")]));
        assert_eq!(
            planned(&declared, &["X=team/db", "Y=team/db"], PLAIN),
            pairs(&[("X", "team/db"), ("Y", "team/db")])
        );
        let all = planned(&declared, &["**", "TEAM=team/db"], PLAIN);
        assert_eq!(all, pairs(&[("TEAM", "team/db"), ("DB_URL", "DB_URL"), ("DB_KEY", "DB_KEY"), ("OTHER", "OTHER")]));
        assert_eq!(planned(&declared, &["OTHER", "OTHER", "O*"], PLAIN), pairs(&[("OTHER", "OTHER")]));
    }

    #[test]
    fn a_name_by_hand_is_neither_mapped_nor_prefixed() {
        let naming = Naming { prefix: "APP_", ..UPPER };
        assert_eq!(
            planned(&[], &["mine=team/db", "team/db-password"], naming),
            pairs(&[("mine", "team/db"), ("APP_TEAM_DB_PASSWORD", "team/db-password")])
        );
    }

    #[test]
    fn every_name_that_is_no_variable_is_told_with_the_way_out() {
        let objections = objected(&["team/db", "GOOD", "a-b", "1st", "n\u{e4}me"], &[], PLAIN);
        assert_eq!(objections.lines.len(), 4, "{objections:?}");
        assert!(!objections.refused);
        for (line, name) in objections.lines.iter().zip(["team/db", "a-b", "1st", "n\u{e4}me"]) {
            assert!(line.starts_with(name) && line.contains("--env-names upper"), "{line}");
        }
        assert_eq!(objected(&["n\u{e4}me", "1st"], &[], UPPER).lines.len(), 2);
        assert!(objected(&[], &["A B=x"], PLAIN).lines[0].contains("A B"));
    }

    #[test]
    fn two_secrets_of_one_name_are_refused_by_name() {
        let objections = objected(&["team/db", "team-db", "TEAM_DB"], &[], UPPER);
        assert_eq!(objections.lines.len(), 2, "{objections:?}");
        assert!(objections.lines[0].contains("team/db and team-db would both be TEAM_DB"), "{objections:?}");
        assert_eq!(objected(&[], &["A=x", "A=y"], PLAIN).lines.len(), 1);
    }

    #[test]
    fn what_loads_code_has_to_be_named() {
        for only in [&[][..], &["LD_*"], &["**"]] {
            let objections = objected(&["LD_PRELOAD"], only, PLAIN);
            assert!(objections.refused && objections.lines[0].contains("--only 'LD_PRELOAD=LD_PRELOAD'"));
        }
        assert_eq!(planned(&["LD_PRELOAD"], &["LD_PRELOAD"], PLAIN), pairs(&[("LD_PRELOAD", "LD_PRELOAD")]));
        assert_eq!(planned(&[], &["PATH=team/path"], PLAIN), pairs(&[("PATH", "team/path")]));
        // Neither a prefix nor capitals make one that was not typed.
        assert!(objected(&[], &["PRELOAD"], Naming { prefix: "LD_", ..PLAIN }).refused);
        assert!(objected(&[], &["path"], UPPER).refused);
        assert_eq!(planned(&["LD_PRELOAD"], &[], FILES), pairs(&[("LD_PRELOAD", "LD_PRELOAD")]));
    }

    #[test]
    fn files_lie_in_their_folder_and_nowhere_else() {
        assert_eq!(planned(&["team/db", ".env"], &[], FILES), pairs(&[("team/db", "team/db"), (".env", ".env")]));
        let long = "x".repeat(256);
        for hostile in ["../x", "a/../b", "/etc/passwd", "a//b", "a/", ".", "..", "a\0b", &long] {
            let objections = objected(&[hostile], &[], FILES);
            assert_eq!(objections.lines.len(), 1, "{hostile:?}");
        }
        assert_eq!(planned(&["../x"], &["x=../x"], FILES), pairs(&[("x", "../x")]));
        let objections = objected(&["a", "a/b"], &[], FILES);
        assert!(objections.lines[0].contains("a would be a file and a/b lie in a folder"), "{objections:?}");
    }

    #[test]
    fn a_glob_that_covers_nothing_and_half_a_word_are_told() {
        for only in ["X*", "=x", "X=", ""] {
            assert_eq!(objected(&["A"], &[only], PLAIN).lines.len(), 1, "{only:?}");
        }
    }

    #[test]
    fn hostile_names_are_shown_harmlessly() {
        let objections = objected(&["a\u{1b}[31m\nb"], &[], PLAIN);
        assert!(!objections.lines[0].contains(['\u{1b}', '\n']), "{objections:?}");
    }

    proptest! {
        #[test]
        fn a_plan_has_every_secret_and_only_targets_that_can_be(
            declared in prop::collection::btree_set("[a-zA-Z0-9_./ -]{1,12}", 0..6),
            upper in any::<bool>(),
            files in any::<bool>(),
        ) {
            let declared: Vec<_> = declared.into_iter().collect();
            let names = if upper { EnvNames::Upper } else { EnvNames::Same };
            if let Ok(planned) = plan(&declared, &[], Naming { prefix: "", names, files }) {
                let secrets: Vec<_> = planned.iter().map(|planned| planned.secret.clone()).collect();
                prop_assert_eq!(secrets, declared);
                let targets: BTreeSet<_> = planned.iter().map(|planned| &planned.target).collect();
                prop_assert_eq!(targets.len(), planned.len());
                for target in targets {
                    let variable = rules::is_variable(target) && !rules::loads_code(target);
                    let right = if files { no_file(target).is_none() } else { variable };
                    prop_assert!(right, "{target:?}");
                }
            }
        }
    }
}
