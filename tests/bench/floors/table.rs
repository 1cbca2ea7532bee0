//! The one table that a run ends with.

use std::fmt::Write as _;

use crate::turns::Turns;

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    cells: [String; 6],
    met: Option<bool>,
}

const HEAD: [&str; 6] = ["what", "measured", "floor", "ratio", "target", "met"];

/// What a row has to reach.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// At most so many times the floor.
    AtMost(f64),
    /// At least so many times the floor.
    AtLeast(f64),
    /// Shown for comparison.
    None,
}

impl Row {
    /// Two ways in turns.
    pub(crate) fn turns(what: &str, turns: Turns, target: Target) -> Self {
        Self::ratio(what, time(turns.ours), time(turns.floor), turns.ratio, target)
    }

    /// Two ways in turns, of which ours may take so many seconds.
    pub(crate) fn within(what: &str, turns: Turns, most: f64) -> Self {
        let cells = [time(turns.ours), time(turns.floor), format!("{:.2}", turns.ratio), format!("≤ {}", time(most))];
        Self::of(what, cells, Some(turns.ours <= most))
    }

    /// Two ways in turns, of which ours may take so many seconds more.
    pub(crate) fn above(what: &str, turns: Turns, most: f64) -> Self {
        let cells =
            [time(turns.ours), time(turns.floor), format!("{:.2}", turns.ratio), format!("≤ {} more", time(most))];
        Self::of(what, cells, Some(turns.ours - turns.floor <= most))
    }

    /// Two ways in turns, of which ours may take so many times the floor and so many seconds more.
    pub(crate) fn times_and(what: &str, turns: Turns, times: f64, more: f64) -> Self {
        let target = format!("≤ {times} x + {}", time(more));
        let cells = [time(turns.ours), time(turns.floor), format!("{:.2}", turns.ratio), target];
        Self::of(what, cells, Some(turns.ours <= turns.floor * times + more))
    }

    /// A figure, its floor, and how many times the floor it is.
    pub(crate) fn ratio(what: &str, measured: String, floor: String, ratio: f64, target: Target) -> Self {
        let (target, met) = match target {
            Target::AtMost(most) => (format!("≤ {most} x"), Some(ratio <= most)),
            Target::AtLeast(least) => (format!("≥ {least} x"), Some(ratio >= least)),
            Target::None => (String::new(), None),
        };
        Self::of(what, [measured, floor, format!("{ratio:.2}"), target], met)
    }

    /// A figure that stands by itself.
    pub(crate) fn alone(what: &str, measured: String, target: String, met: bool) -> Self {
        Self::of(what, [measured, String::new(), String::new(), target], Some(met))
    }

    /// A figure that nothing is asked of.
    pub(crate) fn figure(what: &str, measured: String) -> Self {
        Self::of(what, [measured, String::new(), String::new(), String::new()], None)
    }

    fn of(what: &str, [measured, floor, ratio, target]: [String; 4], met: Option<bool>) -> Self {
        let word = match met {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        Self { cells: [what.to_owned(), measured, floor, ratio, target, word.to_owned()], met }
    }

    /// Whether it missed its target.
    pub(crate) fn missed(&self) -> bool {
        self.met == Some(false)
    }
}

/// The rows as a table that is both Markdown and easy to read in a terminal.
pub(crate) fn render(rows: &[Row]) -> String {
    let head = HEAD.map(str::to_owned);
    let all = || std::iter::once(&head).chain(rows.iter().map(|row| &row.cells));
    let width = |column: usize| all().filter_map(|cells| cells.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..HEAD.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for (line, cells) in all().enumerate() {
        for (cell, width) in cells.iter().zip(&widths) {
            let _ = write!(text, "| {cell:width$} ");
        }
        text.push_str("|\n");
        if line == 0 {
            widths.iter().for_each(|width| text.push_str(&format!("|{}", "-".repeat(width + 2))));
            text.push_str("|\n");
        }
    }
    text
}

/// Seconds in the unit that reads best.
pub(crate) fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1e-6 => format!("{:.1} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}
