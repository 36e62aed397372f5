//! `check --cluster`: what the services of a cluster start next.

use std::collections::BTreeSet;

use super::super::output::Output;
use super::{Check, CliError, Format, Global, is_unanswered};
use crate::arn::Arn;
use crate::check::{Checked, Cluster, Findings, Unread, Unseen};
use crate::cli::file::evidence;
#[cfg(feature = "aws")]
use crate::cli::live::Live;
use crate::question::{Evidence, Question};
use crate::render::text::{Colour, Style};
use crate::render::{cluster, markdown};
use crate::source::Found;
use crate::words::some_of;

/// The most services with something in common that are named.
const NAMED: usize = 10;

impl Check {
    pub(super) fn run_cluster(
        &self,
        global: &Global,
        known: &BTreeSet<String>,
        output: &mut Output<'_>,
    ) -> Result<(), CliError> {
        let evidence = evidence(self.evidence.as_deref())?;
        #[cfg(feature = "aws")]
        let live = if self.offline { None } else { Some(Live::new(global, false, self.record.as_deref())?) };
        #[cfg(feature = "aws")]
        let configured = live.as_ref().and_then(Live::region);
        #[cfg(not(feature = "aws"))]
        let configured = None;
        let cluster = self.named(global.region.as_deref().or(configured), &evidence);
        #[cfg(feature = "aws")]
        if cluster.region.is_empty() && live.is_some() {
            return Err(CliError::NoRegion);
        }
        let mut unable = Vec::new();
        #[cfg(feature = "aws")]
        let evidence = {
            let mut evidence = evidence;
            if let Some(live) = &live {
                unable.extend(live.check_cluster(&cluster, &mut evidence)?);
            }
            evidence
        };
        unable.extend(cluster.unseen(&evidence).into_iter().map(|Unseen { services, why }| {
            let what = if services.is_empty() {
                format!("cluster {}", cluster.name)
            } else {
                of_services(&services)
            };
            format!("{what}: {why}")
        }));
        if is_unanswered(&evidence) {
            unable.push("AWS answered none of the questions: nothing is proved".to_owned());
        }
        for problem in &unable {
            output.unable(&self.harmless(problem));
        }
        let unread: Vec<Unread> =
            unable.into_iter().map(|problem| Unread { problem, ..Unread::default() }).collect();
        let checked = cluster.checked(&evidence, known);
        let cluster = Cluster { services: cluster.names(&evidence), ..cluster };
        let judged = self.judge(&checked, output);
        self.write_cluster(&cluster, checked, &unread, global.style(), output)?;
        judged
    }

    /// The cluster, in the Region that its ARN names, or that is configured, or that a recording knows.
    fn named(&self, region: Option<&str>, evidence: &Evidence) -> Cluster {
        let named = self.cluster.as_deref().unwrap_or_default();
        let arn = Arn::parse(named);
        let name = arn.and_then(|arn| arn.resource.strip_prefix("cluster/")).unwrap_or(named);
        let mut recorded = evidence.answers().filter_map(|(question, _)| match question {
            Question::Services(of) if of.cluster == name => Some(of.region.as_str()),
            Question::Service(of) if of.cluster == name => Some(of.region.as_str()),
            _ => None,
        });
        let region = arn.map(|arn| arn.region).or(region).or_else(|| recorded.next());
        let region = region.unwrap_or_default().to_owned();
        Cluster { region, name: name.to_owned(), services: self.service.clone() }
    }

    fn write_cluster(
        &self,
        cluster: &Cluster,
        mut checked: Vec<Checked>,
        unread: &[Unread],
        style: Style,
        output: &mut Output<'_>,
    ) -> Result<(), CliError> {
        let text = cluster::render(cluster, &checked, style);
        let plain = Style { colour: Colour::Off, width: None, ..style };
        let block = markdown::block(&cluster::render(cluster, &checked, plain));
        if matches!(self.format, Format::Github | Format::Junit) {
            gather(cluster, &mut checked);
        }
        let for_people = || if self.format == Format::Text { text.clone() } else { block.clone() };
        output.text(&self.written(&checked, unread, for_people))?;
        self.summarize(|| format!("## ecs-triage check\n\n{block}\n"))
    }
}

/// Puts what was not looked at of all definitions into one list, each thing once for each reason.
fn gather(of: &Cluster, checked: &mut Vec<Checked>) {
    let unchecked = cluster::unchecked(checked);
    for one in &mut *checked {
        one.findings.unchecked.clear();
    }
    if !unchecked.is_empty() {
        checked.push(Checked {
            name: format!("cluster {}", of.name),
            file: None,
            services: Vec::new(),
            found: Found::default(),
            findings: Findings { unchecked, ..Findings::default() },
            known: BTreeSet::new(),
        });
    }
}

fn of_services(services: &[String]) -> String {
    let noun = if services.len() == 1 { "service" } else { "services" };
    format!("{noun} {}", some_of(services, NAMED, ", "))
}
