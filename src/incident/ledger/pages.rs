//! What is done with storms: incidents that open or end are listed, on pages, until a notice has announced
//! them.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join, try_join_all};
use jiff::Timestamp;

use super::recording::Recording;
use super::{Ledger, Next};
use crate::incident::store::{
    Changed, Kept, NotSaved, Store, Unreachable, change, change_first, change_from, read, save, too_often,
    written,
};
use crate::incident::storm::{self, DueNotice, Member, Page, Phase, Standing, Storm};
use crate::incident::{About, Incident, expires};
use crate::limits::CHANGE_TRIES;

/// Members of a storm that are to be listed.
struct Listing<'l> {
    /// The storm's key.
    key: &'l str,
    about: &'l About,
    phase: Phase,
    claimant: &'l str,
    now: Timestamp,
    /// Of each member the page that lists it.
    on: Vec<String>,
}

impl Listing<'_> {
    /// The storm with the pages that were not announced, and what is due for each member.
    fn over(
        &self,
        before: &Storm,
        pages: &BTreeMap<String, Page>,
    ) -> Changed<Storm, (Vec<Standing>, Option<DueNotice>)> {
        let Self { key, about, phase, claimant, now, ref on } = *self;
        let mut storm = before.clone();
        for (page, document) in pages.iter().filter(|(_, document)| !document.is_announced) {
            storm.list(phase, page, document.members.len(), now);
        }
        let standings: Vec<Standing> =
            on.iter().map(|page| storm.standing(phase, page, claimant, now)).collect();
        let due_notice = standings.contains(&Standing::Due).then(|| storm.due_notice(phase, key, about));
        Changed {
            document: (storm != *before).then(|| (storm, expires(now))),
            result: (standings, due_notice),
        }
    }
}

impl<S: Store + Sync> Ledger<S> {
    /// Adds incidents that open to their storm's document, unless they have to be listed; the notice that the
    /// storm continues, if that is due.
    pub(super) async fn join(
        &self,
        about: &About,
        kept: Option<Kept>,
        opening: &[&Incident],
        is_hushed: bool,
        recording: &Recording<'_>,
    ) -> Result<(Standing, Option<DueNotice>), Unreachable> {
        if opening.is_empty() && !is_hushed {
            return Ok((Standing::Calm, None));
        }
        let (key, now) = (&storm::key(about), recording.now);
        change_from(&self.store, key, kept, |kept: Option<Storm>| {
            let before = kept.unwrap_or_default();
            let mut storm = before.clone();
            let standing =
                if opening.is_empty() { Standing::Calm } else { storm.join(opening, self.alone, now) };
            let reminds =
                is_hushed && (storm.touch(now), storm.remind(recording.claimant, now, self.reminder)).1;
            let due_notice = reminds.then(|| storm.due_notice(Phase::Begun, key, about));
            // Where all have to be listed, the list is written instead.
            let changed = storm != before && (standing == Standing::Calm || is_hushed);
            Changed { document: changed.then(|| (storm, expires(now))), result: (standing, due_notice) }
        })
        .await
    }

    /// Lists members on a page of the storm, where it does not list them yet, and returns each one's
    /// [`Standing`]; with the notice, if it is due and ours.
    pub(super) async fn gather(
        &self,
        about: &About,
        phase: Phase,
        mut members: Vec<&mut Incident>,
        claimant: &str,
        now: Timestamp,
    ) -> Result<(Vec<Next>, Option<DueNotice>), Unreachable> {
        if members.is_empty() {
            return Ok((Vec::new(), None));
        }
        let (key, own) = (&storm::key(about), storm::page(claimant, phase));
        // Of an earlier page, which may have been announced, or never listed; or which was written without
        // them, where their record failed halfway.
        let earlier: BTreeSet<String> = members
            .iter()
            .filter_map(|member| member.storm.page(phase))
            .filter(|page| **page != own)
            .cloned()
            .collect();
        // A page is marked as announced before the storm forgets it: one that is read after the storm has the
        // mark.
        let storm = if earlier.is_empty() { None } else { Some(self.store.load(key).await?) };
        let mut pages = self.pages(key, earlier).await?;
        let is_listed = |member: &Incident| {
            member.storm.page(phase).and_then(|page| pages.get(page)).is_some_and(|page| page.lists(member))
        };
        let unlisted: Vec<&mut Incident> =
            members.iter_mut().map(|member| &mut **member).filter(|member| !is_listed(member)).collect();
        let kept = if unlisted.is_empty() {
            storm.flatten()
        } else {
            let document = Page {
                members: unlisted.iter().map(|member| Member::of(member)).collect(),
                is_announced: false,
            };
            let (page_key, body) = (storm::page_key(key, &own), written(&document)?);
            // A page is written once all its members know it: a member that did not would be announced by it,
            // and again by the page on which it is listed next.
            let unknowing = unlisted.into_iter().filter(|member| member.storm.page(phase) != Some(&own));
            let writing = async {
                try_join_all(unknowing.map(async |member| {
                    member.storm.list(phase, &own);
                    self.remember(member, now).await
                }))
                .await?;
                match self.store.save(&page_key, body, None, expires(now)).await {
                    // A conflict is our own write, whose answer was lost: no other instance writes a page of
                    // this name.
                    Ok(()) | Err(NotSaved::Conflict) => Ok(()),
                    Err(NotSaved::Unavailable(why)) => Err(Unreachable(why)),
                }
            };
            let loading = async {
                match storm {
                    Some(storm) => Ok(storm),
                    None => self.store.load(key).await,
                }
            };
            let (written, storm) = join(writing, loading).await;
            written?;
            pages.insert(own, document);
            storm?
        };
        let on = members.iter().map(|member| member.storm.page(phase).cloned().unwrap_or_default()).collect();
        let listing = Listing { key, about, phase, claimant, now, on };
        let (standings, due_notice) = self.save_listing(&listing, kept, pages).await?;
        let due_notice = match due_notice {
            Some(due_notice) => Some(self.read_pages(due_notice).await?),
            None => None,
        };
        let nexts = standings.into_iter().map(|standing| match standing {
            Standing::Due => Next::WithStorm,
            Standing::Announced => Next::AnnouncedByStorm,
            Standing::Later | Standing::Calm => Next::ComeAgain,
        });
        Ok((nexts.collect(), due_notice))
    }

