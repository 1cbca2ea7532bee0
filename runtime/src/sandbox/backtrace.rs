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
        let named: Vec<String> = symbols.iter().filter_map(|symbol| Some(symbol.name()?.to_owned())).collect();
        let name = match named.as_slice() {
            [] => frame.func_name().map_or_else(|| format!("function {}", frame.func_index()), str::to_owned),
            named => named.join(" < "),
        };
        let _ = write!(text, "{depth:>4}: {}", Shown(&name));
        if let Some((file, line)) = symbols.iter().find_map(|symbol| Some((symbol.file()?, symbol.line()?))) {
            let _ = write!(text, " ({}:{line})", Shown(file));
        }
        text.push('\n');
    }
    text
}
