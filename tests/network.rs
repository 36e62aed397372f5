//! The network verdict: every rule with a way that it shuts and one that it leaves open, what holds for any
//! network, and the drawing.

use ecs_triage::network::{
    Blockage, Break, Caller, Destination, Names, Opening, Part, Path, Remote, Settings, Snapshot, State,
    When, draw, judge, mount, needed, serves,
};
use ecs_triage::question::facts::{
    AwsVpcConfiguration, Instance, MountTarget, NatGateway, NetworkAcl, RouteTable, SecurityGroup, Subnet,
    VpcDns, VpcEndpoint,
};
use ecs_triage::question::{Answer, Evidence, Known, Question, ask};
use ecs_triage::source;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

const REGION: &str = "eu-west-1";

/// A network in AWS's own words; what is left out was not asked, a text in its place is why it is not known.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct World {
    caller: Who,
    account: Option<String>,
    subnets: Option<Read<Vec<Subnet>>>,
    route_tables: Option<Read<Vec<RouteTable>>>,
    nat_gateways: Option<Read<Vec<NatGateway>>>,
    endpoints: Option<Read<Vec<VpcEndpoint>>>,
    security_groups: Option<Read<Vec<SecurityGroup>>>,
    network_acls: Option<Read<Vec<NetworkAcl>>>,
    dns: Option<Read<VpcDns>>,
    mount_targets: Option<Read<Vec<MountTarget>>>,
    /// When the call was made, where it was.
    called_at: Option<jiff::Timestamp>,
    /// The address that was called.
    address: Option<std::net::IpAddr>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Who {
    host: Option<String>,
    subnets: Vec<String>,
    groups: Option<Vec<String>>,
    public_ip: Option<bool>,
    #[serde(default)]
    windows: bool,
    /// `undated` or `changed`.
    settings: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Read<T> {
    Unknown(String),
    Found(T),
}

fn known<T>(read: Option<&Read<T>>) -> Known<'_, T> {
    match read {
        None => Known::NotAsked,
        Some(Read::Unknown(why)) => Known::Unknown(why),
        Some(Read::Found(fact)) => Known::Found(fact),
    }
}

fn texts(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

impl World {
    fn snapshot(&self) -> Snapshot<'_> {
        Snapshot {
            region: REGION,
            account: self.account.as_deref(),
            caller: Caller {
                host: self.caller.host.as_deref(),
                subnets: texts(&self.caller.subnets),
                vpc: None,
                groups: self.caller.groups.as_deref().map(texts),
                public_ip: self.caller.public_ip,
                windows: self.caller.windows,
                by_settings: self.caller.subnets.len() > 1,
                settings: match self.caller.settings.as_deref() {
                    Some("undated") => Settings::Undated("which settings".to_owned()),
                    Some("changed") => Settings::Changed("other settings".to_owned()),
                    _ => Settings::Own,
                },
            },
            when: self.called_at.map_or(When::Now, When::By),
            subnets: known(self.subnets.as_ref()),
            route_tables: known(self.route_tables.as_ref()),
            nat_gateways: known(self.nat_gateways.as_ref()),
            endpoints: known(self.endpoints.as_ref()),
            security_groups: self.security_groups.iter().map(|groups| known(Some(groups))).collect(),
            network_acls: known(self.network_acls.as_ref()),
            dns: known(self.dns.as_ref()),
        }
    }
}

