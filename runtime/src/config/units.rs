//! Durations and sizes as people write them.

use std::time::Duration;

use jiff::SignedDuration;

/// The text is not a duration or not a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadUnit {
    /// Not a duration.
    #[error("a duration is written with its unit, such as 500ms, 10s or 5m")]
    Duration,
    /// Not a size.
    #[error("a size is written in bytes or with its unit, such as 4096, 64KiB or 4MiB")]
    Size,
}

/// Reads a duration such as `500ms`, `10s` or `1h 30m`. Nothing is not a duration.
///
/// # Errors
/// [`BadUnit::Duration`].
pub fn duration(text: &str) -> Result<Duration, BadUnit> {
    let duration: SignedDuration = text.parse().map_err(|_| BadUnit::Duration)?;
    Duration::try_from(duration).ok().filter(|duration| !duration.is_zero()).ok_or(BadUnit::Duration)
}

/// Reads a size such as `4096`, `64KiB`, `4MiB` or `1GiB`, in bytes.
///
/// # Errors
/// [`BadUnit::Size`].
pub fn size(text: &str) -> Result<usize, BadUnit> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(end).ok_or(BadUnit::Size)?;
    let shift = match unit.trim_start() {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => return Err(BadUnit::Size),
    };
    let number: usize = digits.parse().map_err(|_| BadUnit::Size)?;
    number.checked_mul(1 << shift).filter(|size| *size > 0).ok_or(BadUnit::Size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        for bad in ["", "10", "0s", "-5s", "soon"] {
            assert_eq!(duration(bad), Err(BadUnit::Duration), "{bad}");
        }
    }

    #[test]
    fn sizes_are_binary() {
        assert_eq!(size("4096"), Ok(4096));
        assert_eq!(size("64KiB"), Ok(64 << 10));
        assert_eq!(size("4 MiB"), Ok(4 << 20));
        for bad in ["", "0", "4MB", "-1", "99999999999999999999", "99999999999GiB"] {
            assert_eq!(size(bad), Err(BadUnit::Size), "{bad}");
        }
    }
}
