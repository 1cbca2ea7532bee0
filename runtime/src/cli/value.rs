//! New values: from standard input, a hidden prompt or a file, never from the argument list.

use std::io::{self, IsTerminal as _, Read as _};

use zeroize::Zeroizing;

use super::{Failed, args::Input};

/// Bytes of a value that are read; the sandbox has its own limit.
const VALUE_BYTES: u64 = 64 << 20;

/// Refuses a word that looks like a name with its value: the value would be told as part of a name, in logs and upstream.
pub(crate) fn is_not_beside(key: &str) -> Result<(), Failed> {
    if key.contains('=') {
        return Err(Failed::usage(
            "a name with = in it looks like NAME=VALUE, and a value is never an argument: give the name alone, and the \
             value when asked or on standard input; where a name does have a =, a configuration gives it another under \
             [secrets]",
        ));
    }
    Ok(())
}

/// Reads the new value.
pub(crate) fn read(input: &Input, key: &str) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let mut value = match &input.from_file {
        Some(path) => {
            let bad = |cause: io::Error| Failed::usage(format!("{} can't be read: {cause}", path.display()));
            take(std::fs::File::open(path).map_err(bad)?).map_err(bad)?
        }
        None if io::stdin().is_terminal() => {
            let typed = rpassword::prompt_password(format!("Value of {}: ", secret_runtime::Shown(key)))
                .map_err(|cause| Failed::usage(format!("the value can't be read: {cause}")))?;
            return Ok(Zeroizing::new(typed.into_bytes()));
        }
        None => take(io::stdin().lock()).map_err(|cause| Failed::usage(format!("the value can't be read: {cause}")))?,
    };
    if input.trim_newline {
        if value.last() == Some(&b'\n') {
            value.pop();
        }
        if value.last() == Some(&b'\r') {
            value.pop();
        }
    } else if input.from_file.is_none() && value.last() == Some(&b'\n') {
        say!("runtime: the value ends in a newline, which is kept; --trim-newline takes it off");
    }
    Ok(value)
}

pub(crate) fn take(from: impl io::Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut value = Zeroizing::new(Vec::new());
    from.take(VALUE_BYTES + 1).read_to_end(&mut value)?;
    if value.len() as u64 > VALUE_BYTES { Err(io::Error::other("it is larger than 64 MiB")) } else { Ok(value) }
}
