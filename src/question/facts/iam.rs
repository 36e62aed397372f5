//! Roles, and what IAM decides for them.

#![expect(missing_docs, reason = "fields have AWS's names, and are described where that says too little")]

use serde_json::Value;

use super::{Moment, facts};

facts! { "PascalCase"
    /// A role (`GetRole`).
    Role {
        /// Its ARN, with its path.
        arn: Option<String>,
        assume_role_policy_document: Option<Value>,
        permissions_boundary: Option<Boundary>,
        create_date: Option<Moment>,
        role_last_used: Option<LastUsed>,
    }

    /// A permissions boundary.
    Boundary { permissions_boundary_arn: Option<String> }

    /// When a role was used last.
    LastUsed {
        /// Absent if never.
        last_used_date: Option<Moment>,
    }

    /// What IAM says to one action of one role on one resource (`SimulatePrincipalPolicy`).
    Simulation {
        /// `allowed`, `explicitDeny` or `implicitDeny`.
        eval_decision: String,
        matched_statements: Vec<MatchedStatement>,
        /// Condition keys that had no value, so the decision may be wrong.
        missing_context_values: Vec<String>,
        organizations_decision_detail: Option<OrganizationsDetail>,
        permissions_boundary_decision_detail: Option<BoundaryDetail>,
    }

    /// A statement that decided.
    MatchedStatement {
        source_policy_id: Option<String>,
        /// `IAM Policy`, `role`...
        source_policy_type: Option<String>,
    }

    /// What the organization's policies say.
    OrganizationsDetail { allowed_by_organizations: bool }

    /// What the boundary says.
    BoundaryDetail { allowed_by_permissions_boundary: bool }
}

impl Simulation {
    /// Whether the organization's policies refuse.
    #[must_use]
    pub fn is_beyond_organization(&self) -> bool {
        self.organizations_decision_detail.as_ref().is_some_and(|detail| !detail.allowed_by_organizations)
    }

    /// Whether the boundary refuses.
    #[must_use]
    pub fn is_beyond_boundary(&self) -> bool {
        self.permissions_boundary_decision_detail
            .as_ref()
            .is_some_and(|detail| !detail.allowed_by_permissions_boundary)
    }
}
