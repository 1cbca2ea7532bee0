//! CRC-32C (Castagnoli), bit by bit: slow, and simple enough to be seen to be right.

use serde_json::Value;

use super::{
    Spoiled,
    refusal::{Refusal, invalid},
};

pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    let shift = |crc: u32| (crc >> 1) ^ if crc & 1 == 1 { 0x82f6_3b78 } else { 0 };
    !bytes.iter().fold(!0, |crc: u32, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| shift(crc)))
}

/// The checksum as a reply has it: a number of 64 bits, and therefore a text; none where it is left out.
pub(super) fn written(bytes: &[u8], spoiled: Spoiled) -> Option<String> {
    match spoiled {
        Spoiled::Nothing => Some(crc32c(bytes).to_string()),
        Spoiled::Checksums => Some((crc32c(bytes) ^ 1).to_string()),
        Spoiled::NoChecksums => None,
    }
}

/// Whether a request's checksum is there; it has to be right then.
pub(super) fn verified(claimed: Option<&Value>, bytes: &[u8]) -> Result<bool, Refusal> {
    let claimed = match claimed {
        None => return Ok(false),
        Some(Value::String(digits)) => digits.parse().ok(),
        Some(number) => number.as_i64(),
    };
    match claimed {
        Some(claimed) if claimed == i64::from(crc32c(bytes)) => Ok(true),
        Some(_) => invalid("The checksum does not match the data."),
        None => invalid("Invalid value for a checksum (TYPE_INT64)."),
    }
}