/// The network that rows start from.
fn base(name: &str) -> Value {
    let changes = match name {
        "nat" => json!({}),
        "public" => json!({"/caller/publicIp": true, "/routeTables/0/routeSet/1": "=to 0.0.0.0/0 igw-1"}),
        "endpoint" => json!({"/routeTables/0/routeSet/1": null, "/endpoints/-": "=secretsmanager"}),
        "gateway" => json!({
            "/routeTables/0/routeSet/1": {"destinationPrefixListId": "pl-s3", "gatewayId": "vpce-s3", "state": "active"},
            "/endpoints/-": {"vpcEndpointId": "vpce-s3", "vpcEndpointType": "Gateway", "serviceName": "com.amazonaws.eu-west-1.s3", "state": "available", "routeTableIdSet": ["rtb-main"]},
        }),
        "acl" => json!({
            "/networkAcls/0/entrySet": ["=acl 100 out allow 0.0.0.0/0 443-443", "=acl 100 in allow 0.0.0.0/0 1024-65535"],
            "/networkAcls/0/associationSet": [{"subnetId": "subnet-a"}, {"subnetId": "subnet-b"}],
            "/networkAcls/-": {
                "networkAclId": "acl-p", "associationSet": [{"subnetId": "subnet-p"}],
                "entrySet": ["=acl 100 out allow 0.0.0.0/0 0-65535", "=acl 100 in allow 0.0.0.0/0 0-65535"],
            },
        }),
        "mount" => json!({
            "/securityGroups/1/ipPermissions": "=tcp 2049 sg-task",
            "/mountTargets": [{
                "MountTargetId": "fsmt-1", "SubnetId": "subnet-p", "VpcId": "vpc-1", "AvailabilityZoneName": "eu-west-1a",
                "LifeCycleState": "available", "SecurityGroups": ["sg-e"],
            }],
        }),
        other => unreachable!("no such base: {other}"),
    };
    let nat = serde_json::from_str(include_str!("network/nat.json")).expect("it is JSON");
    with(nat, &changes)
}

/// A short text as what it stands for.
fn long(value: &Value) -> Value {
    let words: Vec<&str> = match value {
        Value::String(text) if text.starts_with('=') => text[1..].split(' ').collect(),
        Value::Array(list) => return list.iter().map(long).collect(),
        Value::Object(fields) => {
            return fields.iter().map(|(name, value)| (name.clone(), long(value))).collect();
        }
        other => return other.clone(),
    };
    let number = |word: &str| word.parse::<i64>().expect("a number");
    match words.as_slice() {
        ["to", range, target] => {
            let kinds = [
                ("nat-", "natGatewayId"),
                ("tgw-", "transitGatewayId"),
                ("pcx-", "vpcPeeringConnectionId"),
                ("eni-", "networkInterfaceId"),
                ("lgw-", "localGatewayId"),
            ];
            let kind = kinds
                .iter()
                .find(|(start, _)| target.starts_with(start))
                .map_or("gatewayId", |(_, kind)| kind);
            json!({"destinationCidrBlock": range, kind: target, "state": "active"})
        }
        ["tcp", port, others @ ..] => {
            let named = |kind: &str| {
                others.iter().copied().filter(|other| other.starts_with(kind)).collect::<Vec<_>>()
            };
            let groups: Vec<Value> = named("sg-").iter().map(|id| json!({"groupId": id})).collect();
            let lists: Vec<Value> = named("pl-").iter().map(|id| json!({"prefixListId": id})).collect();
            let ranges: Vec<Value> = others
                .iter()
                .filter(|other| other.contains('/'))
                .map(|range| json!({"cidrIp": range}))
                .collect();
            json!([{"ipProtocol": "tcp", "fromPort": number(port), "toPort": number(port), "ipRanges": ranges, "groups": groups, "prefixListIds": lists}])
        }
        ["acl", at, direction, action, range, ports] => {
            let (from, to) = ports.split_once('-').expect("a range of ports");
            let ports = json!({"from": number(from), "to": number(to)});
            json!({"ruleNumber": number(at), "protocol": "6", "ruleAction": action, "egress": *direction == "out", "cidrBlock": range, "portRange": ports})
        }
        [service] => json!({
            "vpcEndpointId": "vpce-1", "vpcEndpointType": "Interface", "serviceName": format!("com.amazonaws.eu-west-1.{service}"), "state": "available",
            "privateDnsEnabled": true, "subnetIdSet": ["subnet-b"], "groupSet": [{"groupId": "sg-e"}],
        }),
        other => unreachable!("what is {other:?}?"),
    }
}

/// The network with changes made, as `network/rules.txt` explains them.
fn with(mut world: Value, changes: &Value) -> Value {
    for (pointer, value) in changes.as_object().expect("changes are an object") {
        assert!(change(&mut world, pointer, value).is_some(), "{pointer} has no place in {world}");
    }
    world
}

fn change(world: &mut Value, pointer: &str, value: &Value) -> Option<()> {
    let (parent, name) = pointer.rsplit_once('/')?;
    match (world.pointer_mut(parent)?, value.is_null()) {
        (Value::Array(list), _) if name == "-" => list.push(long(value)),
        (Value::Array(list), true) => {
            drop(name.parse().ok().filter(|at| *at < list.len()).map(|at| list.remove(at))?);
        }
        (Value::Array(list), false) => *list.get_mut(name.parse::<usize>().ok()?)? = long(value),
        (Value::Object(fields), true) => drop(fields.remove(name)),
        (Value::Object(fields), false) => drop(fields.insert(name.to_owned(), long(value))),
        _ => return None,
    }
    Some(())
}

