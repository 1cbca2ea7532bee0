//! The partitions of AWS, separate clouds under separate domains. A region's name tells which one it is in.

/// What a region's name begins with, and the domain of the endpoints there. The first that fits counts.
const SUFFIXES: [(&str, &str); 8] = [
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-gov-", "amazonaws.com"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("", "amazonaws.com"),
];

/// Characters of a region's name; the longest there is has 15.
const REGION_LENGTH: usize = 32;

/// The domain under which the endpoints of `region` are; none if that can't be the name of a region.
pub(crate) fn suffix(region: &str) -> Option<&'static str> {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let legal = (1..=REGION_LENGTH).contains(&region.len())
        && region.bytes().all(plain)
        && !region.starts_with('-')
        && !region.ends_with('-');
    let fits = |(prefix, _): &&(&str, &str)| region.starts_with(prefix);
    SUFFIXES.iter().find(fits).filter(|_| legal).map(|(_, suffix)| *suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_has_its_own_domain() {
        for (region, domain) in [
            ("us-east-1", "amazonaws.com"),
            ("eu-central-2", "amazonaws.com"),
            ("mx-central-1", "amazonaws.com"),
            ("us-gov-west-1", "amazonaws.com"),
            ("cn-northwest-1", "amazonaws.com.cn"),
            ("us-iso-east-1", "c2s.ic.gov"),
            ("us-isob-east-1", "sc2s.sgov.gov"),
            ("eu-isoe-west-1", "cloud.adc-e.uk"),
            ("us-isof-south-1", "csp.hci.ic.gov"),
            ("eusc-de-east-1", "amazonaws.eu"),
        ] {
            assert_eq!(suffix(region), Some(domain), "{region}");
        }
    }

    #[test]
    fn what_is_no_region_is_in_no_partition() {
        let long = "a".repeat(REGION_LENGTH + 1);
        for region in ["", "US-EAST-1", "us-east-1.evil.example", "us east", "eu/x", "-a", "a-", "é", &long] {
            assert_eq!(suffix(region), None, "{region}");
        }
    }
}
