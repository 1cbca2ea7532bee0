//! `ui`: backends, names and what is known of them, on the whole screen. One value at most is shown, when asked for and
//! for seconds.

mod screen;
mod state;
mod tail;
#[cfg(test)]
mod tests;
mod view;

use std::{
    collections::BTreeSet,
    future::Future,
    io::{self, IsTerminal as _},
    path::Path,
    pin::Pin,
    process::ExitCode,
    time::{Duration, Instant},
};

use ratatui::crossterm::event::Event;
use secret_runtime::{
    Entry, Error, Kind, Listing, Read, Secret,
    config::{Config, Reference},
};

use self::{
    screen::Screen,
    state::{Action, Source, State},
    tail::Tail,
};
use super::{Failed, args::Options, paths, session::Session};

/// The most names that are kept of a backend.
const NAMES: usize = 5000;

/// How often the clock and the audit log are looked at.
const TICK: Duration = Duration::from_millis(250);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Enter shows the value of the marked name for 10 seconds. ? shows the other keys.

Examples:
  runtime ui
  runtime -P prod ui
  runtime --backend vault --audit audit.log ui")]
pub(crate) struct Ui {}

pub(crate) async fn run(options: &Options, _command: Ui) -> Result<ExitCode, Failed> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failed::usage(
            "ui needs a terminal, as its input and its output; without one there are `runtime backends`, `runtime list` \
             and `runtime get`",
        ));
    }
    // What is said on standard error during a call would stand in the middle of the screen.
    let options = &Options { verbose: 0, trace: false, ..options.clone() };
    let session = Session::open(options)?;
    let log = options.audit.as_deref().map(Path::new).or_else(|| session.config().and_then(Config::audit));
    if log == Some(Path::new("-")) {
        return Err(Failed::usage("the audit log would be written over the screen; name a file: --audit FILE"));
    }
    let log = log.map(Path::to_owned);
    let state = State::new(sources(options, &session));
    let gone = |cause: io::Error| Failed::other(format!("the terminal can't be used: {cause}"));
    let screen = Screen::take().map_err(gone)?;
    let ui = Running { session: &session, state, screen, tail: log.map(Tail::new), ready: BTreeSet::new() };
    ui.run(first(options, &session)).await.map_err(gone)?;
    Ok(ExitCode::SUCCESS)
}

/// All that can be opened: what the configuration declares, the backend that was named, those configured and installed.
fn sources(options: &Options, session: &Session<'_>) -> Vec<Source> {
    let mut names: BTreeSet<String> =
        session.config().into_iter().flat_map(Config::backends).map(|(name, _)| name.to_owned()).collect();
    let installed = paths::installed();
    names.extend(installed.iter().filter_map(|path| path.file_stem()?.to_str()).map(str::to_owned));
    names.extend(options.backend.clone());
    let declared = (!session.declared().is_empty()).then_some(Source::Declared);
    declared.into_iter().chain(names.into_iter().map(Source::Backend)).collect()
}

/// What is open from the start: the backend that a command without a name means.
fn first(options: &Options, session: &Session<'_>) -> Option<Source> {
    let named = options.backend.as_deref().or_else(|| session.config()?.default_backend());
    named.map(|name| Source::Backend(name.to_owned()))
}

/// What an action leads to.
enum Done {
    Listed(Vec<Entry>, bool),
    Read(Secret),
}

type Work<'s> = Pin<Box<dyn Future<Output = Result<Done, Failed>> + 's>>;

struct Running<'s> {
    session: &'s Session<'s>,
    state: State,
    screen: Screen,
    tail: Option<Tail>,
    /// The backends that are loaded: to be granted something, a backend asks on the terminal as it was.
    ready: BTreeSet<Option<String>>,
}

