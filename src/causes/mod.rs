//! The catalog: why a task could not start. One cause, one file, one line in [`CAUSES`]; everything else
//! derives from the records.
//!
//! A cause claims symptoms (`when`), says how sure the evidence makes it and what fixes it (`assess`). Its
//! words are its documentation. Causes see plain values only: no client, no clock, no environment.

mod path;
mod shared;

mod agent_too_old;
mod cross_account_not_shared;
mod endpoint_policy_blocks;
mod env_file_malformed;
mod env_file_missing;
mod execution_role_missing;
mod execution_role_unset;
mod execution_role_untrusted;
mod file_system_access_denied;
mod file_system_misconfigured;
mod file_system_unreachable;
mod image_missing;
mod image_platform_mismatch;
mod key_permission_missing;
mod key_unusable;
mod log_driver_misconfigured;
mod log_group_missing;
mod network_acl_blocks;
mod network_interface_failed;
mod network_path_unexplained;
mod not_a_secret_failure;
mod organization_policy_blocks;
mod parameter_in_other_region;
mod parameter_misnamed;
mod parameter_missing;
mod permissions_boundary_blocks;
mod recovered_by_itself;
mod registry_credentials_malformed;
mod registry_login_failed;
mod registry_rate_limited;
mod resource_policy_blocks;
mod role_explicit_deny;
mod role_permission_missing;
mod role_permission_on_wrong_role;
mod secret_deletion_scheduled;
mod secret_in_other_region;
mod secret_key_missing;
mod secret_misnamed;
mod secret_missing;
mod secret_not_json;
mod secret_recreated;
mod secret_reference_malformed;
mod secret_sidecar_failed;
mod secret_value_in_reference;
mod secret_version_missing;
mod secret_without_value;
mod security_group_blocks_egress;
mod service_throttled;
mod service_unavailable;
mod start_timed_out;
mod task_role_unset;
mod tls_intercepted;
mod unrecognised;
mod volume_failed;
mod vpc_dns_off;
mod vpc_endpoint_private_dns_off;
mod vpc_endpoint_unreachable;
mod vpc_nat_broken;
mod vpc_no_public_ip;
mod vpc_no_route;

use crate::question::Question;
use crate::reason::{Fault, Symptom};
use crate::task_definition::{Malformation, Reference, ReferenceKind};
use crate::words::{some_of, words};
pub(crate) use case::DEFINITION;
use proof::{Complete, Identity, Proof, Time};
use shared::{
    assessment, case, command, container_log, fix, image, impaired, key, layer, likeness, name, object,
    parameter, policy, proof, refusal, resource_policy, role, secret, snippet, usual,
};

pub use assessment::{Assessment, Culprit, Finding, FindingKind, Support};
pub use case::Case;
pub use command::Command;
pub use fix::{Fix, Step};
pub use name::Kind as NameKind;
pub use policy::Document;
pub use snippet::Snippet;

words! {
    /// How sure a diagnosis is.
    Verdict {
        /// AWS's own state, or the task definition, proves it.
        Confirmed = "confirmed",
        /// The text proves it; AWS was not queried about the state.
        Likely = "likely",
        /// One of several that fit.
        Possible = "possible",
        /// The state disproves it.
        RuledOut = "ruled-out",
    }
}

words! {
    /// Which team can fix it.
    Owner {
        ServiceTeam = "service-team",
        PlatformTeam = "platform-team",
        SecretOwner = "secret-owner",
        KeyOwner = "key-owner",
        NetworkTeam = "network-team",
        OrganisationAdmin = "organisation-admin",
        Aws = "aws",
    }
}

impl Owner {
    /// The owner as a sentence names them.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::ServiceTeam => "service team",
            Self::PlatformTeam => "platform team",
            Self::SecretOwner => "secret owner",
            Self::KeyOwner => "KMS key owner",
            Self::NetworkTeam => "network team",
            Self::OrganisationAdmin => "organization administrators",
            Self::Aws => "AWS",
        }
    }

    /// The American spelling of an id that was published with a British one: ids are never changed.
    #[must_use]
    pub const fn alias(self) -> Option<&'static str> {
        match self {
            Self::OrganisationAdmin => Some("organization-admin"),
            _ => None,
        }
    }
}

impl Cause {
    /// Whether it is the cause for what the catalog does not explain.
    #[must_use]
    pub fn is_general(&self) -> bool {
        GENERAL.contains(&self.id)
    }

    /// Whether a statement denies, which no other that allows can outweigh.
    pub(crate) fn is_of_a_deny(&self) -> bool {
        self.id == role_explicit_deny::CAUSE.id
    }

    /// Whether a symptom can come from this: its words fit, or they have no fault and this is a usual one.
    fn claims(&self, symptom: &Symptom) -> bool {
        (self.when)(symptom) || self.supposed(symptom).is_some()
    }

