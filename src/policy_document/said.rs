//! What a document says, in words that go on a sentence.

use std::fmt;

use super::{Nearly, Unmet};

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has = if self.has.is_empty() { "nothing".to_owned() } else { self.has.join(", ") };
        write!(f, "{} {} wants {}, and here it is {has}", self.operator, self.key, self.wants.join(" or "))
    }
}

impl fmt::Display for Nearly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Orphan { at, id } => write!(
                f,
                "{at} names {id}, a role or user that was deleted: one recreated under its name is another"
            ),
            Self::Condition { at, unmet } => {
                let unmet: Vec<String> = unmet.iter().map(ToString::to_string).collect();
                write!(f, "{at} would, but {}", unmet.join("; "))
            }
        }
    }
}
