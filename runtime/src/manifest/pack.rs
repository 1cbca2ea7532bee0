//! Putting a manifest into a component.

use wasm_encoder::{ComponentSection as _, CustomSection, Encode as _};

use super::{
    Manifest, ManifestError,
    section::{SECTION, inspect},
};

/// The component with this manifest in it, as one custom section at its end.
///
/// # Errors
/// The bytes are not a component, it has a manifest already, or the manifest is not right.
pub fn pack(component: &[u8], manifest: &str) -> Result<Vec<u8>, ManifestError> {
    if inspect(component)?.manifest_toml.is_some() {
        return Err(ManifestError::Packed);
    }
    Manifest::parse(manifest)?;
    let section = CustomSection { name: SECTION.into(), data: manifest.as_bytes().into() };
    let mut packed = component.to_vec();
    packed.push(section.id());
    section.encode(&mut packed);
    Ok(packed)
}
