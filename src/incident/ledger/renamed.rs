//! Incidents that an earlier release keeps under another fingerprint: it named the very thing that failed
//! where this one names the host or the repository. They continue under the new one, so that an update
//! announces nothing again. Only services have an index to find them by.

use futures_util::future::try_join_all;

use super::Ledger;
use crate::incident::index::Index;
use crate::incident::store::{Store, Unreachable, read};
use crate::incident::{About, Incident};

/// What was open of a workload, step and fault under fingerprints of an earlier release.
#[derive(Debug, Default)]
pub(super) struct Renamed {
    /// The incident that continues, under its new fingerprint.
    pub(super) incident: Option<Incident>,
    /// The fingerprint and number of each, of which the index need not know any more.
    pub(super) names: Vec<(String, u64)>,
}

impl<S: Store + Sync> Ledger<S> {
    /// What is open of the same kind under another fingerprint.
    pub(super) async fn renamed(&self, about: &About, index: &Index) -> Result<Renamed, Unreachable> {
        if !about.by_place {
            return Ok(Renamed::default());
        }
        let kept = try_join_all(index.open.keys().map(|fingerprint| self.store.load(fingerprint))).await?;
        let is_former = |other: &Incident| {
            let is_alike = other.about.is_of_one_workload(about)
                && (&other.about.step, &other.about.fault) == (&about.step, &about.fault);
            is_alike && !other.about.by_place && !other.closed && other.announced > 0
        };
        let former: Vec<Incident> =
            kept.iter().filter_map(|kept| read(kept.as_ref())).filter(is_former).collect();
        let names = former.iter().map(|former| (former.about.fingerprint.clone(), former.serial)).collect();
        let incident = former.into_iter().max_by_key(|former| former.last_seen).map(|former| Incident {
            about: About { fingerprint: about.fingerprint.clone(), by_place: true, ..former.about.clone() },
            indexed: false,
            ..former
        });
        Ok(Renamed { incident, names })
    }
}