    /// The symptom that this would have made, where the text has a step and no fault.
    fn supposed(&self, symptom: &Symptom) -> Option<Symptom> {
        let fault = usual::supposed(symptom, self.id)?;
        Some(Symptom { fault, ..symptom.clone() }).filter(self.when)
    }

    /// What to ask of AWS about a case.
    pub(crate) fn questions(&self, case: &Case<'_>) -> Vec<Question> {
        match self.supposed(case.symptom) {
            Some(symptom) => (self.ask)(&Case { symptom: &symptom, supposed: true, ..case.clone() }),
            None => (self.ask)(case),
        }
    }

    /// What it makes of a case.
    pub(crate) fn assessed(&self, case: &Case<'_>) -> Option<Assessment> {
        match self.supposed(case.symptom) {
            Some(symptom) => (self.assess)(&Case { symptom: &symptom, supposed: true, ..case.clone() })
                .map(|said| said.supposed(case)),
            None => (self.assess)(case),
        }
    }

    /// Its place among the causes of a symptom, the most usual first.
    pub(crate) fn rank(&self, symptom: &Symptom) -> impl Ord + use<> {
        usual::rank(symptom, self.id)
    }

    /// Whether the task definition alone shows it, also where the text says nothing: it claims such texts,
    /// and leaves them to the general causes too.
    #[must_use]
    pub fn is_of_definition(&self) -> bool {
        self.id == secret_value_in_reference::CAUSE.id
    }
}

/// One reason why a task cannot start.
#[derive(Debug)]
pub struct Cause {
    /// Kebab-case, names the hazard, never reused; the file's stem.
    pub id: &'static str,
    /// Completes "the task could not start because ...".
    pub title: &'static str,
    /// Which team can fix it.
    pub owner: Owner,
    /// Its documentation.
    pub explanation: Explanation,
    /// AWS's own pages on it: the most useful first.
    pub references: &'static [&'static str],
    /// Whether a symptom can come from this.
    pub when: fn(&Symptom) -> bool,
    /// What to ask of AWS; asked again when answers have come, until nothing new is asked.
    pub ask: fn(&Case<'_>) -> Vec<Question>,
    /// How sure the case makes it, why, and what to type; nothing where only ECS's words support it, and they
    /// support others more.
    pub assess: fn(&Case<'_>) -> Option<Assessment>,
    /// Reasons that it claims, as ECS words them.
    pub examples: &'static [Example],
}

/// A cause's documentation, under the headings of every cause.
#[derive(Debug)]
pub struct Explanation {
    /// What happened.
    pub what: &'static str,
    /// Why it happens.
    pub why: &'static str,
    /// How to distinguish it from its neighbors.
    pub tell: &'static str,
    /// How to fix it.
    pub fix: &'static str,
}

/// A reason that a cause claims.
#[derive(Debug)]
pub struct Example {
    /// ECS's words.
    pub text: &'static str,
    /// Other causes that claim it too; evidence decides between them.
    pub also: &'static [&'static str],
}

/// For causes of which AWS cannot say more than the text.
fn nothing(_: &Case<'_>) -> Vec<Question> {
    Vec::new()
}

/// Every cause, by what it is about; of equally sure diagnoses the earlier leads.
pub const CAUSES: &[&Cause] = &[
    &role_permission_on_wrong_role::CAUSE,
    &role_permission_missing::CAUSE,
    &role_explicit_deny::CAUSE,
    &permissions_boundary_blocks::CAUSE,
    &organization_policy_blocks::CAUSE,
    &cross_account_not_shared::CAUSE,
    &resource_policy_blocks::CAUSE,
    &endpoint_policy_blocks::CAUSE,
    &execution_role_unset::CAUSE,
    &execution_role_untrusted::CAUSE,
    &execution_role_missing::CAUSE,
    &key_unusable::CAUSE,
    &key_permission_missing::CAUSE,
    &secret_in_other_region::CAUSE,
    &secret_misnamed::CAUSE,
    &secret_missing::CAUSE,
    &secret_recreated::CAUSE,
    &secret_deletion_scheduled::CAUSE,
    &secret_without_value::CAUSE,
    &secret_version_missing::CAUSE,
    &secret_key_missing::CAUSE,
    &secret_not_json::CAUSE,
    &agent_too_old::CAUSE,
    &secret_value_in_reference::CAUSE,
    &secret_reference_malformed::CAUSE,
    &registry_credentials_malformed::CAUSE,
    &parameter_in_other_region::CAUSE,
    &parameter_misnamed::CAUSE,
    &parameter_missing::CAUSE,
    &vpc_no_route::CAUSE,
    &vpc_endpoint_unreachable::CAUSE,
    &vpc_no_public_ip::CAUSE,
    &vpc_nat_broken::CAUSE,
    &vpc_endpoint_private_dns_off::CAUSE,
    &security_group_blocks_egress::CAUSE,
    &network_acl_blocks::CAUSE,
    &vpc_dns_off::CAUSE,
    &network_path_unexplained::CAUSE,
    &tls_intercepted::CAUSE,
    &service_throttled::CAUSE,
    &service_unavailable::CAUSE,
    &log_group_missing::CAUSE,
    &log_driver_misconfigured::CAUSE,
    &env_file_missing::CAUSE,
    &env_file_malformed::CAUSE,
    &image_missing::CAUSE,
    &registry_login_failed::CAUSE,
    &registry_rate_limited::CAUSE,
    &image_platform_mismatch::CAUSE,
    &file_system_unreachable::CAUSE,
    &file_system_access_denied::CAUSE,
    &file_system_misconfigured::CAUSE,
    &volume_failed::CAUSE,
    &network_interface_failed::CAUSE,
    &secret_sidecar_failed::CAUSE,
    &start_timed_out::CAUSE,
    &task_role_unset::CAUSE,
    &recovered_by_itself::CAUSE,
    &not_a_secret_failure::CAUSE,
    &unrecognised::CAUSE,
];

