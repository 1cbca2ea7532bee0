//! Finding the manifest in a component by parsing it: nothing is compiled, nothing is run.

use wasmparser::{Chunk, Encoding, Parser, Payload};

use super::error::ManifestError;

/// The name of the custom section that holds a manifest.
pub const SECTION: &str = "secret-runtime:manifest";

/// The most bytes a manifest may have. The longest we know has eight thousand.
pub const MANIFEST_BYTES: usize = 1024 * 1024;

/// What parsing alone tells about a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inspected {
    /// Its manifest, if it holds one.
    pub manifest_toml: Option<String>,
    /// Its outer shape.
    pub shape: Shape,
}

/// What a component exports and imports, with names as it writes them, such as `secret-runtime:backend/read@0.1.0`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// What it exports. Untrusted.
    pub exports: Vec<String>,
    /// What it imports. Untrusted.
    pub imports: Vec<String>,
}

/// Parses a component once, with all modules and components in it.
///
/// # Errors
/// The bytes are not a whole component, hold several manifests, or one that is too long or not text.
pub(crate) fn inspect(bytes: &[u8]) -> Result<Inspected, ManifestError> {
    if !bytes.starts_with(b"\0asm") {
        return Err(ManifestError::NotWasm);
    }
    let mut shape = Shape::default();
    let mut manifest: Option<&[u8]> = None;
    let mut outer = Vec::new();
    let mut parser = Parser::new(0);
    let mut rest = bytes;
    loop {
        let cut = || ManifestError::Truncated { offset: (bytes.len() - rest.len()) as u64, length: bytes.len() as u64 };
        // Nothing follows what is nested, which was seen to be whole, nor the last section.
        let last = !outer.is_empty() || rest.is_empty();
        let (consumed, payload) = match parser.parse(rest, last).map_err(|error| damaged(&error))? {
            Chunk::Parsed { consumed, payload } => (consumed, payload),
            Chunk::NeedMoreData(_) => return Err(cut()),
        };
        match &payload {
            Payload::ModuleSection { unchecked_range: range, .. }
            | Payload::ComponentSection { unchecked_range: range, .. }
                if range.end > bytes.len() =>
            {
                return Err(cut());
            }
            _ => rest = rest.get(consumed..).unwrap_or_default(),
        }
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } if outer.is_empty() => {
                return Err(ManifestError::CoreModule);
            }
            Payload::ModuleSection { parser: inner, .. } | Payload::ComponentSection { parser: inner, .. } => {
                outer.push(std::mem::replace(&mut parser, inner));
            }
            Payload::CustomSection(section) if section.name() == SECTION => {
                manifest = match manifest {
                    None => Some(section.data()),
                    Some(_) => return Err(ManifestError::Several),
                };
            }
            Payload::ComponentImportSection(imports) if outer.is_empty() => {
                for import in imports {
                    shape.imports.push(import.map_err(|error| damaged(&error))?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(exports) if outer.is_empty() => {
                for export in exports {
                    shape.exports.push(export.map_err(|error| damaged(&error))?.name.name.to_owned());
                }
            }
            Payload::End(_) => match outer.pop() {
                Some(parent) => parser = parent,
                None => return Ok(Inspected { manifest_toml: manifest.map(text).transpose()?, shape }),
            },
            _ => {}
        }
    }
}

fn text(data: &[u8]) -> Result<String, ManifestError> {
    if data.len() > MANIFEST_BYTES {
        return Err(ManifestError::TooLong { length: data.len() as u64 });
    }
    String::from_utf8(data.to_vec()).map_err(|_| ManifestError::NotText)
}

fn damaged(error: &wasmparser::BinaryReaderError) -> ManifestError {
    ManifestError::Damaged { offset: error.offset() as u64, reason: crate::text::Shown(error.message()).to_string() }
}

#[cfg(test)]
#[path = "section_tests.rs"]
mod tests;
