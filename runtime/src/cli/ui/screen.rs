//! The terminal as a whole: taken over, and given back however the program ends.

use std::{
    io::{self, Stdout, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use ratatui::{
    Terminal,
    backend::CrosstermBackend,
    crossterm::{
        cursor::Show,
        event::{self, DisableFocusChange, EnableFocusChange, Event},
        execute,
        terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
    },
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
};

/// How often the keyboard's thread looks whether it should end.
const LOOK: Duration = Duration::from_millis(100);

/// Whether the terminal is ours. It is one per process, and so are the ways in which a process ends.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours, and its keyboard.
pub(super) struct Screen {
    pub(super) terminal: Terminal<CrosstermBackend<Stdout>>,
    keyboard: Option<Keyboard>,
}

impl Screen {
    /// Takes the terminal over.
    pub(super) fn take() -> io::Result<Self> {
        give_back_on_panic();
        give_back_on_signals()?;
        // Made first: what is dropped after a failure below gives the terminal back.
        let mut screen = Self { terminal: Terminal::new(CrosstermBackend::new(io::stdout()))?, keyboard: None };
        screen.enter()?;
        Ok(screen)
    }

    /// Takes it over again.
    pub(super) fn enter(&mut self) -> io::Result<()> {
        TAKEN.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        execute!(io::stdout(), EnterAlternateScreen, EnableFocusChange)?;
        self.wipe()?;
        self.keyboard = Some(Keyboard::listen()?);
        Ok(())
    }

    /// Lets the next frame be drawn as a whole, on an empty screen.
    ///
    /// `Terminal::clear` would ask the terminal where its cursor is, and not every terminal answers.
    pub(super) fn wipe(&mut self) -> io::Result<()> {
        execute!(io::stdout(), Clear(ClearType::All))?;
        self.terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        Ok(())
    }

    /// Gives it back for a while, and the keyboard with it.
    pub(super) fn leave(&mut self) {
        if let Some(keyboard) = self.keyboard.take() {
            keyboard.end();
        }
        give_back(&mut io::stdout().lock());
    }

    /// The next key, or what else the terminal tells.
    pub(super) async fn event(&mut self) -> io::Result<Event> {
        let event = match &mut self.keyboard {
            Some(keyboard) => keyboard.events.recv().await,
            None => None,
        };
        event.unwrap_or_else(|| Err(io::Error::other("the keyboard is gone")))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back(&mut io::stdout().lock());
    }
}

fn give_back(out: &mut impl Write) {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(out, DisableFocusChange, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// What is said of a panic is said on the terminal as it was.
fn give_back_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        give_back(&mut io::stdout().lock());
        before(panic);
    }));
}

/// A signal ends the program whatever it is doing, also while it waits for an answer or for a compiler.
fn give_back_on_signals() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let [mut interrupt, mut terminate, mut hangup] = {
        let _context = runtime.enter();
        let listen = |kind| -> io::Result<(i32, Signal)> { Ok((SignalKind::as_raw_value(&kind), signal(kind)?)) };
        [listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?]
    };
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let number = runtime.block_on(async {
            tokio::select! {
                _ = interrupt.1.recv() => interrupt.0,
                _ = terminate.1.recv() => terminate.0,
                _ = hangup.1.recv() => hangup.0,
            }
        });
        // Held to the end: nothing more is drawn, which would be on the screen that stays.
        let mut out = io::stdout().lock();
        give_back(&mut out);
        std::process::exit(128 + number);
    })?;
    Ok(())
}

/// Keys, read by a thread of their own: a sequence that comes in part holds up nothing else.
struct Keyboard {
    events: mpsc::UnboundedReceiver<io::Result<Event>>,
    over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Keyboard {
    fn listen() -> io::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let (tell, events) = mpsc::unbounded_channel();
        let thread = thread::Builder::new().name("keyboard".to_owned()).spawn({
            let over = Arc::clone(&over);
            move || {
                while !over.load(Ordering::SeqCst) {
                    let event = match event::poll(LOOK) {
                        Ok(false) => continue,
                        Ok(true) => event::read(),
                        Err(cause) => Err(cause),
                    };
                    let failed = event.is_err();
                    if tell.send(event).is_err() || failed {
                        return;
                    }
                }
            }
        })?;
        Ok(Self { events, over, thread })
    }

    /// Ends it: from then on, what is typed goes to whoever reads it.
    fn end(self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = self.thread.join();
    }
}