fn kind(blockage: &Blockage) -> String {
    let debug = format!("{:?}", blockage.what);
    debug.split(' ').next().unwrap_or_default().to_owned()
}

/// The state, then the certain blockages, with a tilde where something could explain the failure that nobody
/// read, and the possible ones with a question mark.
fn verdict(path: &Path) -> String {
    let state = match path.state {
        State::Ok | State::Absent => "open",
        State::Unsure => "unsure",
        State::Broken => "broken",
    };
    let possible = path.possible.iter().map(|blockage| format!(" {}?", kind(blockage)));
    let doubt = |blockage: &Blockage| if blockage.doubt.is_some() { "~" } else { "" };
    let mut all: Vec<String> = path
        .blockages
        .iter()
        .map(|blockage| format!(" {}{}", kind(blockage), doubt(blockage)))
        .chain(possible)
        .collect();
    all.dedup();
    format!("{state}{}", all.concat())
}

fn way(world: &Value, to: &str) -> Path {
    let world = World::deserialize(world).expect("the network has the right form");
    let services = ["secretsmanager", "ssm", "ecr.api", "s3"];
    let destination = match to {
        "efs" => return mount(&world.snapshot(), "fs-1", known(world.mount_targets.as_ref())),
        "elsewhere" => Destination::host("registry.example.com", 443),
        "other-region" => Destination::aws("secretsmanager", "us-east-1"),
        host if host.contains('.') && host != "ecr.api" => Destination::named(host, 443),
        service => {
            Destination::aws(services.iter().find(|name| **name == service).expect("a service"), REGION)
        }
    };
    judge(&world.snapshot(), &Destination { address: world.address, ..destination })
}

/// A row of `network/rules.txt`.
struct Row {
    heading: &'static str,
    base: &'static str,
    what: &'static str,
    to: &'static str,
    changes: Value,
    expected: &'static str,
}

fn rows() -> Vec<Row> {
    let (mut rows, mut section) = (Vec::new(), ("", ""));
    for line in include_str!("network/rules.txt")
        .lines()
        .skip_while(|line| !line.starts_with("##"))
        .filter(|line| !line.is_empty())
    {
        if let Some(title) = line.strip_prefix("## ") {
            section = title.split_once(" / ").expect("a heading and a base");
            continue;
        }
        let [what, to, changes, expected] = line.split(" | ").collect::<Vec<_>>()[..] else {
            unreachable!("not four parts: {line}")
        };
        let changes = serde_json::from_str(changes).expect("the changes are JSON");
        rows.push(Row { heading: section.0, base: section.1, what, to, changes, expected });
    }
    rows
}

