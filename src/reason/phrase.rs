//! One entry of the grammar: the words, what they say, and the name that follows them; and how much that
//! counts.

use super::symptom::{Deny, Fault, Step, Wanted};

/// How much it counts where several speak of the same thing. Of equals the first in the text wins: wraps
/// precede what they wrap. It is not chosen: it follows from who speaks, and how strongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Goes along with many failures: a service's name, an HTTP status.
    Hint,
    /// The name of an error, or a symptom further up the stack.
    Name,
    /// An API's error code, or the IAM action that was refused.
    Code,
    /// A sentence that says it.
    Said,
    /// Nothing else can be meant.
    Proof,
}

/// How strongly something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// The words go along with other failures too: whatever else is said counts more.
    Hint,
    /// As that speaker speaks.
    Said,
    /// The words are said of nothing else.
    Proof,
}

/// How much it counts what a wording says of the step, of the fault, and of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Weights {
    pub(super) step: Weight,
    pub(super) fault: Weight,
    pub(super) name: Weight,
}

/// A phrase, and how much it counts what it says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wording {
    pub(super) phrase: &'static Phrase,
    pub(super) weights: Weights,
}

impl Wording {
    pub(super) fn step(&self) -> Option<(Step, Weight)> {
        self.phrase.step.map(|step| (step, self.weights.step))
    }

    pub(super) fn fault(&self) -> Option<(Fault, Weight)> {
        self.phrase.fault.map(|fault| (fault, self.weights.fault))
    }
}

/// What the words after a phrase name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Resource,
    Bucket,
    Action,
    Principal,
    Role,
    Region,
    Host,
    Address,
    JsonKey,
    VersionStage,
    Retries,
    RequestId,
    /// An operation that a program called.
    Operation,
    /// An ARN; what it names depends on its service.
    Arn,
    /// A URL: the endpoint, and a resource where nothing better is named.
    Url,
    /// Nothing follows; the phrase itself is the fact that a role is service-linked.
    ServiceLinked,
    /// Another's own words, in which nothing is read.
    Nothing,
}

/// Where a name ends when none of its terminators follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Otherwise {
    /// At the end of the text: it may hold spaces, and was cut.
    EndOfText,
    /// At the next space.
    EndOfWord,
    /// It was no name at all.
    NoName,
    /// It was no name at all, nor was one with a space.
    NoWord,
}

/// A name that follows a phrase. It is opaque: no phrase is read inside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) names: Names,
    /// What ends the name, in folded spelling; the earliest wins.
    pub(super) until: &'static [&'static str],
    pub(super) otherwise: Otherwise,
    /// How many bytes of the phrase itself belong to the name (`arn:`).
    pub(super) back: usize,
}

/// Words to look for, in any case and with any white space.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phrase {
    /// In folded spelling.
    pub(super) words: &'static str,
    pub(super) step: Option<Step>,
    pub(super) fault: Option<Fault>,
    pub(super) deny: Option<Deny>,
    /// What an application that says this did not get.
    pub(super) wants: Option<Wanted>,
    pub(super) slot: Option<Slot>,
    /// Counts only where the text begins, and there only with this capital letter: the EC2 agent capitalises
    /// an unwrapped error.
    pub(super) capital_at_start: Option<char>,
    /// Counts only where the text begins.
    pub(super) at_start: bool,
    /// Counts only where the text says nothing else.
    pub(super) alone: bool,
    /// ECS begins a reason with it.
    pub(super) opens: bool,
}

/// Words without a meaning of their own yet.
pub(super) const fn say(words: &'static str) -> Phrase {
    Phrase {
        words,
        step: None,
        fault: None,
        deny: None,
        wants: None,
        slot: None,
        capital_at_start: None,
        at_start: false,
        alone: false,
        opens: false,
    }
}

impl Phrase {
    /// Whether it says nothing but by the name that follows.
    pub(super) const fn only_names(&self) -> bool {
        self.step.is_none() && self.fault.is_none() && self.deny.is_none()
    }

    pub(super) const fn step(mut self, step: Step) -> Self {
        self.step = Some(step);
        self
    }

    pub(super) const fn fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    pub(super) const fn means(self, step: Step, fault: Fault) -> Self {
        self.step(step).fault(fault)
    }

    pub(super) const fn deny(mut self, deny: Deny) -> Self {
        self.deny = Some(deny);
        self
    }

    pub(super) const fn wants(mut self, wanted: Wanted) -> Self {
        self.wants = Some(wanted);
        self
    }

    /// A name follows, up to one of the terminators, else up to the next space.
    pub(super) const fn word(self, names: Names, until: &'static [&'static str]) -> Self {
        self.named(Slot { names, until, otherwise: Otherwise::EndOfWord, back: 0 })
    }

    /// A name that may hold spaces follows, up to one of the terminators, else up to the end.
    pub(super) const fn name(self, names: Names, until: &'static [&'static str]) -> Self {
        self.named(Slot { names, until, otherwise: Otherwise::EndOfText, back: 0 })
    }

    /// A name follows only if one of the terminators does.
    pub(super) const fn within(self, names: Names, until: &'static [&'static str]) -> Self {
        self.named(Slot { names, until, otherwise: Otherwise::NoName, back: 0 })
    }

    /// A name follows only if one of the terminators does before the next space.
    pub(super) const fn one_word(self, names: Names, until: &'static [&'static str]) -> Self {
        self.named(Slot { names, until, otherwise: Otherwise::NoWord, back: 0 })
    }

    const fn named(mut self, slot: Slot) -> Self {
        self.slot = Some(slot);
        self
    }

    /// The last bytes of the phrase belong to the name.
    pub(super) const fn back(mut self, bytes: usize) -> Self {
        if let Some(mut slot) = self.slot {
            slot.back = bytes;
            self.slot = Some(slot);
        }
        self
    }

    pub(super) const fn at_start(mut self) -> Self {
        self.at_start = true;
        self
    }

    pub(super) const fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    pub(super) const fn opens(mut self) -> Self {
        self.opens = true;
        self
    }

    pub(super) const fn capital_at_start(mut self, capital: char) -> Self {
        self.capital_at_start = Some(capital);
        self
    }
}