impl<'s> Running<'s> {
    async fn run(mut self, first: Option<Source>) -> io::Result<()> {
        let mut work: Option<Work<'s>> = None;
        if let Some(action) = first.and_then(|source| self.state.open(source, String::new())) {
            work = self.begin(action).await?;
        }
        let mut ticks = tokio::time::interval(TICK);
        loop {
            let state = &self.state;
            self.screen.terminal.draw(|frame| view::draw(frame, state, Instant::now()))?;
            let working = async {
                match work.as_mut() {
                    Some(work) => work.await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                event = self.screen.event() => match event? {
                    Event::Key(key) => match self.key(key) {
                        Some(Action::Quit) => return Ok(()),
                        Some(action) => work = self.begin(action).await?,
                        None => {}
                    },
                    Event::FocusLost => self.state.hide(),
                    _ => {}
                },
                done = working => {
                    work = None;
                    // The library may have said something, over the screen.
                    self.screen.wipe()?;
                    match done {
                        Ok(Done::Listed(names, more)) => self.state.listed(names, more),
                        Ok(Done::Read(secret)) => self.state.read(&secret, Instant::now()),
                        Err(failed) => self.state.failed(failed.message().to_owned()),
                    }
                }
                _ = ticks.tick() => self.follow(),
            }
            self.state.tick(Instant::now());
            if self.state.waits_for.is_none() {
                work = None;
            }
        }
    }

    fn key(&mut self, key: ratatui::crossterm::event::KeyEvent) -> Option<Action> {
        let following = self.state.audit.is_some();
        let action = self.state.key(key);
        if !following && self.state.audit.is_some() {
            match &mut self.tail {
                Some(tail) => tail.again(),
                None => {
                    let why = "there is no audit log; name one with --audit FILE, or as audit in the configuration";
                    self.state.audit = None;
                    self.state.failed(why.to_owned());
                }
            }
            self.follow();
        }
        action
    }

    /// Looks at the audit log, while it is shown.
    fn follow(&mut self) {
        let (Some(tail), Some(lines)) = (&mut self.tail, &mut self.state.audit) else { return };
        match tail.news() {
            Ok(Some(news)) => *lines = news,
            Ok(None) => {}
            Err(cause) => {
                self.state.audit = None;
                self.state.failed(format!("the audit log can't be read: {cause}"));
            }
        }
    }

    /// Loads what an action needs, and begins it.
    async fn begin(&mut self, action: Action) -> io::Result<Option<Work<'s>>> {
        let session = self.session;
        let place = match &action {
            Action::Quit | Action::List { source: Source::Declared, .. } => None,
            Action::Read { source: Source::Declared, name } => Some(session.place(name)),
            Action::List { source: Source::Backend(backend), .. }
            | Action::Read { source: Source::Backend(backend), .. } => {
                Some(Reference::new(Some(backend.clone()), String::new()))
            }
        };
        if let Some(place) = place.filter(|place| !self.ready.contains(&place.backend)) {
            self.screen.leave();
            let loaded = session.backend_of(&place).await;
            self.screen.enter()?;
            match loaded {
                Ok(_) => {
                    self.ready.insert(place.backend);
                }
                Err(failed) => {
                    self.state.failed(failed.message().to_owned());
                    return Ok(None);
                }
            }
        }
        Ok(Some(Box::pin(carry_out(session, action))))
    }
}

async fn carry_out(session: &Session<'_>, action: Action) -> Result<Done, Failed> {
    match action {
        Action::List { source: Source::Declared, .. } => Ok(Done::Listed(declared(session), false)),
        Action::List { source: Source::Backend(backend), prefix } => list(session, backend, prefix).await,
        Action::Read { source: Source::Declared, name } => {
            let mut answers = session.read_all(&[name]).await?;
            let answer = answers.pop().ok_or_else(nothing)?.1?;
            Ok(Done::Read(answer.secret))
        }
        Action::Read { source: Source::Backend(backend), name } => {
            let backend = session.backend_of(&Reference::new(Some(backend), String::new())).await?;
            let read = Read { name: backend.key(&name)?, version: None, options: backend.options([])? };
            Ok(Done::Read(backend.read(&read, &session.call(&backend)).await?.secret))
        }
        Action::Quit => Err(nothing()),
    }
}

fn nothing() -> Failed {
    Failed::other("there was nothing to do")
}

/// The names that the configuration declares, each with where it leads.
fn declared(session: &Session<'_>) -> Vec<Entry> {
    let entry = |name: String| {
        let place = session.place(&name);
        let metadata = vec![("leads to".to_owned(), place.to_string())];
        Entry { name, version: place.version, expired: None, metadata }
    };
    session.declared().into_iter().map(entry).collect()
}

async fn list(session: &Session<'_>, backend: String, prefix: String) -> Result<Done, Failed> {
    let backend = session.backend_of(&Reference::new(Some(backend), String::new())).await?;
    let call = session.call(&backend);
    let mut listing = Listing { prefix, options: backend.options([])?, ..Listing::default() };
    let mut entries: Vec<Entry> = Vec::new();
    let more = loop {
        let page = backend.list(&listing, &call).await?;
        entries.extend(page.entries);
        match page.next {
            Some(_) if entries.len() >= NAMES => break true,
            Some(next) if listing.cursor.as_ref() != Some(&next) => listing.cursor = Some(next),
            Some(_) => {
                return Err(Error::new(Kind::Component, "the backend answers the same page again and again").into());
            }
            None => break entries.len() > NAMES,
        }
    };
    entries.truncate(NAMES);
    Ok(Done::Listed(entries, more))
}