#[test]
fn every_rule_shuts_and_leaves_open() {
    let wrong = rows().into_iter().filter_map(|Row { heading, base: name, what, to, changes, expected }| {
        let path = way(&with(base(name), &changes), to);
        let found = verdict(&path);
        (found != expected).then(|| {
            format!(
                "{heading}: {what}\n  is {found}, not {expected}\n{}\n{:?}",
                draw(&path).join("\n"),
                path.unsure
            )
        })
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Networks thrown together from the rows: any base with any changes that find a place in it.
fn networks() -> impl Strategy<Value = Value> {
    let changes: Vec<(String, Value)> =
        rows().iter().flat_map(|row| row.changes.as_object().cloned().unwrap_or_default()).collect();
    let bases = prop::sample::select(vec!["nat", "public", "endpoint", "gateway", "acl", "mount"]);
    (bases, prop::collection::vec(prop::sample::select(changes), 0..8)).prop_map(|(name, changes)| {
        let mut world = base(name);
        for (pointer, value) in changes {
            change(&mut world, &pointer, &value);
        }
        world
    })
}

fn destinations() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["secretsmanager", "ssm", "s3", "elsewhere", "other-region", "efs"])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_network_is_judged_and_drawn(world in networks(), to in destinations()) {
        let path = way(&world, to);
        prop_assert!(path.blockages.is_empty() || path.state == State::Broken, "{:?}", path);
        prop_assert_eq!(path.state == State::Ok, path.blockages.is_empty() && path.possible.is_empty() && path.unsure.is_empty(), "{:?}", path);
        prop_assert!(path.state != State::Broken || !path.blockages.is_empty() || path.possible.len() > 1, "{:?}", path);
        for line in &draw(&path)[1..] {
            prop_assert!(line.len() <= 110, "{}", line);
        }
    }

    #[test]
    fn a_group_that_allows_everything_shuts_nothing(world in networks(), to in destinations()) {
        let named = world.pointer("/caller/groups/0").is_some();
        prop_assume!(named && world["securityGroups"].is_array());
        let before = way(&world, to);
        let any = json!([{"ipProtocol": "-1", "ipRanges": [{"cidrIp": "0.0.0.0/0"}]}]);
        let more = json!({"/caller/groups/-": "sg-any", "/securityGroups/-": {"groupId": "sg-any", "ipPermissionsEgress": any, "ipPermissions": any}});
        let after = way(&with(world, &more), to);
        prop_assert!(after.state <= before.state, "{}\n{}", verdict(&before), verdict(&after));
        let kinds: Vec<String> = before.blockages.iter().map(kind).collect();
        prop_assert!(after.blockages.iter().all(|blockage| kinds.contains(&kind(blockage))), "{}\n{}", verdict(&before), verdict(&after));
    }

    #[test]
    fn taking_routes_away_mends_nothing(mut world in networks(), to in destinations()) {
        let before = way(&world, to);
        for table in world.get_mut("routeTables").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(Value::Array(routes)) = table.get_mut("routeSet") {
                routes.retain(|route| route["gatewayId"] == "local");
            }
        }
        let after = way(&world, to);
        // Without a way to other networks no name leads there.
        let may_lead_elsewhere = before.unsure.iter().any(|unsure| unsure.text.contains("private hosted zone"));
        prop_assert!(after.state >= before.state || may_lead_elsewhere, "{}\n{}", verdict(&before), verdict(&after));
    }
}

#[test]
fn drawings() {
    let some = [
        ("nat", json!({}), "ssm"),
        ("nat", json!({"/natGateways/0": null}), "secretsmanager"),
        (
            "nat",
            json!({"/natGateways/0": null, "/caller/subnets/-": "subnet-b", "/routeTables/1/associationSet/-": {"subnetId": "subnet-b"}, "/caller/publicIp": true}),
            "ssm",
        ),
        ("endpoint", json!({"/securityGroups/1/ipPermissions": []}), "secretsmanager"),
        (
            "endpoint",
            json!({"/endpoints/0/privateDnsEnabled": false, "/caller/host": "i-0abc"}),
            "secretsmanager",
        ),
        ("endpoint", json!({"/endpoints": "AccessDenied"}), "secretsmanager"),
        ("endpoint", json!({"/dns/domainNameServers": ["10.0.0.53"]}), "secretsmanager"),
        ("gateway", json!({}), "s3"),
        ("gateway", json!({"/endpoints/0/routeTableIdSet": ["rtb-public"]}), "s3"),
        ("acl", json!({"/networkAcls/0/entrySet/1": null}), "elsewhere"),
        ("mount", json!({}), "efs"),
        ("mount", json!({"/mountTargets/0": null}), "efs"),
    ];
    let drawn = some.map(|(name, changes, to)| {
        let path = way(&with(base(name), &changes), to);
        let proofs = |kind, blockages: Vec<Blockage>| {
            blockages.into_iter().map(move |blockage| format!("{kind}: {}", blockage.proof))
        };
        let lines = draw(&path)
            .into_iter()
            .chain(proofs("proof", path.blockages))
            .chain(proofs("perhaps", path.possible));
        lines
            .chain(path.unsure.iter().map(|unsure| format!("unsure: {}", unsure.text)))
            .collect::<Vec<_>>()
            .join("\n")
    });
    insta::assert_snapshot!(drawn.join("\n\n"));
}

