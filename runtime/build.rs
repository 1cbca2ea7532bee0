//! Lists the files that `runtime new` writes: the templates of all languages and the SDKs, as they lie in `guests/`.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// Each language with the folders of its template and its SDK, below `guests`.
const LANGUAGES: [(&str, &str, &str); 4] = [
    ("RUST", "rust/template", "sdk"),
    ("PYTHON", "python/template", "python/sdk"),
    ("JS", "js/template", "js/sdk"),
    ("C", "c/template", "c/sdk"),
];

/// Folders that builds leave behind.
const LEFT: [&str; 6] = ["target", "build", ".venv", "node_modules", "__pycache__", ".mypy_cache"];

/// What of an SDK is for those who work on it: its own tests.
const OURS: [&str; 3] = ["test", "tests", "tsconfig.json"];

/// What a project consists of; anything else that lies there was not meant to go into one.
const WRITTEN: [&str; 15] =
    ["rs", "toml", "py", "typed", "js", "mjs", "ts", "json", "md", "c", "h", "o", "wit", "gitignore", "lock"];

fn main() -> Result<(), Box<dyn Error>> {
    let guests = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../guests").canonicalize()?;
    let mut code = String::new();
    for (language, template, sdk) in LANGUAGES {
        list(&mut code, &format!("{language}_TEMPLATE"), &guests.join(template), &LEFT)?;
        list(&mut code, &format!("{language}_SDK"), &guests.join(sdk), &[&LEFT[..], &OURS].concat())?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("projects.rs"), code)?;
    Ok(())
}

/// Writes a table of the files in a folder, with their contents.
fn list(code: &mut String, name: &str, root: &Path, skipped: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut files = Vec::new();
    walk(root, skipped, &mut files)?;
    files.sort();
    writeln!(code, "pub(super) static {name}: &[(&str, &[u8])] = &[")?;
    for file in files {
        let path = file.strip_prefix(root)?.to_str().ok_or("a file name that is not UTF-8")?;
        writeln!(code, "    ({path:?}, include_bytes!({file:?})),")?;
    }
    writeln!(code, "];")?;
    Ok(())
}

fn walk(folder: &Path, skipped: &[&str], files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let ending = name.rsplit('.').next().unwrap_or_default();
        if skipped.contains(&&*name) {
            continue;
        }
        if path.is_dir() {
            walk(&path, skipped, files)?;
        } else if path.is_file() && WRITTEN.contains(&ending) {
            files.push(path);
        }
    }
    Ok(())
}