/// Ids that were used once and are not used again.
pub const RETIRED: &[&str] = &[];

/// The cause with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Cause> {
    CAUSES.iter().copied().find(|cause| cause.id == id)
}

const GENERAL: [&str; 2] = [not_a_secret_failure::CAUSE.id, unrecognised::CAUSE.id];

/// Whether no cause of the catalog explains a failure: such failures go to the two general causes.
fn is_left_over(symptom: &Symptom) -> bool {
    !symptom.is_normal()
        && !CAUSES.iter().any(|cause| {
            !(cause.is_general() || cause.is_of_definition() && symptom.fault == Fault::Unknown)
                && cause.claims(symptom)
        })
}

/// The cause of a reference that was not written to its end.
pub(crate) fn cause_of_unfilled(kind: ReferenceKind) -> &'static Cause {
    match kind {
        ReferenceKind::Secret | ReferenceKind::RegistryCredentials | ReferenceKind::CredentialSpec => {
            &secret_reference_malformed::CAUSE
        }
        ReferenceKind::EnvFile => &env_file_malformed::CAUSE,
        ReferenceKind::LogGroup | ReferenceKind::LogConfig => &log_driver_misconfigured::CAUSE,
        ReferenceKind::ExecutionRole | ReferenceKind::TaskRole => &execution_role_missing::CAUSE,
        ReferenceKind::Image => &image_missing::CAUSE,
    }
}

/// The cause of the references of a case, of one kind, that wait for the same part, and what it makes of
/// them.
pub(crate) fn unfilled(case: &Case<'_>, part: &str) -> (&'static Cause, Assessment) {
    // Of more places only the number is given.
    const NAMED: usize = 4;
    let references = &case.references;
    let cause = cause_of_unfilled(references.first().map_or(ReferenceKind::Secret, |first| first.kind));
    let is_blank =
        part.trim().is_empty() && references.iter().all(|reference| reference.value_from.trim().is_empty());
    let part = match part {
        _ if is_blank => "the value",
        "" => "a part of the ARN",
        part => part,
    };
    let mut values: Vec<&str> = references.iter().map(|reference| reference.value_from.as_str()).collect();
    values.dedup();
    let whole = match values[..] {
        [value] if part == value => String::new(),
        [value] => format!(" in {value}"),
        _ => format!(" in {} references", references.len()),
    };
    let found = if is_blank {
        "the value is empty".to_owned()
    } else {
        format!("{part}{whole} is written where a name or a number belongs")
    };
    let found = Finding::found(found, DEFINITION);
    let proof = Proof::by(vec![found], Identity::of_revision(case), Complete::alone(), Time::unchanging());
    let names: Vec<&str> = references.iter().map(Reference::label).collect();
    let names = match &names[..] {
        [some @ .., last] if !some.is_empty() && names.len() <= NAMED => {
            format!("{} and {last}", some.join(", "))
        }
        all => some_of(all, NAMED, ", "),
    };
    let fix = Fix::words(format!("fill in {names} before the definition is registered"));
    (cause, Assessment::confirmed(format!("{part} of {names} is not filled in"), proof).fix(fix))
}

/// What is to be said of a reference that is wrong whatever its open parts will be.
pub(crate) fn misspelt(
    case: &Case<'_>,
    shown: &Reference,
    stand_in: &Reference,
    malformation: Malformation,
) -> (&'static Cause, Assessment) {
    (
        &secret_reference_malformed::CAUSE,
        secret_reference_malformed::misspelt(case, shown, stand_in, malformation),
    )
}

/// The causes that claim a symptom, in the catalog's order.
pub fn claiming(symptom: &Symptom) -> impl Iterator<Item = &'static Cause> {
    CAUSES.iter().copied().filter(move |cause| cause.claims(symptom))
}
