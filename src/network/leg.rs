//! A part of a way: hops one after the other, or one of several ways that the traffic may take.

use std::mem::discriminant;

use super::rules::unanimous;
use super::{Blockage, Hop, Part, State, Unsure};

#[derive(Debug, Clone, Default)]
pub(super) struct Leg {
    pub(super) state: State,
    pub(super) hops: Vec<Hop>,
    pub(super) blockages: Vec<Blockage>,
    pub(super) possible: Vec<Blockage>,
    pub(super) unsure: Vec<Unsure>,
}

impl Leg {
    pub(super) fn hop(self, state: State, what: impl Into<String>) -> Self {
        self.hop_because(state, what, None)
    }

    /// A hop, and why it does not pass traffic.
    pub(super) fn hop_because(mut self, state: State, what: impl Into<String>, why: Option<String>) -> Self {
        self.state = self.state.max(state);
        self.hops.push(Hop { what: what.into(), state, why });
        self
    }

    /// A hop that could not be judged, why, and of which kinds of hops nothing is known for it.
    pub(super) fn doubt(
        mut self,
        parts: &'static [Part],
        hop: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        let why = why.into();
        self.unsure.push(Unsure { text: why.clone(), parts });
        self.hop_because(State::Unsure, hop, Some(why))
    }

    /// A way of which nothing is known.
    pub(super) fn unseen(parts: &'static [Part], why: impl Into<String>) -> Self {
        Self { state: State::Unsure, unsure: vec![Unsure { text: why.into(), parts }], ..Self::default() }
    }

    /// The same, where something else that was not read could explain a failure as well: no blockage of these
    /// kinds is proved, and none of their hops. `proved` selects blockages for which it makes no difference.
    pub(super) fn doubted(
        self,
        parts: &'static [Part],
        why: &str,
        proved: impl Fn(&Blockage) -> bool,
    ) -> Self {
        let mut leg = self.then(Self::unseen(parts, why));
        for blockage in leg
            .blockages
            .iter_mut()
            .filter(|blockage| parts.contains(&blockage.what.part()) && !proved(blockage))
        {
            blockage.doubt.get_or_insert_with(|| why.to_owned());
        }
        leg
    }

    /// The same, where it need not have been so when the call was made.
    pub(super) fn perhaps(self, parts: &'static [Part], why: String) -> Self {
        Self::either(vec![self, Self::unseen(parts, why)])
    }

    /// A blockage that is certain if the state is broken, possible if that is unsure, and none else.
    pub(super) fn blamed(mut self, state: State, blockage: Blockage) -> Self {
        self.state = self.state.max(state);
        match state {
            State::Broken => self.blockages.push(blockage),
            State::Unsure => self.possible.push(blockage),
            State::Ok | State::Absent => {}
        }
        self
    }

    /// A hop and the blockage that its state shows.
    pub(super) fn judged(self, state: State, hop: impl Into<String>, blockage: Blockage) -> Self {
        let why = blockage.proof.clone();
        self.blamed(state, blockage).hop_because(state, hop, Some(why))
    }

    /// This, and then that.
    pub(super) fn then(mut self, next: Self) -> Self {
        self.state = self.state.max(next.state);
        append(&mut self.hops, next.hops);
        append(&mut self.blockages, next.blockages);
        append(&mut self.possible, next.possible);
        append(&mut self.unsure, next.unsure);
        self
    }

    /// One of these, but it is not known which: only what breaks all of them is certain.
    pub(super) fn either(legs: Vec<Self>) -> Self {
        let state = unanimous(legs.iter().map(|leg| leg.state));
        let kinds: Vec<Vec<_>> = legs
            .iter()
            .map(|leg| leg.blockages.iter().map(|blockage| discriminant(&blockage.what)).collect())
            .collect();
        let mut merged = legs.into_iter().fold(Self::default(), Self::then);
        let (certain, other) = merged
            .blockages
            .into_iter()
            .partition(|blockage| kinds.iter().all(|leg| leg.contains(&discriminant(&blockage.what))));
        merged.blockages = certain;
        append(&mut merged.possible, other);
        for hop in merged.hops.iter_mut().filter(|hop| state < hop.state) {
            hop.state = State::Unsure;
        }
        Self { state, ..merged }
    }
}

fn append<T: PartialEq>(all: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
}
