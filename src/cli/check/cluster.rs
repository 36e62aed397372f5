//! `check --cluster`: what the services of a cluster start next.

use std::collections::BTreeSet;

use super::super::output::Output;
use super::super::{Check, CliError, Global, evidence};
use super::Format;
use crate::arn::Arn;
use crate::check::{Checked, Cluster, Findings, Unread, Unseen};
#[cfg(feature = "aws")]
use crate::cli::live::Live;
use crate::question::{Answer, Evidence, Question};
use crate::render::text::{Colour, Style};
use crate::render::{cluster, github, json, junit, markdown, sarif};
use crate::source::Found;

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
            if let Some(live) = &live
                && !live.check_cluster(&cluster, &mut evidence)?
            {
                let why = "not all was asked, since there are too many questions: name some services with --service";
                unable.push(why.to_owned());
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
        let mut checked = cluster.checked(&evidence, known);
        let cluster = Cluster { services: cluster.names(&evidence), ..cluster };
        self.judge(&checked, output)?;
        self.write_cluster(&cluster, &mut checked, &unread, global.style(), output)
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
        checked: &mut Vec<Checked>,
        unread: &[Unread],
        style: Style,
        output: &mut Output<'_>,
    ) -> Result<(), CliError> {
        let text = |style: Style| cluster::render(cluster, checked, style);
        let block = || markdown::block(&text(Style { colour: Colour::Off, width: None, ..style }));
        match self.format {
            Format::Text => return Ok(output.text(&text(style))?),
            Format::Markdown => return Ok(output.text(&block())?),
            Format::Json | Format::Jsonl => {
                let pretty = |one: &Checked| json::v1::checked_pretty(one) + "\n";
                let line = |one: &Checked| json::v1::checked_line(one) + "\n";
                let all = checked
                    .iter()
                    .map(|one| if self.format == Format::Json { pretty(one) } else { line(one) });
                return Ok(output.text(&all.collect::<String>())?);
            }
            Format::Sarif => return Ok(output.text(&sarif::render(checked, unread))?),
            Format::Github | Format::Junit => {}
        }
        let summary = format!("## ecs-triage check\n\n{}\n", block());
        gather(cluster, checked);
        output.text(&if self.format == Format::Github {
            github::commands(checked, unread)
        } else {
            junit::render(checked, unread, self.fail_on.into())
        })?;
        self.summarize(&|| summary.clone())
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

/// Whether something was asked about what the services refer to, and AWS answered nothing of it.
fn is_unanswered(evidence: &Evidence) -> bool {
    let is_of_place =
        |question: &Question| matches!(question, Question::Service(_) | Question::TaskDefinition(_));
    let mut answers = evidence.answers().filter(|(question, _)| !is_of_place(question)).peekable();
    answers.peek().is_some() && answers.all(|(_, answer)| matches!(answer, Answer::Unknown(_)))
}

fn of_services(services: &[String]) -> String {
    let more = services.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let noun = if services.len() == 1 { "service" } else { "services" };
    format!("{noun} {}{more}", services[..services.len().min(NAMED)].join(", "))
}