/// What a fix needs is in the blockage.
#[test]
fn faults_name_the_culprit() {
    let blockage = |name, changes: Value, to| way(&with(base(name), &changes), to).blockages.remove(0);
    let out = blockage("nat", json!({"/securityGroups/0/ipPermissionsEgress": []}), "ssm");
    assert_eq!(
        out.what,
        Break::SecurityGroupEgress {
            groups: vec!["sg-task".into()],
            to: Remote::Cidr("0.0.0.0/0".into()),
            port: 443
        }
    );
    assert_eq!(
        (out.proof.as_str(), out.source),
        ("no egress rule of sg-task allows tcp/443 to 0.0.0.0/0", "DescribeSecurityGroups")
    );
    let to_gateway = blockage("gateway", json!({"/securityGroups/0/ipPermissionsEgress": []}), "s3");
    assert!(
        matches!(to_gateway.what, Break::SecurityGroupEgress { to: Remote::PrefixList(list), .. } if list == "pl-s3")
    );
    let to_endpoint =
        blockage("endpoint", json!({"/securityGroups/0/ipPermissionsEgress": []}), "secretsmanager");
    assert!(
        matches!(to_endpoint.what, Break::SecurityGroupEgress { to: Remote::Group(group), .. } if group == "sg-e")
    );
    let ingress = blockage("endpoint", json!({"/securityGroups/1/ipPermissions": []}), "secretsmanager");
    assert_eq!(
        ingress.proof,
        "no rule of sg-e, the security group of endpoint vpce-1, allows tcp/443 from sg-task or 10.0.1.0/24"
    );
    let Break::EndpointUnreachable { endpoint, ingress: Some(ingress) } = ingress.what else {
        panic!("{ingress:?}")
    };
    assert_eq!(
        (endpoint.as_str(), ingress.groups, ingress.from, ingress.port),
        ("vpce-1", vec!["sg-e".to_owned()], vec!["sg-task".to_owned()], 443)
    );
    let nowhere = blockage("gateway", json!({"/endpoints/0/routeTableIdSet": []}), "s3");
    assert_eq!(
        nowhere.what,
        Break::NoRoute { route_table: "rtb-main".into(), gateway: Some("vpce-s3".into()), blackhole: None }
    );
    let gone = blockage(
        "nat",
        json!({"/routeTables/0/routeSet/1": "=to 0.0.0.0/0 tgw-1", "/routeTables/0/routeSet/1/state": "blackhole"}),
        "ssm",
    );
    assert_eq!(
        gone.what,
        Break::NoRoute { route_table: "rtb-main".into(), gateway: None, blackhole: Some("0.0.0.0/0".into()) }
    );
    let acl =
        blockage("acl", json!({"/networkAcls/0/entrySet": ["=acl 1 out allow 0.0.0.0/0 443-443"]}), "ssm");
    assert_eq!(acl.proof, "network ACL acl-1 of subnet-a allows no tcp/32768-60999 in, from 0.0.0.0/0");
    assert_eq!(
        acl.what,
        Break::NetworkAcl {
            acl: "acl-1".into(),
            guards: "subnet-a".into(),
            egress: false,
            ports: (1024, 65535),
            cidr: "0.0.0.0/0".into(),
            opening: Opening::At(100)
        }
    );
}

#[test]
fn the_caller_is_the_task_or_its_host() {
    let configuration = AwsVpcConfiguration {
        subnets: vec!["subnet-a".into(), "subnet-b".into()],
        assign_public_ip: Some("ENABLED".into()),
        ..Default::default()
    };
    assert_eq!(Caller::task(Some("subnet-b"), Some(&configuration)).subnets, ["subnet-b"]);
    let of_service = Caller::task(None, Some(&configuration));
    assert_eq!(
        (of_service.subnets, of_service.groups, of_service.public_ip),
        (vec!["subnet-a", "subnet-b"], Some(vec![]), Some(true))
    );
    assert_eq!(Caller::task(None, None), Caller { by_settings: true, ..Caller::default() });
    let instance = Instance {
        subnet_id: Some("subnet-a".into()),
        public_address: Some("203.0.113.9".into()),
        ..Default::default()
    };
    let host = Caller::host("i-1", Some(&instance));
    assert_eq!((host.host, host.subnets, host.public_ip), (Some("i-1"), vec!["subnet-a"], Some(true)));
    assert!(Caller::host("mi-1", None).subnets.is_empty());
}

