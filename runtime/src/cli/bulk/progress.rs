//! How far it came, for somebody who watches.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error, if that is a terminal. Gone when it is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new(doing: &'static str, count: usize) -> Self {
        // A bar for what is done before it is seen only flickers.
        let bar = if count > 1 { ProgressBar::new(count as u64) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}, {elapsed}");
        Self(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(doing))
    }

    /// One more is done.
    pub(crate) fn one(&self) {
        self.0.inc(1);
    }

    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}
