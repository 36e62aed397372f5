//! What AWS says of a thing, as far as a start can fail on it: no value of a secret has a place here.
//!
//! The names on the wire are AWS's own, so an answer reads like the API's output, live or recorded. Of the
//! Query APIs (IAM, EC2) the elements of the XML are the keys, and lists are arrays.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::event::epoch;

/// Declares structs of facts: any field may be absent, unknown ones are ignored.
macro_rules! facts {
    ($case:literal $($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty,)+ })+) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = $case, default)]
        pub struct $name { $($(#[$fdoc])* pub $field: $type,)+ }
    )+ };
}

facts! { "PascalCase"
    /// A secret's description (`DescribeSecret`, `ListSecrets`).
    Secret {
        /// Its whole ARN, with the six characters.
        #[serde(rename = "ARN")]
        arn: Option<String>,
        /// Its name.
        name: Option<String>,
        /// Its key; absent for `aws/secretsmanager`.
        kms_key_id: Option<String>,
        /// When its recovery window ends, where it is marked for deletion; `ListSecrets` gives the day of the
        /// mark.
        deleted_date: Option<Moment>,
        /// When it was made.
        created_date: Option<Moment>,
        /// When it was changed last, a mark for deletion included.
        last_changed_date: Option<Moment>,
        /// The service that manages it, which alone may write to it.
        owning_service: Option<String>,
        /// The versions that have a stage.
        version_ids_to_stages: BTreeMap<String, Vec<String>>,
    }

    /// A version of a secret (`ListSecretVersionIds`).
    SecretVersion {
        /// Its id.
        version_id: Option<String>,
        /// Its stages.
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
        /// When it was changed last.
        last_modified_date: Option<Moment>,
    }

    /// A KMS key (`DescribeKey`).
    Key {
        /// Its ARN.
        arn: Option<String>,
        /// `Enabled`, `Disabled`, `PendingDeletion`...
        key_state: Option<String>,
        /// `AWS` or `CUSTOMER`.
        key_manager: Option<String>,
        /// When it is going to be deleted.
        deletion_date: Option<Moment>,
    }

    /// What lets somebody use a key beside all policies (`ListGrants`).
    KeyGrant {
        /// Its id.
        grant_id: Option<String>,
        /// Whom it lets: an ARN, or a service.
        grantee_principal: Option<String>,
        /// What it lets them do, such as `Decrypt`.
        operations: Vec<String>,
    }

    /// A role (`GetRole`).
    Role {
        /// Its ARN, with its path.
        arn: Option<String>,
        /// Its trust policy.
        assume_role_policy_document: Option<Value>,
        /// Its boundary.
        permissions_boundary: Option<Boundary>,
        /// When it was made.
        create_date: Option<Moment>,
        /// When it was used last.
        role_last_used: Option<LastUsed>,
    }

    /// A permissions boundary.
    Boundary {
        /// The policy's ARN.
        permissions_boundary_arn: Option<String>,
    }

    /// When a role was used last.
    LastUsed {
        /// Absent if never.
        last_used_date: Option<Moment>,
    }

    /// What IAM says to one action of one role on one resource (`SimulatePrincipalPolicy`).
    Simulation {
        /// `allowed`, `explicitDeny` or `implicitDeny`.
        eval_decision: String,
        /// The statements that decided.
        matched_statements: Vec<MatchedStatement>,
        /// Condition keys that had no value, so the decision may be wrong.
        missing_context_values: Vec<String>,
        /// What the organization's policies say.
        organizations_decision_detail: Option<OrganizationsDetail>,
        /// What the boundary says.
        permissions_boundary_decision_detail: Option<BoundaryDetail>,
    }

    /// A statement that decided.
    MatchedStatement {
        /// The policy's name or ARN.
        source_policy_id: Option<String>,
        /// `IAM Policy`, `role`...
        source_policy_type: Option<String>,
    }

    /// What the organization's policies say.
    OrganizationsDetail {
        /// Whether they allow it.
        allowed_by_organizations: bool,
    }

    /// What the boundary says.
    BoundaryDetail {
        /// Whether it allows it.
        allowed_by_permissions_boundary: bool,
    }

    /// A mount target (`DescribeMountTargets`, `DescribeMountTargetSecurityGroups`).
    MountTarget {
        /// Its id.
        mount_target_id: Option<String>,
        /// Its subnet.
        subnet_id: Option<String>,
        /// Its VPC.
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
        /// Its key.
        key: String,
        /// When it was put.
        #[serde(skip_serializing_if = "Option::is_none")]
        last_modified: Option<Moment>,
    }

    /// An access point of a file system (`DescribeAccessPoints`).
    AccessPoint {
        /// Its id.
        access_point_id: Option<String>,
        /// Its file system.
        file_system_id: Option<String>,
        /// `available`, `creating`...
        life_cycle_state: Option<String>,
    }
}

