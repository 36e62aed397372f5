//! Secrets, parameters and keys, as Secrets Manager, Systems Manager and KMS describe them.

#![expect(missing_docs, reason = "fields have AWS's names, and are described where that says too little")]

use std::collections::BTreeMap;

use super::{Moment, facts};

facts! { "PascalCase"
    /// A secret's description (`DescribeSecret`, `ListSecrets`).
    Secret {
        /// Its whole ARN, with the six characters.
        #[serde(rename = "ARN")]
        arn: Option<String>,
        name: Option<String>,
        /// Its key; absent for `aws/secretsmanager`.
        kms_key_id: Option<String>,
        /// When its recovery window ends, where it is marked for deletion; `ListSecrets` gives the day of the
        /// mark.
        deleted_date: Option<Moment>,
        created_date: Option<Moment>,
        /// When it was changed last, a mark for deletion included.
        last_changed_date: Option<Moment>,
        /// The service that manages it, the only one that can write to it.
        owning_service: Option<String>,
        /// The versions that have a stage.
        version_ids_to_stages: BTreeMap<String, Vec<String>>,
    }

    /// A version of a secret (`ListSecretVersionIds`).
    SecretVersion {
        version_id: Option<String>,
        version_stages: Vec<String>,
        /// When it was made, which may be long before it got a stage.
        #[serde(skip_serializing_if = "Option::is_none")]
        created_date: Option<Moment>,
    }

    /// A parameter's description (`DescribeParameters`).
    Parameter {
        /// Its name, with the leading slash if it has one.
        name: Option<String>,
        /// `String`, `StringList` or `SecureString`.
        #[serde(rename = "Type")]
        kind: Option<String>,
        /// The key of a `SecureString`; an alias for the AWS managed one.
        key_id: Option<String>,
        last_modified_date: Option<Moment>,
    }

    /// A KMS key (`DescribeKey`).
    Key {
        arn: Option<String>,
        /// `Enabled`, `Disabled`, `PendingDeletion`...
        key_state: Option<String>,
        /// `AWS` or `CUSTOMER`.
        key_manager: Option<String>,
        deletion_date: Option<Moment>,
    }

    /// A grant, which allows a principal to use a key independently of all policies (`ListGrants`).
    KeyGrant {
        grant_id: Option<String>,
        /// Its principal: an ARN, or a service.
        grantee_principal: Option<String>,
        /// The operations that it allows, such as `Decrypt`.
        operations: Vec<String>,
    }
}

impl Secret {
    /// Whether a version has the stage `AWSCURRENT`.
    #[must_use]
    pub fn has_current(&self) -> bool {
        self.version_ids_to_stages.values().flatten().any(|stage| stage == "AWSCURRENT")
    }

    /// Whether its current value can be read, as far as its description shows.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.deleted_date.is_none() && self.has_current()
    }
}
