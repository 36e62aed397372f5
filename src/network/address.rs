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

/// Where nothing public lives.
const NOT_PUBLIC: [Ipv4Net; 8] =
    [net(0, 0, 8), net(10, 0, 8), net(100, 64, 10), net(127, 0, 8), net(169, 254, 16), net(172, 16, 12), net(192, 168, 16), net(224, 0, 3)];

/// Whether a range holds public addresses.
pub(super) fn has_public(range: Ipv4Net) -> bool {
    !NOT_PUBLIC.iter().any(|reserved| reserved.contains(&range))
}

impl Address {
    /// One of this range; anywhere if it cannot be read.
    pub(super) fn within(cidr: Option<&str>) -> Self {
        cidr.and_then(|cidr| cidr.parse().ok()).map_or(Self::Anywhere, Self::Within)
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
            Self::Within(net) => net.fmt(f),
        }
    }
}
