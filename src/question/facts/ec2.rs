//! Networks, as EC2 describes them.

#![expect(missing_docs, reason = "fields have AWS's names, and are described where that says too little")]

use super::{Moment, facts, number};

facts! { "camelCase"
    /// The EC2 instance behind a container instance (`DescribeInstances`).
    Instance {
        subnet_id: Option<String>,
        vpc_id: Option<String>,
        #[serde(rename = "ipAddress")]
        public_address: Option<String>,
        group_set: Vec<Group>,
    }

    /// A security group, by reference.
    Group { group_id: Option<String> }

    /// A subnet (`DescribeSubnets`).
    Subnet {
        subnet_id: Option<String>,
        vpc_id: Option<String>,
        /// Its range of IPv4 addresses; absent where it has IPv6 addresses only.
        cidr_block: Option<String>,
        ipv6_cidr_block_association_set: Vec<Ipv6Range>,
        /// Its Availability Zone, by the account's name for it.
        availability_zone: Option<String>,
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
        route_table_id: Option<String>,
        /// What it counts for.
        association_set: Vec<RouteTableAssociation>,
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
        destination_cidr_block: Option<String>,
        destination_ipv6_cidr_block: Option<String>,
        /// A prefix list, as of a gateway endpoint.
        destination_prefix_list_id: Option<String>,
        /// `igw-`, `vgw-`, `vpce-` or `local`.
        gateway_id: Option<String>,
        nat_gateway_id: Option<String>,
        transit_gateway_id: Option<String>,
        vpc_peering_connection_id: Option<String>,
        /// `eni-`, as of a NAT instance or an appliance.
        network_interface_id: Option<String>,
        /// `i-`, a NAT instance.
        instance_id: Option<String>,
        egress_only_internet_gateway_id: Option<String>,
        local_gateway_id: Option<String>,
        /// `active` or `blackhole`.
        state: Option<String>,
    }

    /// A NAT gateway (`DescribeNatGateways`).
    NatGateway {
        nat_gateway_id: Option<String>,
        subnet_id: Option<String>,
        /// `available`, `failed`, `deleted`...
        state: Option<String>,
        /// `public` or `private`.
        connectivity_type: Option<String>,
        create_time: Option<Moment>,
        delete_time: Option<Moment>,
    }

    /// A VPC endpoint (`DescribeVpcEndpoints`).
    VpcEndpoint {
        vpc_endpoint_id: Option<String>,
        /// `Interface`, `Gateway`...
        vpc_endpoint_type: Option<String>,
        /// Such as `com.amazonaws.eu-west-1.secretsmanager`.
        service_name: Option<String>,
        /// The service's Region, where it is another than the endpoint's.
        service_region: Option<String>,
        /// `available`, `pendingAcceptance`...
        state: Option<String>,
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
        group_id: Option<String>,
        /// The VPC that it was made for.
        vpc_id: Option<String>,
        /// Its name; `default` for the one that counts where none is named.
        group_name: Option<String>,
        ip_permissions_egress: Vec<IpPermission>,
        ip_permissions: Vec<IpPermission>,
    }

    /// A rule of a security group.
    IpPermission {
        /// `tcp`, `6`, `udp`, or `-1` for all.
        ip_protocol: Option<String>,
        /// The first port; absent for all.
        #[serde(deserialize_with = "number")]
        from_port: Option<i64>,
        #[serde(deserialize_with = "number")]
        to_port: Option<i64>,
        ip_ranges: Vec<IpRange>,
        groups: Vec<Group>,
        prefix_list_ids: Vec<PrefixList>,
    }

    /// A range of IPv4 addresses.
    IpRange {
        /// Such as `10.0.0.0/16`.
        cidr_ip: Option<String>,
    }

    /// A prefix list, by reference.
    PrefixList { prefix_list_id: Option<String> }

    /// A network ACL (`DescribeNetworkAcls`).
    NetworkAcl {
        network_acl_id: Option<String>,
        association_set: Vec<AclAssociation>,
        /// Its rules, in no order.
        entry_set: Vec<AclEntry>,
    }

    /// A subnet that an ACL counts for.
    AclAssociation { subnet_id: Option<String> }

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
        cidr_block: Option<String>,
        /// Ports; absent for all.
        port_range: Option<PortRange>,
    }

    /// Ports, both ends included.
    PortRange {
        #[serde(deserialize_with = "number")]
        from: Option<i64>,
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