/// What starts tasks: what is told, or what the first capacity provider is.
#[must_use]
pub fn launch_type<'f>(told: Option<&'f str>, providers: &[CapacityProvider]) -> Option<&'f str> {
    let provided = providers.first().and_then(|provider| provider.capacity_provider.as_deref());
    told.or(provided.map(|name| if name.starts_with("FARGATE") { "FARGATE" } else { "EC2" }))
}

facts! { "camelCase"
    /// A log group (`DescribeLogGroups`).
    LogGroup {
        /// Its name.
        log_group_name: Option<String>,
        /// When it was made.
        #[serde(skip_serializing_if = "Option::is_none")]
        creation_time: Option<Moment>,
    }

    /// A line of a log (`GetLogEvents`).
    LogEvent {
        /// The line, without what looks like a secret.
        message: String,
    }

    /// A task that runs (`DescribeTasks`).
    RunningTask {
        /// Its ARN.
        task_arn: Option<String>,
        /// Its cluster.
        #[serde(skip_serializing_if = "Option::is_none")]
        cluster_arn: Option<String>,
        /// What started it: `service:` and a name, or `family:` and a name.
        #[serde(skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// Its definition.
        task_definition_arn: Option<String>,
        /// When ECS took it up; what it refers to is read after that.
        #[serde(skip_serializing_if = "Option::is_none")]
        created_at: Option<Moment>,
        /// When it started.
        started_at: Option<Moment>,
    }

    /// A repository (`DescribeRepositories`).
    Repository {
        /// Its name.
        repository_name: Option<String>,
        /// Its ARN.
        repository_arn: Option<String>,
        /// When it was made.
        #[serde(skip_serializing_if = "Option::is_none")]
        created_at: Option<Moment>,
    }

    /// A rule by which the first pull of an image makes its repository (`DescribePullThroughCacheRules`).
    CacheRule {
        /// How the repository's name begins; `ROOT` for any.
        ecr_repository_prefix: Option<String>,
        /// Where the images come from.
        upstream_registry_url: Option<String>,
        /// When it was made.
        created_at: Option<Moment>,
    }

    /// An image (`DescribeImages`).
    Image {
        /// Its digest.
        image_digest: Option<String>,
        /// Its tags.
        image_tags: Vec<String>,
        /// When it was pushed.
        image_pushed_at: Option<Moment>,
    }

    /// A service (`DescribeServices`).
    Service {
        /// `ACTIVE`, `DRAINING` or `INACTIVE`.
        status: Option<String>,
        /// How many tasks it should have.
        desired_count: i64,
        /// How many run.
        running_count: i64,
        /// The definition that it starts.
        task_definition: Option<String>,
        /// `FARGATE`, `EC2`, `EXTERNAL`; absent with capacity providers.
        launch_type: Option<String>,
        /// What starts its tasks, where no launch type is told.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        capacity_provider_strategy: Vec<CapacityProvider>,
        /// Where its tasks are put.
        network_configuration: Option<NetworkConfiguration>,
        /// What is being rolled out, the newest first.
        deployments: Vec<Deployment>,
    }

    /// What a deployment of a service starts, and where (`DescribeServiceRevisions`).
    ServiceRevision {
        /// The service's ARN.
        service_arn: Option<String>,
        /// The definition that it starts.
        task_definition: Option<String>,
        /// `FARGATE`, `EC2`, `EXTERNAL`; absent with capacity providers.
        launch_type: Option<String>,
        /// What starts its tasks, where no launch type is told.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        capacity_provider_strategy: Vec<CapacityProvider>,
        /// The version of Fargate that its tasks run on.
        #[serde(skip_serializing_if = "Option::is_none")]
        platform_version: Option<String>,
        /// Where its tasks are put.
        network_configuration: Option<NetworkConfiguration>,
        /// Volumes that are made when a task starts.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        volume_configurations: Vec<VolumeConfiguration>,
    }

    /// A volume that a service configures when it starts a task.
    VolumeConfiguration {
        /// Its name in the task definition.
        name: Option<String>,
        /// The EBS volume that ECS makes for each task.
        #[serde(rename = "managedEBSVolume", skip_serializing_if = "Option::is_none")]
        managed_ebs_volume: Option<ManagedEbsVolume>,
    }

    /// An EBS volume that ECS makes.
    ManagedEbsVolume {
        /// The infrastructure role with which ECS makes it.
        role_arn: Option<String>,
        /// The key that encrypts it; absent for `aws/ebs`.
        #[serde(skip_serializing_if = "Option::is_none")]
        kms_key_id: Option<String>,
    }

    /// A capacity provider of a service.
    CapacityProvider {
        /// `FARGATE`, `FARGATE_SPOT`, or the name of one with instances.
        capacity_provider: Option<String>,
    }

    /// Where tasks are put.
    NetworkConfiguration {
        /// For the network mode `awsvpc`.
        awsvpc_configuration: Option<AwsVpcConfiguration>,
    }

    /// The task's network interface, as a service configures it.
    AwsVpcConfiguration {
        /// Subnets to choose from.
        subnets: Vec<String>,
        /// Security groups; the VPC's default one if empty.
        security_groups: Vec<String>,
        /// `ENABLED` or `DISABLED`.
        assign_public_ip: Option<String>,
    }

    /// A deployment of a service.
    Deployment {
        /// `ecs-svc/...`, the `startedBy` of its tasks.
        id: Option<String>,
        /// `PRIMARY`, `ACTIVE` or `INACTIVE`.
        status: Option<String>,
        /// The definition that it starts.
        task_definition: Option<String>,
        /// How many of its tasks run.
        running_count: i64,
        /// How many of its tasks should run.
        desired_count: i64,
        /// How many of its tasks failed to start.
        failed_tasks: i64,
        /// `IN_PROGRESS`, `COMPLETED` or `FAILED`.
        rollout_state: Option<String>,
        /// Why, such as that the circuit breaker rolls it back.
        rollout_state_reason: Option<String>,
        /// When it began.
        created_at: Option<Moment>,
        /// Where its tasks are put.
        network_configuration: Option<NetworkConfiguration>,
    }

    /// An instance that tasks run on (`DescribeContainerInstances`).
    ContainerInstance {
        /// The EC2 instance; absent for external ones.
        ec2_instance_id: Option<String>,
        /// What runs on it.
        version_info: Option<VersionInfo>,
        /// Whether the agent is connected.
        agent_connected: bool,
    }

    /// The versions of an instance's software.
    VersionInfo {
        /// Such as `1.89.1`.
        agent_version: Option<String>,
    }

    /// The EC2 instance behind a container instance (`DescribeInstances`).
    Instance {
        /// Its subnet.
        subnet_id: Option<String>,
        /// Its VPC.
        vpc_id: Option<String>,
        /// Its public address.
        #[serde(rename = "ipAddress")]
        public_address: Option<String>,
        /// Its security groups.
        group_set: Vec<Group>,
    }

    /// A security group, by reference.
    Group {
        /// Its id.
        group_id: Option<String>,
    }

    /// A subnet (`DescribeSubnets`).
    Subnet {
        /// Its id.
        subnet_id: Option<String>,
        /// Its VPC.
        vpc_id: Option<String>,
        /// Its range of IPv4 addresses; absent where it has IPv6 addresses only.
        cidr_block: Option<String>,
        /// Its ranges of IPv6 addresses.
        ipv6_cidr_block_association_set: Vec<Ipv6Range>,
        /// Its Availability Zone, by the account's name for it.
        availability_zone: Option<String>,
        /// IPv4 addresses left.
        #[serde(deserialize_with = "number")]
        available_ip_address_count: Option<i64>,
        /// The account that owns it.
        owner_id: Option<String>,
    }

    /// A range of IPv6 addresses.
    Ipv6Range {
        /// Such as `2600:1f18::/64`.
        ipv6_cidr_block: Option<String>,
    }

    /// A route table (`DescribeRouteTables`).
    RouteTable {
        /// Its id.
        route_table_id: Option<String>,
        /// What it counts for.
        association_set: Vec<RouteTableAssociation>,
        /// Its routes.
        route_set: Vec<Route>,
    }

    /// What a route table counts for.
    RouteTableAssociation {
        /// A subnet of its own.
        subnet_id: Option<String>,
        /// Every subnet without a table of its own.
        main: bool,
    }

    /// A route: one destination and one target.
    Route {
        /// IPv4.
        destination_cidr_block: Option<String>,
        /// IPv6.
        destination_ipv6_cidr_block: Option<String>,
        /// A prefix list, as of a gateway endpoint.
        destination_prefix_list_id: Option<String>,
        /// `igw-`, `vgw-`, `vpce-` or `local`.
        gateway_id: Option<String>,
        /// `nat-`.
        nat_gateway_id: Option<String>,
        /// `tgw-`.
        transit_gateway_id: Option<String>,
        /// `pcx-`.
        vpc_peering_connection_id: Option<String>,
        /// `eni-`, as of a NAT instance or an appliance.
        network_interface_id: Option<String>,
        /// `i-`, a NAT instance.
        instance_id: Option<String>,
        /// `eigw-`.
        egress_only_internet_gateway_id: Option<String>,
        /// `lgw-`.
        local_gateway_id: Option<String>,
        /// `active` or `blackhole`.
        state: Option<String>,
    }

    /// A NAT gateway (`DescribeNatGateways`).
    NatGateway {
        /// Its id.
        nat_gateway_id: Option<String>,
        /// Its subnet.
        subnet_id: Option<String>,
        /// `available`, `failed`, `deleted`...
        state: Option<String>,
        /// `public` or `private`.
        connectivity_type: Option<String>,
        /// When it was made.
        create_time: Option<Moment>,
        /// When it was deleted.
        delete_time: Option<Moment>,
    }

    /// A VPC endpoint (`DescribeVpcEndpoints`).
    VpcEndpoint {
        /// Its id.
        vpc_endpoint_id: Option<String>,
        /// `Interface`, `Gateway`...
        vpc_endpoint_type: Option<String>,
        /// Such as `com.amazonaws.eu-west-1.secretsmanager`.
        service_name: Option<String>,
        /// The service's Region, where it is another than the endpoint's.
        service_region: Option<String>,
        /// `available`, `pendingAcceptance`...
        state: Option<String>,
        /// When it was made.
        creation_timestamp: Option<Moment>,
        /// Whether the service's public name leads here.
        private_dns_enabled: bool,
        /// The subnets of an interface endpoint.
        subnet_id_set: Vec<String>,
        /// The security groups of an interface endpoint.
        group_set: Vec<Group>,
        /// The route tables of a gateway endpoint.
        route_table_id_set: Vec<String>,
        /// Its policy, as JSON in a string.
        policy_document: Option<String>,
    }

    /// A security group (`DescribeSecurityGroups`).
    SecurityGroup {
        /// Its id.
        group_id: Option<String>,
        /// The VPC that it was made for.
        vpc_id: Option<String>,
        /// Its name; `default` for the one that counts where none is named.
        group_name: Option<String>,
        /// What it lets out.
        ip_permissions_egress: Vec<IpPermission>,
        /// What it lets in.
        ip_permissions: Vec<IpPermission>,
    }

    /// A rule of a security group.
    IpPermission {
        /// `tcp`, `6`, `udp`, or `-1` for all.
        ip_protocol: Option<String>,
        /// The first port; absent for all.
        #[serde(deserialize_with = "number")]
        from_port: Option<i64>,
        /// The last port.
        #[serde(deserialize_with = "number")]
        to_port: Option<i64>,
        /// IPv4 ranges.
        ip_ranges: Vec<IpRange>,
        /// Security groups.
        groups: Vec<Group>,
        /// Prefix lists.
        prefix_list_ids: Vec<PrefixList>,
    }

    /// A range of IPv4 addresses.
    IpRange {
        /// Such as `10.0.0.0/16`.
        cidr_ip: Option<String>,
    }

    /// A prefix list, by reference.
    PrefixList {
        /// Its id.
        prefix_list_id: Option<String>,
    }

    /// A network ACL (`DescribeNetworkAcls`).
    NetworkAcl {
        /// Its id.
        network_acl_id: Option<String>,
        /// The subnets that it counts for.
        association_set: Vec<AclAssociation>,
        /// Its rules, in no order.
        entry_set: Vec<AclEntry>,
    }

    /// A subnet that an ACL counts for.
    AclAssociation {
        /// The subnet.
        subnet_id: Option<String>,
    }

    /// A rule of a network ACL.
    AclEntry {
        /// The lowest counts first; 32767 is the last, which denies.
        #[serde(deserialize_with = "number")]
        rule_number: Option<i64>,
        /// `6` is TCP, `-1` all.
        protocol: Option<String>,
        /// `allow` or `deny`.
        rule_action: Option<String>,
        /// Whether it is about what leaves the subnet.
        egress: bool,
        /// IPv4 addresses.
        cidr_block: Option<String>,
        /// Ports; absent for all.
        port_range: Option<PortRange>,
    }

    /// Ports, both ends included.
    PortRange {
        /// The first.
        #[serde(deserialize_with = "number")]
        from: Option<i64>,
        /// The last.
        #[serde(deserialize_with = "number")]
        to: Option<i64>,
    }

    /// How a VPC resolves names (`DescribeVpcAttribute` twice, `DescribeVpcs`, `DescribeDhcpOptions`).
    VpcDns {
        /// Whether the Amazon resolver answers; absent where it could not be read.
        enable_dns_support: Option<bool>,
        /// Whether hosts have names, which private DNS of endpoints needs.
        enable_dns_hostnames: Option<bool>,
        /// The DHCP options' name servers; empty where they could not be read.
        domain_name_servers: Vec<String>,
    }
}