    /// Saves the storm with its pages; again from the beginning where another write came between.
    async fn save_listing(
        &self,
        listing: &Listing<'_>,
        mut kept: Option<Kept>,
        mut pages: BTreeMap<String, Page>,
    ) -> Result<(Vec<Standing>, Option<DueNotice>), Unreachable> {
        let Listing { key, phase, .. } = *listing;
        let mut storm: Storm = read(kept.as_ref()).unwrap_or_default();
        let mut times = 0;
        loop {
            if let Some(listed) = save(&self.store, key, kept.as_ref(), listing.over(&storm, &pages)).await? {
                return Ok(listed);
            }
            times += 1;
            if times == CHANGE_TRIES {
                return Err(too_often(key));
            }
            self.store.give_way(times).await;
            kept = self.store.load(key).await?;
            let announced_at = storm.announced_at(phase);
            storm = read(kept.as_ref()).unwrap_or_default();
            if storm.announced_at(phase) != announced_at {
                pages = self.pages(key, pages.into_keys()).await?;
            }
        }
    }

    /// The members that a notice announces: those of pages that were not announced.
    async fn read_pages(&self, mut due_notice: DueNotice) -> Result<DueNotice, Unreachable> {
        let mut pages = self.pages(&due_notice.key, due_notice.pages.iter().cloned()).await?;
        let listed = due_notice.pages.iter().filter_map(|page| pages.remove(page));
        due_notice.members.extend(listed.filter(|page| !page.is_announced).flat_map(|page| page.members));
        Ok(due_notice)
    }

    /// The pages of a storm that are kept, by name.
    async fn pages(
        &self,
        storm: &str,
        names: impl IntoIterator<Item = String>,
    ) -> Result<BTreeMap<String, Page>, Unreachable> {
        let loading = names.into_iter().map(async |name| {
            let kept = self.store.load(&storm::page_key(storm, &name)).await?;
            Ok(read(kept.as_ref()).map(|page| (name, page)))
        });
        Ok(try_join_all(loading).await?.into_iter().flatten().collect())
    }

    /// Keeps where a storm is going to list an incident.
    async fn remember(&self, member: &Incident, now: Timestamp) -> Result<(), Unreachable> {
        change(&self.store, &member.about.fingerprint, |kept: Option<Incident>| {
            let same = kept.filter(|kept| kept.serial == member.serial && kept.storm != member.storm);
            let document =
                same.map(|incident| (Incident { storm: member.storm.clone(), ..incident }, expires(now)));
            Changed { document, result: () }
        })
        .await
    }

    /// Notes that a storm's notice is out.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; then the notice may be published again.
    pub async fn storm_announced(&self, due_notice: &DueNotice, now: Timestamp) -> Result<(), Unreachable> {
        try_join_all(due_notice.pages.iter().map(async |page| {
            change(&self.store, &storm::page_key(&due_notice.key, page), |kept: Option<Page>| {
                let marked = kept
                    .filter(|page| !page.is_announced)
                    .map(|page| (Page { is_announced: true, ..page }, expires(now)));
                Changed { document: marked, result: () }
            })
            .await
        }))
        .await?;
        change_first(&self.store, &due_notice.key, |kept: Option<Storm>| {
            let mut storm = kept.unwrap_or_default();
            storm.announced(due_notice, now);
            Changed { document: Some((storm, expires(now))), result: () }
        })
        .await
    }
}
