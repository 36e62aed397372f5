//! What IAM says of a call that it refuses.

use super::{Section, section};
use crate::reason::phrase::Names::{Action, Principal, Resource};
use crate::reason::phrase::Strength::Said;
use crate::reason::phrase::say;
use crate::reason::symptom::{Deny, Fault as F};

pub(super) const SAYS: &[Section] = &[section(
    Said,
    &["AWS: IAM, troubleshoot access denied error messages"],
    &[
        say("user: ")
            .name(Principal, &[" is not authorized", " not authorized", ":parameter/", " status code"]),
        say("unauthorized to perform ").fault(F::AccessDenied).word(Action, &[" for"]),
        say("unauthorized to perform: ").fault(F::AccessDenied).word(Action, &[" for"]),
        say("not authorized to perform ").fault(F::AccessDenied).word(Action, &[" on resource"]),
        say("is not authorized").fault(F::AccessDenied),
        say("is not authorized to perform: ").fault(F::AccessDenied).word(Action, &[" on resource"]),
        say("is not authorized to perform ").fault(F::AccessDenied).word(Action, &[" on resource"]),
        say("not authorized to perform: ").fault(F::AccessDenied).word(Action, &[" on resource"]),
        say("on resource: ").name(
            Resource,
            &[
                " because ", " with an explicit deny", " status code", " (service:", ": ", "... ",
                "\" because", "\" with",
            ],
        ),
        say("because no identity-based policy allows").deny(Deny::Identity),
        say("because no service control policy allows").deny(Deny::Scp),
        say("because no resource control policy allows").deny(Deny::Rcp),
        say("because no permissions boundary allows").deny(Deny::Boundary),
        say("because no session policy allows").deny(Deny::Session),
        say("because no resource-based policy allows").deny(Deny::ResourcePolicy),
        say("because no vpc endpoint policy allows").deny(Deny::EndpointPolicy),
        say("because no role trust policy allows").deny(Deny::ResourcePolicy),
        say("with an explicit deny in an identity-based policy").deny(Deny::Explicit),
        say("with an explicit deny in a service control policy").deny(Deny::Scp),
        say("with an explicit deny in a resource control policy").deny(Deny::Rcp),
        say("with an explicit deny in a permissions boundary").deny(Deny::Boundary),
        say("with an explicit deny in a session policy").deny(Deny::Session),
        say("with an explicit deny in a resource-based policy").deny(Deny::ResourcePolicy),
        say("with an explicit deny in a vpc endpoint policy").deny(Deny::EndpointPolicy),
        say("with an explicit deny in an ").deny(Deny::Explicit),
        say("with an explicit deny in a"),
        say("with an explicit deny").deny(Deny::Explicit),
        say("kms:decrypt").fault(F::KmsDenied),
    ],
)];
