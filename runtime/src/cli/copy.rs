//! `copy`: copy secrets from one backend to another.

use std::process::ExitCode;

use super::{
    Failed,
    args::Options,
    bulk::{Chosen, Interrupt, Origin, Parallel, Target, Writing},
    formats::Entry,
    session::Session,
};

/// Values are copied, and nothing that is kept beside them. Names that are there already are left as they are, unless
/// --overwrite is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  runtime copy --from vault --to aws --access-mode read-write --dry-run
  runtime copy --from vault --to local --access-mode read-write DB_PASSWORD API_KEY
  runtime copy --from vault --to aws --access-mode read-write --only 'team/**' --name-prefix copies/")]
pub(crate) struct Copy {
    /// The names of the secrets; otherwise everything that the backend lists
    #[arg(value_name = "NAME", conflicts_with = "only")]
    names: Vec<String>,
    /// The backend to read
    #[arg(long, value_name = "FILE|NAME")]
    from: String,
    /// The backend to write to
    #[arg(long, value_name = "FILE|NAME")]
    to: String,
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    parallel: Parallel,
}

pub(crate) async fn run(options: &Options, command: Copy) -> Result<ExitCode, Failed> {
    command.chosen.globs()?;
    let session = Session::open(options)?;
    let from = session.backend(Some(&command.from)).await?;
    let to = session.backend(Some(&command.to)).await?;
    let to = Target::new(&session, to, command.writing, Vec::new(), "copied")?;
    let interrupt = Interrupt::listen()?;
    let (backend, parallel) = (Some(from), command.parallel);
    let from = Origin { session: &session, backend, opt: Vec::new(), parallel, interrupt: interrupt.clone() };
    let (mut entries, mut unread) = (Vec::new(), Vec::new());
    for (name, found) in from.read(command.names, &command.chosen).await? {
        match found {
            Ok(value) => entries.push(Entry { name, value }),
            Err(error) => unread.push((name, error)),
        }
    }
    to.take(options, entries, unread, parallel.places(), &interrupt).await
}