impl RouteTable {
    /// The one that counts for a subnet, and whether it is its own: else it is the VPC's main one.
    #[must_use]
    pub fn of_subnet<'t>(tables: &'t [Self], subnet: &str) -> Option<(&'t Self, bool)> {
        let find = |counts: &dyn Fn(&RouteTableAssociation) -> bool| {
            tables.iter().find(|table| table.association_set.iter().any(counts))
        };
        let own = find(&|association| association.subnet_id.as_deref() == Some(subnet));
        own.map(|table| (table, true))
            .or_else(|| find(&|association| association.main).map(|table| (table, false)))
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

    /// Whether it is refused for want of an allow in the role's own policies.
    #[must_use]
    pub fn is_implicit_deny(&self) -> bool {
        self.eval_decision == "implicitDeny" && !self.is_beyond_boundary() && !self.is_beyond_organization()
    }
}

/// A policy document as it stands on a resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Policy(pub Value);

/// A point in time: epoch seconds in most JSON APIs, milliseconds in that of CloudWatch Logs, ISO 8601 in the
/// Query APIs and in records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Timestamp);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m-%d %H:%M:%SZ"))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::String(text) => text.parse().map(Self).map_err(de::Error::custom),
            value => value
                .as_f64()
                .and_then(epoch)
                .map(Self)
                .ok_or_else(|| de::Error::custom("expected ISO 8601 or epoch seconds")),
        }
    }
}

/// A number, or one in text as XML has it.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        Value::String(text) => text.parse().map(Some).map_err(de::Error::custom),
        Value::Number(number) if !number.is_f64() => Ok(number.as_i64()),
        _ => Err(de::Error::custom("expected a number")),
    }
}
