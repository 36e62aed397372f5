//! Where files, images and logs are kept: EFS, S3, ECR and CloudWatch Logs.

#![expect(missing_docs, reason = "fields have AWS's names, and are described where that says too little")]

use super::{Moment, facts};

facts! { "PascalCase"
    /// A mount target (`DescribeMountTargets`, `DescribeMountTargetSecurityGroups`).
    MountTarget {
        mount_target_id: Option<String>,
        subnet_id: Option<String>,
        vpc_id: Option<String>,
        /// Its Availability Zone, by the account's name for it.
        availability_zone_name: Option<String>,
        /// `available`, `creating`...
        life_cycle_state: Option<String>,
        /// Its security groups; absent where they could not be read.
        security_groups: Option<Vec<String>>,
        /// Why they could not be read.
        security_groups_unread: Option<String>,
    }

    /// Where a bucket is (`GetBucketLocation`).
    Bucket {
        /// Its Region; `us-east-1` is never left out.
        location_constraint: String,
    }

    /// An object in a bucket (`ListObjectsV2`).
    Object {
        key: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        last_modified: Option<Moment>,
    }

    /// An access point of a file system (`DescribeAccessPoints`).
    AccessPoint {
        access_point_id: Option<String>,
        file_system_id: Option<String>,
        /// `available`, `creating`...
        life_cycle_state: Option<String>,
    }
}

facts! { "camelCase"
    /// A log group (`DescribeLogGroups`).
    LogGroup {
        log_group_name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        creation_time: Option<Moment>,
    }

    /// A line of a log (`GetLogEvents`).
    LogEvent {
        /// The line, without what looks like a secret.
        message: String,
    }

    /// A repository (`DescribeRepositories`).
    Repository {
        repository_name: Option<String>,
        repository_arn: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        created_at: Option<Moment>,
    }

    /// A rule by which the first pull of an image makes its repository (`DescribePullThroughCacheRules`).
    CacheRule {
        /// How the repository's name begins; `ROOT` for any.
        ecr_repository_prefix: Option<String>,
        upstream_registry_url: Option<String>,
        created_at: Option<Moment>,
    }

    /// An image (`DescribeImages`).
    Image {
        image_digest: Option<String>,
        image_tags: Vec<String>,
        image_pushed_at: Option<Moment>,
    }
}
