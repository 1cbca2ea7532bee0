//! Which addresses may be connected to: public ones; private ones only where the operator typed the host; those of
//! cloud metadata services never.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressRefused {
    /// It is where clouds hand out credentials.
    #[error("{0} is an address of a cloud metadata service, which no backend may reach")]
    Metadata(IpAddr),
    /// It is not public, and only the component's author named the host.
    #[error("{0} is not a public address; only a host that you set yourself may be private or loopback")]
    NotPublic(IpAddr),
    /// It is not an address of one host at all.
    #[error("{0} is not the address of a host")]
    NotAHost(IpAddr),
}

impl AddressRefused {
    /// The rule that refused, for messages.
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::Metadata(_) => "metadata-address",
            Self::NotPublic(_) => "private-address",
            Self::NotAHost(_) => "address",
        }
    }
}

/// How far a connection may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// To public addresses.
    Public,
    /// To private and loopback ones too: the operator named the host.
    Private,
    /// To metadata services too: for built-in identities alone.
    Metadata,
}

impl Reach {
    /// For a host that the operator typed, or that somebody else named.
    pub(crate) const fn typed(typed: bool) -> Self {
        if typed { Self::Private } else { Self::Public }
    }
}

/// Decides whether `address` may be connected to.
///
/// # Errors
/// Which rule forbids it.
pub(crate) fn judge(address: IpAddr, reach: Reach) -> Result<(), AddressRefused> {
    match class(address) {
        Class::Public => Ok(()),
        Class::Private if reach >= Reach::Private => Ok(()),
        Class::Private => Err(AddressRefused::NotPublic(address)),
        Class::Metadata if reach >= Reach::Metadata => Ok(()),
        Class::Metadata => Err(AddressRefused::Metadata(address)),
        Class::NotAHost => Err(AddressRefused::NotAHost(address)),
    }
}

/// Whether `address` is a private or loopback one, for the words of a grant.
pub fn is_private(address: IpAddr) -> bool {
    class(address) == Class::Private
}

/// Whether `address` is where a cloud hands out credentials.
#[cfg(feature = "aws")]
pub(crate) fn is_metadata(address: IpAddr) -> bool {
    class(address) == Class::Metadata
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Public,
    Private,
    Metadata,
    NotAHost,
}

fn class(address: IpAddr) -> Class {
    match address {
        IpAddr::V4(v4) => class_v4(v4),
        IpAddr::V6(v6) => class_v6(v6),
    }
}

/// Addresses at which clouds answer with credentials, outside the link-local range that is refused as a whole:
/// Alibaba and Oracle, Azure's wire server, Oracle's classic service.
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(192, 0, 0, 192)];

/// The same in IPv6: AWS for machines, AWS for pods, Google.
const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

/// By the IANA special-purpose address registries (RFC 6890 and its updates).
fn class_v4(address: Ipv4Addr) -> Class {
    if METADATA_V4.contains(&address) {
        return Class::Metadata;
    }
    match address.octets() {
        [169, 254, ..] => Class::Metadata,
        [0, ..] | [224..=255, ..] => Class::NotAHost,
        [10 | 127, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Class::Private,
        [192, 0, 0 | 2, _] | [198, 18..=19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => Class::Private,
        [192, 88, 99, _] => Class::Private,
        _ => Class::Public,
    }
}

fn class_v6(address: Ipv6Addr) -> Class {
    if METADATA_V6.contains(&address) {
        return Class::Metadata;
    }
    if let Some(inner) = embedded_v4(address) {
        return match class_v4(inner) {
            // A translator may stand anywhere: what it would reach decides, and it is never taken for public.
            Class::Public if !is_mapped(address) => Class::Private,
            inner => inner,
        };
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Class::NotAHost,
        [0xff00..=0xffff, ..] => Class::NotAHost,
        // fe80::/10 also holds metadata services of clouds that follow AWS; a scoped address is none of ours.
        [0xfe80..=0xfebf, ..] => Class::Metadata,
        [0, 0, 0, 0, 0, 0, 0, 1] | [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Class::Private,
        [0x2001, 0xdb8, ..] | [0x2001, 0..=0x1ff, ..] | [0x3fff, 0..=0xfff, ..] | [0x100, 0, 0, 0, ..] => {
            Class::Private
        }
        [0x2000..=0x3fff, ..] => Class::Public,
        _ => Class::NotAHost,
    }
}

fn is_mapped(address: Ipv6Addr) -> bool {
    address.to_ipv4_mapped().is_some()
}

/// The IPv4 address inside a mapped, compatible, translated (NAT64), 6to4, Teredo or ISATAP address.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => v4(high, low),
        [0, 0, 0, 0, 0xffff, 0, high, low] => v4(high, low),
        [0x64, 0xff9b, 0 | 1, _, _, _, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        [0x2001, 0, _, _, _, _, high, low] => v4(!high, !low),
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => v4(high, low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn public_addresses_may_be_reached_by_anyone() {
        for address in ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:1.1.1.1", "172.32.0.1", "100.128.0.1"] {
            assert_eq!(judge(address.parse().unwrap(), Reach::Public), Ok(()), "{address}");
        }
    }

    #[test]
    fn private_addresses_need_the_operators_word() {
        for address in [
            "127.0.0.1",
            "127.255.0.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.2.1",
            "::1",
            "fc00::1",
            "fd12:3456::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b::808:808",
            "2002:7f00:1::",
            "2002:c0a8:101::1",
            "2001:0:0:0:0:0:80ff:fffe",
            "fe00:0:0:0:0:5efe:a00:1",
            "2001:db8::1",
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(judge(address, Reach::Public), Err(AddressRefused::NotPublic(address)));
            assert_eq!(judge(address, Reach::Private), Ok(()));
        }
    }

    #[test]
    fn metadata_services_are_out_of_reach_in_every_notation() {
        for address in [
            "169.254.169.254",
            "169.254.170.2",
            "169.254.170.23",
            "169.254.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "fe80::a9fe:a9fe",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "::ffff:0:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe",
            "2002:a9fe:a9fe::",
            "2001:0:1:2:3:4:5601:5601",
            "2001:470::5efe:a9fe:a9fe",
            "::ffff:100.100.100.200",
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(judge(address, Reach::Private), Err(AddressRefused::Metadata(address)));
        }
    }

    #[test]
    fn what_is_no_host_is_never_reached() {
        for address in
            ["0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "::ffff:0.0.0.0", "4000::1"]
        {
            let address: IpAddr = address.parse().unwrap();
            assert!(matches!(judge(address, Reach::Private), Err(AddressRefused::NotAHost(_))), "{address}");
        }
    }
}
