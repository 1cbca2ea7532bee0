//! Where in a component a trap happened, for its author.

use std::fmt::Write as _;

use wasmtime::WasmBacktrace;

use crate::text::Shown;

/// The frames of a trap, innermost first, a line each: function names, and source lines where the component has them.
/// The component's own words, so untrusted.
pub(super) fn frames(trace: &WasmBacktrace) -> String {
    let mut text = String::new();
    for (depth, frame) in trace.frames().iter().enumerate() {
        let symbols = frame.symbols();
        // Where functions were inlined, a frame has several.
        let mut names: Vec<&str> = symbols.iter().filter_map(|symbol| symbol.name()).collect();
        if names.is_empty() {
            names.extend(frame.func_name());
        }
        let name = match names.as_slice() {
            [] => format!("function {}", frame.func_index()),
            names => names.iter().map(|name| readable(name)).collect::<Vec<_>>().join(" < "),
        };
        let _ = write!(text, "{depth:>4}: {}", Shown(&name));
        if let Some((file, line)) = symbols.iter().find_map(|symbol| Some((symbol.file()?, symbol.line()?))) {
            let _ = write!(text, " ({}:{line})", Shown(file));
        }
        text.push('\n');
    }
    text
}

/// A name as its author wrote it, without the hash that a compiler adds. What is not Rust's stays as it is.
fn readable(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}