#[test]
fn a_snapshot_comes_from_evidence() {
    let caller = Caller { subnets: vec!["subnet-b", "subnet-a"], ..Default::default() };
    let mut evidence = Evidence::default();
    let first = Snapshot::questions(&evidence, REGION, None, &caller);
    assert_eq!(
        first,
        [ask::Subnets { region: REGION.into(), ids: vec!["subnet-a".into(), "subnet-b".into()] }.into()]
    );
    evidence.note(
        first[0].clone(),
        Answer::Subnets(vec![Subnet {
            subnet_id: Some("subnet-a".into()),
            vpc_id: Some("vpc-1".into()),
            ..Default::default()
        }]),
    );
    let all = Snapshot::questions(&evidence, REGION, None, &caller);
    assert_eq!(all.len(), 6);
    for question in &all[1..] {
        evidence.note(question.clone(), Answer::Unknown(question.source().to_owned()));
    }
    let snapshot = Snapshot::of(&evidence, REGION, None, caller, When::Now);
    assert!(snapshot.subnets.found().is_some());
    assert_eq!(snapshot.nat_gateways, Known::Unknown("DescribeNatGateways"));
    assert_eq!(snapshot.dns, Known::Unknown("DescribeVpcAttribute"));
    assert_eq!(Snapshot::questions(&evidence, REGION, None, &Caller::default()), []);
}

#[test]
fn a_definition_tells_where_the_task_must_get_to() {
    let definition = source::definition(
        r#"{"containerDefinitions": [
            {"name": "app", "image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:1",
             "environmentFiles": [{"value": "arn:aws:s3:::config/app.env"}],
             "secrets": [{"name": "A", "valueFrom": "plain"}, {"name": "B", "valueFrom": "arn:aws:secretsmanager:us-east-1:111122223333:secret:b-AbCdEf"},
                         {"name": "C", "valueFrom": "arn:aws:ssm:eu-west-2:111122223333:parameter/c"}],
             "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "app", "awslogs-region": "eu-central-1"}}},
            {"name": "proxy", "image": "nginx", "repositoryCredentials": {"credentialsParameter": "login"},
             "logConfiguration": {"logDriver": "splunk", "options": {}, "secretOptions": [{"name": "splunk-token", "valueFrom": "plain"}]}},
            {"name": "own", "image": "registry.example.com:5000/team/own"},
            {"name": "quay", "image": "quay.io/team/own"}]}"#,
    )
    .expect("it can be read");
    let all: Vec<String> = needed(&definition, REGION)
        .into_iter()
        .map(|to| format!("{} {} {}:{}", to.service.as_deref().unwrap_or("-"), to.region, to.host, to.port))
        .collect();
    assert_eq!(
        all,
        [
            "secretsmanager us-east-1 secretsmanager.us-east-1.amazonaws.com:443",
            "secretsmanager eu-west-1 secretsmanager.eu-west-1.amazonaws.com:443",
            "ssm eu-west-1 ssm.eu-west-1.amazonaws.com:443",
            "ssm eu-west-2 ssm.eu-west-2.amazonaws.com:443",
            "ecr.api eu-west-1 api.ecr.eu-west-1.amazonaws.com:443",
            "ecr.dkr eu-west-1 111122223333.dkr.ecr.eu-west-1.amazonaws.com:443",
            "s3 eu-west-1 prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com:443",
            "logs eu-central-1 logs.eu-central-1.amazonaws.com:443",
            "s3 eu-west-1 config.s3.eu-west-1.amazonaws.com:443",
            "-  registry-1.docker.io:443",
            "-  registry.example.com:5000",
            "-  quay.io:443",
        ]
    );
    assert_eq!(Destination::aws("ssm", "cn-north-1").host, "ssm.cn-north-1.amazonaws.com.cn");
}

