//! Every read of AWS that ecs-triage can make: a closed table, without an entry for anything that returns the
//! value of a secret or parameter, the content of a file, or a login. What is not in it cannot be called.

/// How a service wants to be asked, and answers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Protocol {
    /// The SDK's own client of the service knows.
    Sdk,
    /// JSON 1.1; the operation is named in a header, behind this.
    Json(&'static str),
    /// A form, of this version of the API, answered in XML.
    Query(&'static str),
    /// A path, answered in JSON.
    RestJson,
    /// A path, answered in XML.
    RestXml,
}

/// A service of AWS.
#[derive(Debug)]
pub(crate) struct Service {
    /// The name by which it is signed for, granted and, mostly, reached.
    pub(crate) name: &'static str,
    /// The name by which its endpoint is configured.
    pub(crate) id: &'static str,
    pub(crate) protocol: Protocol,
}

const ECS: Service = Service { name: "ecs", id: "ECS", protocol: Protocol::Sdk };
const IAM: Service = Service { name: "iam", id: "IAM", protocol: Protocol::Query("2010-05-08") };
const SECRETS_MANAGER: Service =
    Service { name: "secretsmanager", id: "Secrets Manager", protocol: Protocol::Json("secretsmanager") };
const SSM: Service = Service { name: "ssm", id: "SSM", protocol: Protocol::Json("AmazonSSM") };
const KMS: Service = Service { name: "kms", id: "KMS", protocol: Protocol::Json("TrentService") };
const LOGS: Service =
    Service { name: "logs", id: "CloudWatch Logs", protocol: Protocol::Json("Logs_20140328") };
const ECR: Service =
    Service { name: "ecr", id: "ECR", protocol: Protocol::Json("AmazonEC2ContainerRegistry_V20150921") };
const S3: Service = Service { name: "s3", id: "S3", protocol: Protocol::RestXml };
const EFS: Service = Service { name: "elasticfilesystem", id: "EFS", protocol: Protocol::RestJson };
const EC2: Service = Service { name: "ec2", id: "EC2", protocol: Protocol::Query("2016-11-15") };

/// Declares the operations: the service, the path where it is not `/` (`{}` is the thing's name), where the
/// list and the token of the next page are in an answer that comes in pages, and the error codes that say
/// that there is no such thing.
macro_rules! operations {
    ($($service:ident { $($name:ident $(at $path:literal)? $(pages $items:literal $next:literal)? missing [$($code:literal),*];)+ })+) => {
        /// A read of AWS.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Operation { $($($name,)+)+ }

        impl Operation {
            /// All there are.
            pub(crate) const ALL: &'static [Self] = &[$($(Self::$name,)+)+];

            /// The service that it is part of.
            pub(crate) const fn service(self) -> &'static Service {
                match self { $($(Self::$name => &$service,)+)+ }
            }

            /// Its name.
            pub(crate) const fn name(self) -> &'static str {
                match self { $($(Self::$name => stringify!($name),)+)+ }
            }

            /// What follows the host.
            pub(crate) const fn path(self) -> &'static str {
                match self { $($(Self::$name => concat!($($path,)? ""),)+)+ }
            }

            /// Where the list and the token of the next page are in its answer.
            pub(crate) const fn pages(self) -> [&'static str; 2] {
                match self { $($(Self::$name => [concat!($($items,)? ""), concat!($($next,)? "")],)+)+ }
            }

            /// The error codes that say that there is no such thing.
            pub(crate) const fn missing(self) -> &'static [&'static str] {
                match self { $($(Self::$name => &[$($code),*],)+)+ }
            }
        }
    };
}

