//! Checksums: CRC-32C, which Google keeps beside what it keeps for us.

use std::fmt;

use secret_runtime_guest::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A CRC-32C of some bytes. In JSON it is a number of 64 bits, and therefore a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum(u32);

impl Checksum {
    /// The checksum of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        // The index is a byte, and the table has a place for each.
        let step = |crc: u32, byte: &u8| {
            let [low, ..] = crc.to_le_bytes();
            TABLE.get(usize::from(low ^ byte)).copied().unwrap_or_default() ^ (crc >> 8)
        };
        Self(!bytes.iter().fold(!0, step))
    }

    /// Whether these are the bytes.
    ///
    /// # Errors
    /// [`Error::Malformed`] if they are not.
    pub fn verify(self, bytes: &[u8]) -> Result<()> {
        if self == Self::of(bytes) { Ok(()) } else { Err(Error::malformed("the reply and its checksum differ")) }
    }
}

/// What a byte does to a checksum.
const TABLE: [u32; 256] = {
    /// Castagnoli's polynomial, its bits in reverse.
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let mut table = [0; 256];
    let mut rest: &mut [u32] = &mut table;
    let mut byte = 0;
    while let [first, after @ ..] = rest {
        let mut crc = byte;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 };
            bit += 1;
        }
        *first = crc;
        rest = after;
        byte += 1;
    }
    table
};

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Checksum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Checksum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        digits.parse().map(Self).map_err(|_| serde::de::Error::custom("no checksum"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn it_is_the_checksum_that_everybody_means() {
        // The check value of the algorithm's catalogue, and examples of RFC 3720.
        let ascending: Vec<u8> = (0..32).collect();
        let cases: [(&[u8], u32); 5] = [
            (b"123456789", 0xe306_9283),
            (b"", 0),
            (&[0; 32], 0x8a91_36aa),
            (&[0xff; 32], 0x62a8_ab43),
            (&ascending, 0x46dd_794e),
        ];
        for (bytes, expected) in cases {
            assert_eq!(Checksum::of(bytes), Checksum(expected), "{bytes:?}");
        }
    }

    #[test]
    fn it_is_text_in_json() {
        let checksum = Checksum::of(b"123456789");
        assert_eq!(serde_json::to_string(&checksum).unwrap(), "\"3808858755\"");
        assert_eq!(serde_json::from_str::<Checksum>("\"3808858755\"").unwrap(), checksum);
        for none in ["\"-1\"", "\"4294967296\"", "\"\"", "\"x\"", "null"] {
            assert!(serde_json::from_str::<Checksum>(none).is_err(), "{none}");
        }
    }

    #[test]
    fn another_checksum_is_malformed() {
        assert_eq!(Checksum::of(b"value").verify(b"value"), Ok(()));
        assert!(matches!(Checksum::of(b"value").verify(b"other"), Err(Error::Malformed(_))));
    }
}
