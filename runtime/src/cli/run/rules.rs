//! Which environment variables a secret may become, and which the program does not get. Nothing here reads or sets one.

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
};

/// Whether it can be the name of an environment variable that every shell can use.
pub(super) fn is_variable(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first == b'_' || first.is_ascii_alphabetic())
        && bytes.all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

/// Variables that decide which code a program loads or runs, by their whole name.
const LOADING: &[&str] = &[
    // The C library and the linker of other systems; what OpenSSL and the desktop's libraries load as modules.
    "GCONV_PATH",
    "GETCONF_DIR",
    "GIO_EXTRA_MODULES",
    "GIO_MODULE_DIR",
    "GLIBC_TUNABLES",
    "GTK_MODULES",
    "GTK_PATH",
    "LIBPATH",
    "LOCPATH",
    "NLSPATH",
    "OPENSSL_CONF",
    "OPENSSL_ENGINES",
    "OPENSSL_MODULES",
    "QML2_IMPORT_PATH",
    "QML_IMPORT_PATH",
    "QT_PLUGIN_PATH",
    "QT_QPA_PLATFORM_PLUGIN_PATH",
    "SHLIB_PATH",
    // Where programs are found, and what a shell runs before or beside what it was told to.
    "BASHOPTS",
    "BASH_ENV",
    "BASH_LOADABLES_PATH",
    "CDPATH",
    "ENV",
    "FPATH",
    "GLOBIGNORE",
    "IFS",
    "NULLCMD",
    "PATH",
    "PROMPT_COMMAND",
    "PS0",
    "PS1",
    "PS2",
    "PS4",
    "READNULLCMD",
    "SHELL",
    "SHELLOPTS",
    "ZDOTDIR",
    // Where programs look for configuration that names further programs.
    "AWS_CONFIG_FILE",
    "CARGO_HOME",
    "CURL_HOME",
    "DOCKER_CONFIG",
    "HOME",
    "INPUTRC",
    "KUBECONFIG",
    "TERMCAP",
    "TERMINFO",
    "TERMINFO_DIRS",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
    "XDG_DATA_DIRS",
    "XDG_DATA_HOME",
    // Programs that other programs start.
    "AWS_PAGER",
    "BROWSER",
    "EDITOR",
    "EXINIT",
    "FCEDIT",
    "KUBE_EDITOR",
    "LESS",
    "LESSCLOSE",
    "LESSKEYIN",
    "LESSOPEN",
    "MANPAGER",
    "PAGER",
    "PSQL_EDITOR",
    "PSQL_PAGER",
    "SSH_ASKPASS",
    "SSH_SK_HELPER",
    "SSH_SK_PROVIDER",
    "SUDO_ASKPASS",
    "SUDO_EDITOR",
    "SYSTEMD_EDITOR",
    "SYSTEMD_PAGER",
    "VIMINIT",
    "VISUAL",
    // Languages, their package managers and their build tools.
    "BUNDLE_GEMFILE",
    "BUNDLE_PATH",
    "BUN_OPTIONS",
    "CATALINA_OPTS",
    "CC",
    "CLASSPATH",
    "COMPILER_PATH",
    "CXX",
    "ELECTRON_RUN_AS_NODE",
    "GEM_HOME",
    "GEM_PATH",
    "GCC_EXEC_PREFIX",
    "GNUMAKEFLAGS",
    "GOENV",
    "GOFLAGS",
    "GOPATH",
    "GOROOT",
    "GOTOOLCHAIN",
    "GRADLE_OPTS",
    "JAVA_HOME",
    "JAVA_OPTS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "MAKEFILES",
    "MAKEFLAGS",
    "MAVEN_OPTS",
    "NODE_OPTIONS",
    "NODE_PATH",
    "NODE_REPL_EXTERNAL_MODULE",
    "PERLIO_DEBUG",
    "PERLLIB",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "PKG_CONFIG",
    "RUBYLIB",
    "RUBYOPT",
    "RUSTC",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOC",
    "RUSTFLAGS",
    "SBT_OPTS",
    "TCLLIBPATH",
    "_JAVA_OPTIONS",
];

/// The same by how they begin.
const LOADING_FAMILIES: &[&str] = &[
    "BASH_FUNC_",
    "CARGO_BUILD_",
    "CARGO_TARGET_",
    "CORECLR_",
    "COR_",
    "DOTNET_",
    "DYLD_",
    "ERL_",
    "GIT_",
    "JULIA_",
    "LDR_",
    "LD_",
    "LUA_",
    "NPM_CONFIG_",
    "PERL5",
    "PYTHON",
    "R_ENVIRON",
    "R_LIBS",
    "R_PROFILE",
    "_RLD",
    "npm_config_",
];