operations! {
    ECS {
        DescribeTaskDefinition missing [];
        DescribeServices missing ["ClusterNotFoundException", "ServiceNotFoundException"];
        DescribeServiceRevisions missing ["ClusterNotFoundException", "ServiceNotFoundException"];
        ListTasks missing ["ClusterNotFoundException", "ServiceNotFoundException"];
        DescribeTasks missing ["ClusterNotFoundException"];
        DescribeContainerInstances missing ["ClusterNotFoundException"];
        ListClusters missing [];
        ListServices missing ["ClusterNotFoundException"];
    }
    IAM {
        GetRole missing ["NoSuchEntity"];
        SimulatePrincipalPolicy missing ["NoSuchEntity"];
    }
    SECRETS_MANAGER {
        DescribeSecret missing ["ResourceNotFoundException"];
        ListSecretVersionIds pages "/Versions" "/NextToken" missing ["ResourceNotFoundException"];
        GetResourcePolicy missing ["ResourceNotFoundException"];
        ListSecrets pages "/SecretList" "/NextToken" missing [];
    }
    SSM {
        DescribeParameters pages "/Parameters" "/NextToken" missing [];
    }
    KMS {
        DescribeKey missing ["NotFoundException"];
        GetKeyPolicy missing ["NotFoundException"];
        ListGrants pages "/Grants" "/NextMarker" missing ["NotFoundException"];
    }
    LOGS {
        DescribeLogGroups missing [];
        GetLogEvents missing ["ResourceNotFoundException"];
        FilterLogEvents missing ["ResourceNotFoundException"];
    }
    ECR {
        DescribeRepositories missing ["RepositoryNotFoundException"];
        DescribeImages missing ["RepositoryNotFoundException", "ImageNotFoundException"];
        GetRepositoryPolicy missing ["RepositoryNotFoundException", "RepositoryPolicyNotFoundException"];
        // A registry that does not know the call has no rules.
        DescribePullThroughCacheRules pages "/pullThroughCacheRules" "/nextToken" missing ["PullThroughCacheRuleNotFoundException", "InvalidAction", "UnknownOperationException"];
    }
    S3 {
        GetBucketLocation at "/{}?location" missing ["NoSuchBucket"];
        ListObjectsV2 at "/{}?list-type=2" missing ["NoSuchBucket"];
    }
    EFS {
        DescribeMountTargets at "/2015-02-01/mount-targets?FileSystemId={}" pages "/MountTargets" "/NextMarker" missing ["FileSystemNotFound"];
        DescribeMountTargetSecurityGroups at "/2015-02-01/mount-targets/{}/security-groups" missing ["MountTargetNotFound"];
        DescribeAccessPoints at "/2015-02-01/access-points?FileSystemId={}" pages "/AccessPoints" "/NextToken" missing ["FileSystemNotFound"];
        DescribeFileSystemPolicy at "/2015-02-01/file-systems/{}/policy" missing ["FileSystemNotFound", "PolicyNotFound"];
    }
    EC2 {
        DescribeInstances missing ["InvalidInstanceID.NotFound"];
        DescribeSubnets pages "/subnetSet" "/nextToken" missing ["InvalidSubnetID.NotFound"];
        DescribeRouteTables pages "/routeTableSet" "/nextToken" missing [];
        DescribeNatGateways pages "/natGatewaySet" "/nextToken" missing [];
        DescribeVpcEndpoints pages "/vpcEndpointSet" "/nextToken" missing [];
        DescribeSecurityGroups pages "/securityGroupInfo" "/nextToken" missing [];
        DescribeNetworkAcls pages "/networkAclSet" "/nextToken" missing [];
        DescribeVpcAttribute missing ["InvalidVpcID.NotFound"];
        DescribeVpcs missing ["InvalidVpcID.NotFound"];
        DescribeDhcpOptions missing ["InvalidDhcpOptionID.NotFound", "InvalidDhcpOptionsID.NotFound"];
    }
}

impl Operation {
    /// What IAM calls the permission.
    pub(crate) fn action(self) -> String {
        let name = if self == Self::ListObjectsV2 { "ListBucket" } else { self.name() };
        format!("{}:{name}", self.service().name)
    }
}

#[cfg(test)]
mod tests {
    use super::Operation;
    use crate::question::Question;

    /// Those of them that read things have names like those which do not.
    const FORBIDDEN: &[&str] = &[
        "SecretValue", "GetParameter", "Decrypt", "GetObject", "AuthorizationToken", "LoginPassword",
        "BatchGet", "DataKey",
    ];

    #[test]
    fn only_metadata_can_be_read() {
        for operation in Operation::ALL {
            let name = operation.name();
            assert!(
                ["Describe", "Get", "List", "Simulate", "Filter"].iter().any(|verb| name.starts_with(verb)),
                "{name} may change something"
            );
            assert!(
                !FORBIDDEN.iter().any(|word| name.contains(word)),
                "{name} returns what must not be read"
            );
        }
    }

    #[test]
    fn every_call_is_granted_by_a_question_or_is_the_command_lines() {
        let of_the_command_line = ["logs:FilterLogEvents"];
        for operation in Operation::ALL {
            let action = operation.action();
            assert_ne!(
                Question::ACTIONS.contains(&action.as_str()),
                of_the_command_line.contains(&action.as_str()),
                "{action}"
            );
        }
        // Amazon EFS takes it on the caller's behalf.
        for action in
            Question::ACTIONS.iter().filter(|action| **action != "ec2:DescribeNetworkInterfaceAttribute")
        {
            assert!(
                Operation::ALL.iter().any(|operation| operation.action() == *action),
                "no call takes {action}"
            );
        }
    }
}
