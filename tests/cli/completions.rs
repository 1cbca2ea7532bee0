//! Completion: what a shell is offered, and what it never is.

use std::os::unix::fs::PermissionsExt as _;

use test_support::layout;

use crate::common::{Home, Outcome, cli::Run};

/// What each shell asks with, as the scripts of `completions` do, and how it tells what belongs to a word.
const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// A request for completions of the last of these words.
fn request(home: &Home, shell: &str, words: &[&str]) -> Run {
    let index = (words.len() - 1).to_string();
    let run = home.runtime(["--", "runtime"]).args(&words[1..]);
    let run = run.env("COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", index).env("_CLAP_IFS", "\n");
    run.env("_CLAP_COMPLETE_COMP_TYPE", "9").env("_CLAP_COMPLETE_SPACE", "true")
}

/// The words that are offered, without what is said of them.
#[track_caller]
fn offered(run: Outcome) -> Vec<String> {
    assert_eq!(run.stderr, "", "{run:?}");
    let run = run.exits(0);
    let text = String::from_utf8(run.stdout).unwrap();
    let word = |line: &str| line.split(['\t']).next().unwrap().split(':').next().unwrap().to_owned();
    text.lines().map(word).collect()
}

#[track_caller]
fn offers(home: &Home, words: &[&str], expected: &[&str]) {
    for shell in SHELLS {
        let offered = offered(request(home, shell, words).run());
        for word in expected {
            assert!(offered.iter().any(|known| known == word), "{shell} is not offered {word}: {offered:?}");
        }
    }
}

#[track_caller]
fn offers_nothing_of(home: &Home, words: &[&str], unwanted: &str) {
    for shell in SHELLS {
        let run = request(home, shell, words).run().exits(0);
        assert!(run.stderr.is_empty(), "{run:?}");
        run.never_shows(unwanted);
    }
}

const CONFIG: &str = "[backends.prod]\ncomponent = \"there.wasm\"\n[backends.stage]\ncomponent = \"there.wasm\"\n";

fn trusted(home: &Home, text: &str) {
    let file = home.file("runtime.toml", text);
    let digest = crate::common::digest(&file);
    home.runtime(["trust", "--digest", &digest]).arg(&file).run().exits(0);
}

#[test]
fn commands_options_and_their_values_are_completed() {
    let home = Home::new();
    offers(&home, &["runtime", ""], &["get", "exists", "backends", "completions"]);
    offers(&home, &["runtime", "ex"], &["exists", "export"]);
    offers(&home, &["runtime", "get", "--ver"], &["--version", "--verbose"]);
    offers(&home, &["runtime", "--output", ""], &["text", "json"]);
    offers(&home, &["runtime", "--access-mode", "re"], &["read-only", "read-write"]);
    offers(&home, &["runtime", "completions", ""], &["bash", "zsh", "fish"]);
    offers(&home, &["runtime", "new", "x", "--lang", ""], &["rust", "python", "js", "c"]);
}

#[test]
fn backends_are_those_installed_those_configured_and_files() {
    let home = Home::new();
    home.file("data/secret-runtime/backends/vault.wasm", "never parsed");
    home.file("data/secret-runtime/backends/README", "");
    home.file("mine.wasm", "");
    offers(&home, &["runtime", "--backend", ""], &["vault", "mine.wasm"]);
    offers_nothing_of(&home, &["runtime", "--backend", ""], "README");
    trusted(&home, CONFIG);
    offers(&home, &["runtime", "--backend", ""], &["vault", "prod", "stage"]);
    offers(&home, &["runtime", "inspect", "p"], &["prod"]);
    offers_nothing_of(&home, &["runtime", "inspect", "p"], "stage");
}

const SECRETS: &str = "
    default-backend = \"prod\"
    [backends.prod]
    component = \"there.wasm\"
    [secrets]
    OPENAI_KEY = \"ref+prod://openai\"
    DB_URL = \"ref+prod://db\"
    \"$(canary)\" = \"ref+prod://x\"
    [profiles.dev]
    default-backend = \"prod\"
    [profiles.dev.secrets]
    DEV_ONLY = \"ref+prod://x\"
";

#[test]
fn secrets_are_those_that_a_trusted_configuration_declares_and_profiles_are_known() {
    let home = Home::new();
    home.file("runtime.toml", SECRETS);
    offers_nothing_of(&home, &["runtime", "get", ""], "OPENAI_KEY");
    trusted(&home, SECRETS);
    for command in ["get", "exists", "set", "delete", "rotate"] {
        offers(&home, &["runtime", command, ""], &["OPENAI_KEY", "DB_URL"]);
        offers_nothing_of(&home, &["runtime", command, ""], "canary");
    }
    offers(&home, &["runtime", "get", "OPENAI_KEY", "DB"], &["DB_URL"]);
    offers(&home, &["runtime", "run", "--only", "DB"], &["DB_URL"]);
    offers(&home, &["runtime", "export", "--only", "OPENAI_KEY,DB"], &["OPENAI_KEY,DB_URL"]);
    offers_nothing_of(&home, &["runtime", "get", ""], "DEV_ONLY");
    offers(&home, &["runtime", "-P", ""], &["dev"]);
    offers(&home, &["runtime", "-P", "dev", "get", "DEV"], &["DEV_ONLY"]);
    // Those of another backend are not known without asking it.
    offers_nothing_of(&home, &["runtime", "--backend", "other", "get", ""], "OPENAI_KEY");
}