/// Groups are asked for by their ids, which finds those of other VPCs, and what tells no id by the VPC.
#[test]
fn groups_are_asked_for_by_id() {
    let mut evidence = Evidence::default();
    let subnets = ask::Subnets { region: REGION.into(), ids: vec!["subnet-a".into()] };
    let of = |owner: &str| Subnet {
        subnet_id: Some("subnet-a".into()),
        vpc_id: Some("vpc-1".into()),
        owner_id: Some(owner.into()),
        ..Default::default()
    };
    evidence.note(subnets.clone(), Answer::Subnets(vec![of("111122223333")]));
    let caller = Caller { subnets: vec!["subnet-a"], groups: Some(vec!["sg-task"]), ..Caller::default() };
    let groups = |evidence: &Evidence, caller: &Caller<'_>| -> Vec<Question> {
        let asked = Snapshot::questions(evidence, REGION, Some("111122223333"), caller).into_iter();
        asked.filter(|question| question.source() == "DescribeSecurityGroups").collect()
    };
    let named = |ids: &[&str]| {
        Question::from(ask::NamedSecurityGroups {
            region: REGION.into(),
            ids: ids.iter().map(|&id| id.to_owned()).collect(),
        })
    };
    let of_vpc = || Question::from(ask::SecurityGroups { region: REGION.into(), vpc: "vpc-1".into() });
    assert_eq!(groups(&evidence, &caller), [named(&["sg-task"])]);
    assert_eq!(groups(&evidence, &Caller { groups: Some(vec![]), ..caller.clone() }), [of_vpc()]);
    assert_eq!(
        groups(&evidence, &Caller { host: Some("i-1"), ..caller.clone() }),
        [named(&["sg-task"]), of_vpc()]
    );
    let endpoint = |service: &str, group: &str| {
        let text = json!({"serviceName": format!("com.amazonaws.eu-west-1.{service}"), "groupSet": [{"groupId": group}]});
        VpcEndpoint::deserialize(&text).expect("it has the right form")
    };
    let endpoints = vec![
        endpoint("ssm", "sg-b"),
        endpoint("ecr.dkr", "sg-a"),
        endpoint("logs", "sg-task"),
        endpoint("sqs", "sg-c"),
    ];
    evidence.note(
        ask::VpcEndpoints { region: REGION.into(), vpc: "vpc-1".into() },
        Answer::VpcEndpoints(endpoints),
    );
    assert_eq!(groups(&evidence, &caller), [named(&["sg-task"]), named(&["sg-a", "sg-b"])]);
    evidence.note(subnets, Answer::Subnets(vec![of("999988887777")]));
    assert_eq!(groups(&evidence, &caller), [named(&["sg-task"]), of_vpc()]);
}

/// Where a rule goes that lets 443 out: before the rule that drops it, behind what somebody put before.
#[test]
fn an_acl_rule_opens_nothing_that_was_shut_on_purpose() {
    let rows = [
        (json!([]), Opening::At(100)),
        (json!(["=acl 100 out allow 0.0.0.0/0 80-80"]), Opening::At(110)),
        (
            json!(["=acl 50 out deny 198.51.100.0/24 0-65535", "=acl 100 out allow 0.0.0.0/0 80-80"]),
            Opening::OnPurpose(50),
        ),
        (json!(["=acl 50 out deny 10.9.0.0/16 0-65535"]), Opening::At(60)),
        (
            json!([
                "=acl 50 out deny 10.9.0.0/16 0-65535",
                "=acl 100 out deny 0.0.0.0/0 0-65535",
                "=acl 110 out allow 0.0.0.0/0 443-443"
            ]),
            Opening::At(90),
        ),
        (
            json!(["=acl 99 out deny 10.9.0.0/16 0-65535", "=acl 100 out deny 0.0.0.0/0 443-443"]),
            Opening::NoRoom(100),
        ),
        (
            json!(["=acl 98 out deny 10.9.0.0/16 0-65535", "=acl 100 out deny 0.0.0.0/0 443-443"]),
            Opening::At(99),
        ),
        (json!(["=acl 1 out deny 0.0.0.0/0 0-65535"]), Opening::NoRoom(1)),
        (json!(["=acl 32766 out allow 10.0.0.0/8 0-65535"]), Opening::NoRoom(32767)),
    ];
    for (rules, expected) in rows {
        let mut changes = json!({"/networkAcls/0/entrySet": rules});
        changes["/networkAcls/0/entrySet/-"] = json!("=acl 100 in allow 0.0.0.0/0 1024-65535");
        let path = way(&with(base("acl"), &changes), "ssm");
        let out = path.blockages.iter().chain(&path.possible).find_map(|blockage| match blockage.what {
            Break::NetworkAcl { egress: true, opening, .. } => Some(opening),
            _ => None,
        });
        assert_eq!(out, Some(expected), "{changes}");
    }
    // An address that is told matches the block list itself: to open it is not ours.
    let told = json!({"/networkAcls/0/entrySet/-": "=acl 50 out deny 52.94.0.0/16 0-65535", "/address": "52.94.219.66"});
    let path = way(&with(base("acl"), &told), "ssm");
    assert!(
        matches!(path.blockages[0].what, Break::NetworkAcl { opening: Opening::OnPurpose(50), .. }),
        "{path:?}"
    );
}

