//! What went wrong in an invocation: why a message is delivered again, and which channel missed something.

/// Why a message is delivered again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The event is of no form that can be read.
    #[error("cannot read the event: {0}")]
    Unreadable(String),
    /// It came through the queue, and is not of those who are listened to.
    #[error("refused: {0}")]
    Refused(String),
    /// A fault of ecs-triage itself.
    #[error("a fault of ecs-triage itself; the log says where")]
    Faulty,
    /// A diagnosis was made and could not be announced.
    #[error("cannot announce: {0}")]
    Unannounced(String),
    /// What was seen or announced is not kept in the table.
    #[error("not recorded: {0}")]
    Unrecorded(String),
    /// Without a topic the journal is the channel of the team, and it does not have it.
    #[error("not in the journal: {0}")]
    NotInJournal(String),
    /// Another instance is about to announce it, and may fail.
    #[error("another instance announces it: come again")]
    ComeAgain,
    /// Tasks hold the old value after a change, or not all could be looked at.
    #[error("{0}: looked at again later")]
    Held(String),
    /// Nothing of what a schedule is to check could be looked at.
    #[error("not checked: {0}")]
    Unchecked(String),
    /// Nothing was made of it.
    #[error("nothing was made of it")]
    Forgotten,
}

/// What goes to the function's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// A message is delivered again.
    ComesAgain {
        /// Its id.
        message: String,
        /// Why.
        problem: Problem,
    },
    /// What came without an id cannot be asked for again.
    Lost(Problem),
    /// The table could not be used, so memory was; in words.
    WithoutTable(String),
    /// A notice is out, and the table does not know.
    Unnoted(String),
    /// Some lines are not in the journal, though a notice refers to them.
    NotInJournal(String),
    /// A notice is out, and not in the chat.
    NotInChat(String),
    /// A notice is out, and not on the bus.
    NotOnBus(String),
}

impl Trouble {
    /// The metric that counts it; an alarm watches each. Waiting, for another instance or for old tasks to
    /// go, has none.
    #[must_use]
    pub const fn metric(&self) -> Option<&'static str> {
        match self {
            Self::ComesAgain { problem, .. } | Self::Lost(problem) => match problem {
                Problem::Unannounced(_) => Some("Unannounced"),
                Problem::NotInJournal(_) => Some("NotInJournal"),
                Problem::Faulty | Problem::Forgotten => Some("Faulty"),
                Problem::Unreadable(_) | Problem::Refused(_) => Some("Refused"),
                // Counted where the table was given up, or by Lambda as an error.
                Problem::Unrecorded(_) | Problem::Unchecked(_) | Problem::ComeAgain | Problem::Held(_) => {
                    None
                }
            },
            Self::WithoutTable(_) | Self::Unnoted(_) => Some("Unrecorded"),
            Self::NotInJournal(_) => Some("NotInJournal"),
            Self::NotInChat(_) => Some("NotInChat"),
            Self::NotOnBus(_) => Some("NotOnBus"),
        }
    }

    /// Every metric that counts trouble.
    pub const METRICS: [&'static str; 7] =
        ["Unannounced", "Unrecorded", "NotInJournal", "NotInChat", "NotOnBus", "Refused", "Faulty"];
}