/// Whether this variable decides which code programs load or run. Whoever may write the secret would then run code as
/// the person who only wanted to hand over a password.
///
/// Proxies and certificate files are not among them: they decide where traffic goes, as any address in a secret does,
/// and a proxy's address with its password is a secret that people rightly keep.
pub(in crate::cli) fn loads_code(variable: &str) -> bool {
    LOADING.contains(&variable) || LOADING_FAMILIES.iter().any(|family| variable.starts_with(family))
}

/// Which inherited variables the program does not get: those that are unwanted and were not asked to be kept. What is
/// set anew is none of them.
pub(super) fn removed<'a>(
    inherited: impl IntoIterator<Item = &'a OsStr>,
    unwanted: &BTreeSet<String>,
    keep: &[String],
    set: &[OsString],
) -> BTreeSet<String> {
    let mut gone = BTreeSet::new();
    for variable in inherited {
        let Some(text) = variable.to_str() else { continue };
        if unwanted.contains(text) && !keep.iter().any(|kept| kept == text) && !set.iter().any(|new| new == variable) {
            gone.insert(text.to_owned());
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_what_every_shell_takes_for_one() {
        for good in ["A", "_", "_1", "DATABASE_URL", "camelCase", "A1"] {
            assert!(is_variable(good), "{good}");
        }
        for bad in ["", "1A", "team/db", "A-B", "A.B", "A B", "A=B", "\u{c4}", "A\0", "A\n", "BASH_FUNC_ls%%"] {
            assert!(!is_variable(bad), "{bad:?}");
        }
    }

    #[test]
    fn what_loads_code_is_told_from_what_does_not() {
        for loading in [
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "LD_AUDIT",
            "DYLD_INSERT_LIBRARIES",
            "PATH",
            "NODE_OPTIONS",
            "NODE_PATH",
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "BASH_ENV",
            "ENV",
            "GIT_SSH_COMMAND",
            "GIT_CONFIG_COUNT",
            "PERL5LIB",
            "PERL5OPT",
            "RUBYOPT",
            "RUBYLIB",
            "JAVA_TOOL_OPTIONS",
            "_JAVA_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "CLASSPATH",
            "GCONV_PATH",
            "IFS",
            "SHELLOPTS",
            "BASHOPTS",
            "PS4",
            "PROMPT_COMMAND",
            "EDITOR",
            "VISUAL",
            "PAGER",
            "LESSOPEN",
            "HOME",
            "DOTNET_STARTUP_HOOKS",
            "npm_config_script_shell",
            "RUSTC_WRAPPER",
            "CARGO_BUILD_RUSTC_WRAPPER",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
            "SSH_SK_PROVIDER",
            "KUBECONFIG",
            "AWS_CONFIG_FILE",
            "AWS_PAGER",
            "R_PROFILE_USER",
            "ERL_AFLAGS",
            "JULIA_LOAD_PATH",
            "BUN_OPTIONS",
            "GOTOOLCHAIN",
        ] {
            assert!(loads_code(loading), "{loading}");
        }
        for harmless in [
            "DATABASE_URL",
            "GITHUB_TOKEN",
            "GITLAB_TOKEN",
            "NPM_TOKEN",
            "OPENAI_API_KEY",
            "HTTPS_PROXY",
            "PGPASSWORD",
            "ENVIRONMENT",
            "PATHS",
            "CARGO_REGISTRY_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "LDAP_PASSWORD",
            "CARGO_REGISTRIES_MINE_TOKEN",
            "CC_TEST_REPORTER_ID",
            "DOCKER_PASSWORD",
            "R_KEY",
            "OLD_KEY",
        ] {
            assert!(!loads_code(harmless), "{harmless}");
        }
    }

    #[test]
    fn what_is_unwanted_goes_unless_it_is_kept_or_set_anew() {
        let inherited = ["TOKEN", "OLD", "NEW", "OTHER"].map(OsStr::new);
        let unwanted = ["TOKEN", "OLD", "NEW", "ABSENT"].map(str::to_owned).into();
        let gone = removed(inherited, &unwanted, &["TOKEN".to_owned()], &["NEW".into()]);
        assert_eq!(gone, ["OLD".to_owned()].into());
        assert!(removed([], &unwanted, &[], &[]).is_empty());
    }
}