#[test]
fn a_kind_of_hop_is_open_only_where_all_of_it_was_judged() {
    let open = |base_name: &str, changes: Value, to: &str, part: Part| {
        way(&with(base(base_name), &changes), to).is_open_at(part)
    };
    for part in [
        Part::Dns,
        Part::Group,
        Part::Acl,
        Part::Endpoint,
        Part::PrivateDns,
        Part::Route,
        Part::Nat,
        Part::PublicAddress,
    ] {
        assert!(open("nat", json!({}), "ssm", part), "{part:?}");
        assert!(!open("nat", json!({"/subnets/0/cidrBlock": null}), "ssm", part), "{part:?}");
        assert!(!open("nat", json!({"/subnets": "AccessDenied"}), "ssm", part), "{part:?}");
        assert!(!open("nat", json!({"/caller/subnets/-": "subnet-gone"}), "ssm", part), "{part:?}");
        let settings = json!({"/caller/subnets/-": "subnet-b", "/caller/settings": "undated"});
        assert!(!open("nat", settings, "ssm", part), "{part:?}");
    }
    // A blockage elsewhere says nothing of what could not be read.
    let shut = |changes: Value| {
        let mut all = json!({"/routeTables/0/routeSet/1": null});
        all.as_object_mut().expect("an object").extend(changes.as_object().cloned().unwrap_or_default());
        all
    };
    assert!(!open("nat", shut(json!({"/networkAcls": "AccessDenied"})), "ssm", Part::Acl));
    assert!(!open("nat", shut(json!({"/securityGroups": "AccessDenied"})), "ssm", Part::Group));
    assert!(!open("nat", shut(json!({"/endpoints": "AccessDenied"})), "ssm", Part::Endpoint));
    assert!(!open("nat", shut(json!({"/dns/domainNameServers": ["10.9.9.9"]})), "ssm", Part::Dns));
    assert!(!open("nat", json!({"/routeTables/0/routeSet/1": "=to 0.0.0.0/0 tgw-1"}), "ssm", Part::Nat));
    assert!(
        !open("nat", json!({"/networkAcls/0/associationSet/2": null}), "ssm", Part::Acl),
        "the ACL of the NAT gateway's subnet"
    );
    assert!(open("nat", shut(json!({})), "ssm", Part::Acl));
}

#[test]
fn hosts_of_aws_are_told_by_their_names() {
    let named = |host: &str| {
        let to = Destination::named(host, 443);
        format!("{} {} {:?}", to.service.as_deref().unwrap_or("-"), to.region, to.names)
    };
    let rows = [
        ("secretsmanager.us-east-1.amazonaws.com", "secretsmanager us-east-1 Plain"),
        ("secretsmanager-fips.us-east-1.amazonaws.com", "secretsmanager us-east-1 Fips"),
        ("ssm.cn-north-1.amazonaws.com.cn", "ssm cn-north-1 Plain"),
        ("secretsmanager.us-east-1.api.aws", "secretsmanager us-east-1 DualStack"),
        ("api.ecr.eu-west-1.amazonaws.com", "ecr.api eu-west-1 Plain"),
        ("ecr-fips.us-gov-west-1.amazonaws.com", "ecr.api us-gov-west-1 Fips"),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com", "ecr.dkr eu-west-1 Plain"),
        ("111122223333.dkr.ecr-fips.us-east-1.amazonaws.com", "ecr.dkr us-east-1 Fips"),
        ("111122223333.dkr-ecr.eu-west-1.on.aws", "ecr.dkr eu-west-1 DualStack"),
        ("cfg.west.s3.us-west-2.amazonaws.com", "s3 us-west-2 Plain"),
        ("cfg.s3.dualstack.us-west-2.amazonaws.com", "s3 us-west-2 DualStack"),
        ("sts.us-east-1.amazonaws.com", "sts us-east-1 Plain"),
        ("auth.docker.io", "-  Plain"),
        ("public.ecr.aws", "-  Plain"),
        ("amazonaws.com.example.org", "-  Plain"),
    ];
    for (host, expected) in rows {
        assert_eq!(named(host), expected, "{host}");
    }
    assert_eq!(Destination::aws("ssm", REGION).names, Names::Plain);
    for (service, expected) in
        [("s3", true), ("ecr.dkr", true), ("secretsmanager", false), ("ssm", false), ("logs", false)]
    {
        assert_eq!(serves(&Destination::aws(service, "us-east-1"), REGION), expected, "{service}");
    }
}
