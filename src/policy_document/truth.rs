//! Yes, no, or not to be known.

/// Whether something holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Truth {
    Yes,
    No,
    /// It depends on this.
    Unsure(String),
}

impl Truth {
    pub(super) const fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    pub(super) fn unsure(why: impl Into<String>) -> Self {
        Self::Unsure(why.into())
    }

    pub(super) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unsure @ Self::Unsure(_) => unsure,
        }
    }

    /// Whether one of them holds.
    pub(super) fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut held = Self::No;
        for truth in truths {
            match (&held, truth) {
                (_, Self::Yes) => return Self::Yes,
                (Self::No, unsure @ Self::Unsure(_)) => held = unsure,
                _ => {}
            }
        }
        held
    }

    /// Whether all of them hold.
    pub(super) fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        Self::any(truths.into_iter().map(Self::not)).not()
    }
}
