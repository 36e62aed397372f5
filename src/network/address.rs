//! The other side of a connection, as far as its address is known, and whether a rule's range covers it.

use std::fmt;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::State;

/// An IPv4 address that is known only in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    /// Any public one.
    Public,
    /// One of this range.
    Within(Ipv4Net),
    /// Any at all.
    Anywhere,
}

const fn net(a: u8, b: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, 0, 0), length)
}

/// The IPv4 ranges that are not public.
const NOT_PUBLIC: [Ipv4Net; 8] = [
    net(0, 0, 8),
    net(10, 0, 8),
    net(100, 64, 10),
    net(127, 0, 8),
    net(169, 254, 16),
    net(172, 16, 12),
    net(192, 168, 16),
    net(224, 0, 3),
];

/// Whether an address is a public one.
pub(super) fn is_public(address: Ipv4Addr) -> bool {
    !NOT_PUBLIC.iter().any(|reserved| reserved.contains(&address))
}

/// Whether a range holds public addresses.
pub(super) fn has_public(range: Ipv4Net) -> bool {
    !NOT_PUBLIC.iter().any(|reserved| reserved.contains(&range))
}

/// Whether a range holds private addresses.
pub(super) fn has_private(range: Ipv4Net) -> bool {
    NOT_PUBLIC.iter().any(|reserved| reserved.contains(&range) || range.contains(reserved))
}

impl Address {
    /// One of this range; anywhere if it cannot be read.
    pub(super) fn within(cidr: Option<&str>) -> Self {
        cidr.and_then(|cidr| cidr.parse().ok()).map_or(Self::Anywhere, Self::Within)
    }

    /// Whether it may be this other one.
    pub(super) fn may_hold(self, other: Self) -> bool {
        match (self, other) {
            (Self::Within(range), Self::Within(other)) => range.contains(&other) || other.contains(&range),
            (Self::Public, Self::Within(range)) | (Self::Within(range), Self::Public) => has_public(range),
            _ => true,
        }
    }

    /// This one.
    pub(super) fn at(address: Ipv4Addr) -> Self {
        Self::Within(Ipv4Net::from(address))
    }

    /// The range of addresses that a rule for it names: one public address represents all of a service.
    pub(super) fn range(self) -> String {
        match self {
            Self::Within(net) if net.prefix_len() < 32 || !is_public(net.addr()) => net.to_string(),
            _ => super::place::ANY.to_owned(),
        }
    }

    /// Whether a rule's range holds the address: `Ok` if surely, `Broken` if surely not.
    pub(super) fn in_range(self, range: &str) -> State {
        let Ok(range) = range.parse::<Ipv4Net>() else { return State::Unsure };
        let (covers, meets) = match self {
            _ if range.prefix_len() == 0 => (true, true),
            Self::Public => (false, has_public(range)),
            Self::Within(net) => (range.contains(&net), net.contains(&range)),
            Self::Anywhere => (false, true),
        };
        match (covers, meets) {
            (true, _) => State::Ok,
            (false, true) => State::Unsure,
            (false, false) => State::Broken,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public | Self::Anywhere => f.write_str(super::place::ANY),
            Self::Within(net) if net.prefix_len() == 32 => net.addr().fmt(f),
            Self::Within(net) => net.fmt(f),
        }
    }
}
