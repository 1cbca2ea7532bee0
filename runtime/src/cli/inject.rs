//! `inject`: a template with the secrets it names put in, in one pass.

use std::{
    collections::BTreeMap,
    io::{self, Read as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use secret_runtime::{Secret, Shown, config::Reference};
use zeroize::Zeroizing;

use super::{
    Failed,
    args::Options,
    exit, out_file, output,
    session::Session,
    template::{self, Part},
};

/// Bytes of a template that are read.
const TEMPLATE_BYTES: u64 = 16 << 20;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
In a template, {{ secret \"NAME\" }} stands for a secret, and so does a reference such as ref+prod://team/db#password.
A filter writes it in a way that fits: {{ secret \"NAME\" | json }}, | yaml, | shell. {{ \"{{\" }} writes {{ itself.
What a secret holds is put in as it is: it is not looked at again.

Examples:
  runtime inject config.yaml.tmpl --out config.yaml
  echo 'password={{ secret \"DB_PASSWORD\" | shell }}' | runtime inject
  runtime -P staging inject settings.json.tmpl --out settings.json")]
pub(crate) struct Inject {
    /// The template; otherwise standard input
    #[arg(value_name = "FILE|-")]
    template: Option<PathBuf>,
    /// Write to this file, whole or not at all, so that only you can read it; otherwise to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) async fn run(options: &Options, command: Inject) -> Result<ExitCode, Failed> {
    let from = command.template.as_deref().filter(|path| *path != Path::new("-"));
    let shown = from.map_or_else(|| "the template".to_owned(), |path| Shown(&path.to_string_lossy()).to_string());
    let text = read(from).map_err(|cause| Failed::usage(format!("{shown} can't be read: {cause}")))?;
    let parts = template::parse(&text).map_err(|mistake| Failed::usage(format!("{shown}: {mistake}")))?;
    let session = Session::open(options)?;
    let wanted: Vec<Reference> = parts.iter().filter_map(|part| place(&session, part)).collect();
    let secrets = all(&session, wanted).await?;
    let mut whole = Zeroizing::new(Vec::new());
    for part in &parts {
        match part {
            Part::Text(text) => whole.extend_from_slice(text.as_bytes()),
            Part::Name { filter, .. } | Part::Reference { filter, .. } => {
                let secret = place(&session, part).and_then(|place| secrets.get(&place).cloned());
                let Some(secret) = secret else { continue };
                filter.write(secret.expose(), &mut whole).map_err(|why| {
                    let name = place(&session, part).map(|place| place.name).unwrap_or_default();
                    Failed::usage(format!("{} can't be put in here: {why}", Shown(&name)))
                })?;
            }
        }
    }
    match &command.out {
        None => output::bytes(&whole),
        Some(path) => {
            out_file::write(path, &whole, out_file::PRIVATE)?;
            let count = secrets.len();
            say!("runtime: wrote {} with {count} secret{}", path.display(), if count == 1 { "" } else { "s" });
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Where the secret is that a part stands for.
fn place(session: &Session<'_>, part: &Part) -> Option<Reference> {
    match part {
        Part::Text(_) => None,
        Part::Name { name, .. } => Some(session.place(name)),
        Part::Reference { reference, .. } => Some(reference.clone()),
    }
}

/// Reads them, each once; all that can't be read are told before nothing is written.
async fn all(session: &Session<'_>, mut wanted: Vec<Reference>) -> Result<BTreeMap<Reference, Secret>, Failed> {
    wanted.sort();
    wanted.dedup();
    let answers = session.read_places(&wanted, &[]).await?;
    let mut secrets = BTreeMap::new();
    let mut failures = Vec::new();
    for (place, answer) in wanted.into_iter().zip(answers) {
        match answer {
            Ok(answer) => drop(secrets.insert(place, answer.secret)),
            Err(error) => failures.push(error),
        }
    }
    match exit::tell_all(&failures) {
        Some(code) => Err(Failed::silent(code)),
        None => Ok(secrets),
    }
}

fn read(from: Option<&Path>) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let most = TEMPLATE_BYTES + 1;
    match from {
        Some(path) => std::fs::File::open(path)?.take(most).read_to_string(&mut text)?,
        None => io::stdin().lock().take(most).read_to_string(&mut text)?,
    };
    if text.len() as u64 > TEMPLATE_BYTES { Err(io::Error::other("it is larger than 16 MiB")) } else { Ok(text) }
}
