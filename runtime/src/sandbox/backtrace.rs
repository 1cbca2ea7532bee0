//! Where in a component a trap happened, for its author.

use std::fmt::Write as _;

use wasmtime::WasmBacktrace;

use super::engine::FRAMES;
use crate::text::Shown;

/// The frames of a trap, innermost first, a line each: function names, and source lines where the component has them.
/// The component's own words, so untrusted.
pub(super) fn frames(trace: &WasmBacktrace) -> String {
    let mut text = String::new();
    for (depth, frame) in trace.frames().iter().enumerate() {
        // Where functions were inlined, a frame has several, each with its own place.
        let mut functions: Vec<_> = frame
            .symbols()
            .iter()
            .filter_map(|symbol| Some((readable(symbol.name()?), symbol.file().zip(symbol.line()))))
            .take(FRAMES)
            .collect();
        if functions.is_empty() {
            let name = frame.func_name().map_or_else(|| format!("function {}", frame.func_index()), readable);
            functions.push((name, None));
        }
        for (inlined, (name, place)) in functions.iter().enumerate() {
            let depth = if inlined == 0 { format!("{depth}:") } else { String::new() };
            let _ = write!(text, "{depth:>5} {}", Shown(name));
            if let Some((file, line)) = place {
                let _ = write!(text, " ({}:{line})", Shown(file));
            }
            text.push('\n');
        }
    }
    text
}

/// A name as its author wrote it, without the hash that a compiler adds. What is not Rust's stays as it is.
fn readable(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}