#[test]
fn the_users_own_configuration_counts_too() {
    let home = Home::new();
    home.file("config/secret-runtime/runtime.toml", CONFIG);
    offers(&home, &["runtime", "--backend", ""], &["prod"]);
}

#[test]
fn a_configuration_that_is_not_trusted_contributes_nothing() {
    let home = Home::new();
    home.file("runtime.toml", CONFIG);
    offers_nothing_of(&home, &["runtime", "--backend", ""], "prod");
    trusted(&home, CONFIG);
    offers(&home, &["runtime", "--backend", ""], &["prod"]);
    // Changed since.
    home.file("runtime.toml", format!("{CONFIG}# changed\n"));
    offers_nothing_of(&home, &["runtime", "--backend", ""], "prod");
    // One that is named counts, as it does for the command.
    offers(&home, &["runtime", "--config-file", "runtime.toml", "--backend", ""], &["prod"]);
    // One that others can write does not.
    let path = home.file("runtime.toml", CONFIG);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    offers_nothing_of(&home, &["runtime", "--config-file", "runtime.toml", "--backend", ""], "prod");
}

#[test]
fn names_that_a_shell_would_act_on_are_not_offered() {
    let home = Home::new();
    for name in ["$(touch canary-ran)", "`canary`", "canary;x", "canary\u{1b}[2J", "canary x", "-canary", "canary\nx"] {
        home.file(&format!("data/secret-runtime/backends/{name}.wasm"), "");
        home.file(&format!("{name}.wasm"), "");
    }
    let config = r#"
        [backends."$(touch canary-ran)"]
        component = "a"
        [backends."canary\u001b[2J"]
        component = "a"
    "#;
    trusted(&home, config);
    for words in
        [&["runtime", "--backend", ""][..], &["runtime", "get", "--from-file", ""], &["runtime", "inspect", ""]]
    {
        offers_nothing_of(&home, words, "canary");
        offers_nothing_of(&home, words, "\u{1b}");
    }
}

#[test]
fn what_asks_for_an_unknown_shell_or_writes_to_nobody_ends_quietly() {
    let home = Home::new();
    request(&home, "tcsh", &["runtime", ""]).run().exits(2).prints("").says(&["bash, fish and zsh"]);
    for shell in SHELLS {
        let run = request(&home, shell, &["runtime", ""]).unheard().run().exits(0);
        assert_eq!(run.stderr, "");
        let run = home.runtime(["completions", shell]).unheard().run().exits(0);
        assert_eq!(run.stderr, "");
    }
    home.runtime(["get", "KEY"]).env("COMPLETE", "").run().exits(2).says(&["no backend is named"]);
}

/// What a real bash has completed this line to, with the words offered one a line.
fn in_bash(home: &Home, line: &str) -> Outcome {
    let script = format!(
        "set -e; source <(runtime completions bash); COMP_LINE={line:?}; COMP_POINT=${{#COMP_LINE}}; COMP_TYPE=9; \
         read -ra COMP_WORDS <<< \"$COMP_LINE\"; [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=(''); \
         COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
         function=$(complete -p runtime | sed 's/.*-F \\([^ ]*\\).*/\\1/'); \
         set +e; \"$function\" runtime \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    home.in_shell("/bin/bash", &script).run()
}

#[test]
fn bash_completes_with_the_script_it_is_given() {
    let home = Home::new();
    home.file("data/secret-runtime/backends/vault.wasm", "");
    trusted(&home, CONFIG);
    for (line, words) in [
        ("runtime ex", &["exists", "export"][..]),
        ("runtime --backend ", &["vault", "prod", "stage"]),
        ("runtime inspect va", &["vault"]),
        ("runtime get --output ", &["json", "text"]),
    ] {
        let run = in_bash(&home, line).exits(0);
        assert_eq!(run.stderr, "", "{line}");
        let offered = String::from_utf8(run.stdout).unwrap();
        for word in words {
            assert!(offered.lines().any(|known| known.trim() == *word), "{line}: {word} is not in {offered:?}");
        }
    }
}

#[test]
fn a_program_in_a_folder_with_a_strange_name_is_not_called_by_its_path() {
    let home = Home::new();
    let folder = home.path().join("$(touch canary-ran)");
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(layout::runtime(), folder.join("runtime")).unwrap();
    for shell in SHELLS {
        let run = home.shell(&format!("'./$(touch canary-ran)/runtime' completions {shell}")).run();
        run.exits(0).contains("runtime").never_shows("canary-ran");
    }
}
