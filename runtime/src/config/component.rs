//! Where the component of a backend is.

use std::path::{Path, PathBuf};

use super::is_file;
use crate::manifest::{ManifestError, fields::Item};

/// The folder of installed backends, in which `NAME.wasm` is the component of NAME; none where there is no home. It is
/// where the XDG base directory specification has data of the user's, in a folder of ours.
pub fn installed_backends() -> Option<PathBuf> {
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    Some(data.or_else(|| Some(dirs::home_dir()?.join(".local/share")))?.join("secret-runtime/backends"))
}

/// The component that is meant: a file if there is a / in it or it ends in .wasm, else the one that is installed by
/// that name, wherever that is on this machine.
pub(super) fn component(item: Item, folder: &Path) -> std::result::Result<PathBuf, ManifestError> {
    let homeless = item.wrong("there is no home folder that backends could be installed in; name the component's file");
    let component = item.text()?;
    match is_file(&component) {
        true => Ok(folder.join(component)),
        false => Ok(installed_backends().ok_or(homeless)?.join(format!("{component}.wasm"))),
    }
}
