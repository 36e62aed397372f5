//! The network verdict: every rule with a way that it shuts and one that it leaves open, what holds for any network, and the drawing.

use ecs_triage::network::{Break, Caller, Destination, Fault, Path, Remote, Snapshot, State, draw, judge, mount, needed};
use ecs_triage::question::facts::{AwsVpcConfiguration, Instance, MountTarget, NatGateway, NetworkAcl, RouteTable, SecurityGroup, Subnet, VpcDns, VpcEndpoint};
use ecs_triage::question::{Answer, Evidence, Known, Question};
use ecs_triage::task_definition::TaskDefinition;
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
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Who {
    host: Option<String>,
    subnets: Vec<String>,
    groups: Option<Vec<String>>,
    public_ip: Option<bool>,
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
            },
            subnets: known(self.subnets.as_ref()),
            route_tables: known(self.route_tables.as_ref()),
            nat_gateways: known(self.nat_gateways.as_ref()),
            endpoints: known(self.endpoints.as_ref()),
            security_groups: known(self.security_groups.as_ref()),
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
        "acl" => json!({"/networkAcls/0/entrySet": ["=acl 100 out allow 0.0.0.0/0 443-443", "=acl 100 in allow 0.0.0.0/0 1024-65535"]}),
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
        Value::Object(fields) => return fields.iter().map(|(name, value)| (name.clone(), long(value))).collect(),
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
            let kind = kinds.iter().find(|(start, _)| target.starts_with(start)).map_or("gatewayId", |(_, kind)| kind);
            json!({"destinationCidrBlock": range, kind: target, "state": "active"})
        }
        ["tcp", port, others @ ..] => {
            let named = |kind: &str| others.iter().copied().filter(|other| other.starts_with(kind)).collect::<Vec<_>>();
            let groups: Vec<Value> = named("sg-").iter().map(|id| json!({"groupId": id})).collect();
            let lists: Vec<Value> = named("pl-").iter().map(|id| json!({"prefixListId": id})).collect();
            let ranges: Vec<Value> = others.iter().filter(|other| other.contains('/')).map(|range| json!({"cidrIp": range})).collect();
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
        (Value::Array(list), true) => drop(name.parse().ok().filter(|at| *at < list.len()).map(|at| list.remove(at))?),
        (Value::Array(list), false) => *list.get_mut(name.parse::<usize>().ok()?)? = long(value),
        (Value::Object(fields), true) => drop(fields.remove(name)),
        (Value::Object(fields), false) => drop(fields.insert(name.to_owned(), long(value))),
        _ => return None,
    }
    Some(())
}

fn kind(fault: &Fault) -> String {
    let debug = format!("{:?}", fault.what);
    debug.split(' ').next().unwrap_or_default().to_owned()
}

/// The state, then the certain faults, and the possible ones with a question mark.
fn verdict(path: &Path) -> String {
    let state = match path.state {
        State::Ok | State::Absent => "open",
        State::Unsure => "unsure",
        State::Broken => "broken",
    };
    let possible = path.possible.iter().map(|fault| format!(" {}?", kind(fault)));
    let mut all: Vec<String> = path.faults.iter().map(|fault| format!(" {}", kind(fault))).chain(possible).collect();
    all.dedup();
    format!("{state}{}", all.concat())
}

fn way(world: &Value, to: &str) -> Path {
    let world = World::deserialize(world).expect("the network has the right form");
    let services = ["secretsmanager", "ssm", "ecr.api", "s3"];
    match to {
        "efs" => mount(&world.snapshot(), "fs-1", known(world.mount_targets.as_ref())),
        "elsewhere" => judge(&world.snapshot(), &Destination::host("registry.example.com", 443)),
        "other-region" => judge(&world.snapshot(), &Destination::aws("secretsmanager", "us-east-1")),
        service => judge(&world.snapshot(), &Destination::aws(services.iter().find(|name| **name == service).expect("a service"), REGION)),
    }
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
    for line in include_str!("network/rules.txt").lines().skip_while(|line| !line.starts_with("##")).filter(|line| !line.is_empty()) {
        if let Some(title) = line.strip_prefix("## ") {
            section = title.split_once(" / ").expect("a heading and a base");
            continue;
        }
        let [what, to, changes, expected] = line.split(" | ").collect::<Vec<_>>()[..] else { unreachable!("not four parts: {line}") };
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
        (found != expected).then(|| format!("{heading}: {what}\n  is {found}, not {expected}\n{}\n{:?}", draw(&path).join("\n"), path.unsure))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Networks thrown together from the rows: any base with any changes that find a place in it.
fn networks() -> impl Strategy<Value = Value> {
    let changes: Vec<(String, Value)> = rows().iter().flat_map(|row| row.changes.as_object().cloned().unwrap_or_default()).collect();
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
        prop_assert!(path.faults.is_empty() || path.state == State::Broken, "{:?}", path);
        prop_assert_eq!(path.state == State::Ok, path.faults.is_empty() && path.possible.is_empty() && path.unsure.is_empty(), "{:?}", path);
        prop_assert!(path.state != State::Broken || !path.faults.is_empty() || path.possible.len() > 1, "{:?}", path);
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
        let kinds: Vec<String> = before.faults.iter().map(kind).collect();
        prop_assert!(after.faults.iter().all(|fault| kinds.contains(&kind(fault))), "{}\n{}", verdict(&before), verdict(&after));
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
        prop_assert!(after.state >= before.state, "{}\n{}", verdict(&before), verdict(&after));
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
        ("endpoint", json!({"/endpoints/0/privateDnsEnabled": false, "/caller/host": "i-0abc"}), "secretsmanager"),
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
        let proofs = |kind, faults: Vec<Fault>| faults.into_iter().map(move |fault| format!("{kind}: {}", fault.proof));
        let lines = draw(&path).into_iter().chain(proofs("proof", path.faults)).chain(proofs("perhaps", path.possible));
        lines.chain(path.unsure.iter().map(|why| format!("unsure: {why}"))).collect::<Vec<_>>().join("\n")
    });
    insta::assert_snapshot!(drawn.join("\n\n"));
}

/// What a fix needs is in the fault.
#[test]
fn faults_name_the_culprit() {
    let fault = |name, changes: Value, to| way(&with(base(name), &changes), to).faults.remove(0);
    let out = fault("nat", json!({"/securityGroups/0/ipPermissionsEgress": []}), "ssm");
    assert_eq!(out.what, Break::SecurityGroupEgress { groups: vec!["sg-task".into()], to: Remote::Cidr("0.0.0.0/0".into()), port: 443 });
    assert_eq!((out.proof.as_str(), out.source), ("no egress rule of sg-task allows tcp/443 to 0.0.0.0/0", "DescribeSecurityGroups"));
    let to_gateway = fault("gateway", json!({"/securityGroups/0/ipPermissionsEgress": []}), "s3");
    assert!(matches!(to_gateway.what, Break::SecurityGroupEgress { to: Remote::PrefixList(list), .. } if list == "pl-s3"));
    let to_endpoint = fault("endpoint", json!({"/securityGroups/0/ipPermissionsEgress": []}), "secretsmanager");
    assert!(matches!(to_endpoint.what, Break::SecurityGroupEgress { to: Remote::Group(group), .. } if group == "sg-e"));
    let ingress = fault("endpoint", json!({"/securityGroups/1/ipPermissions": []}), "secretsmanager");
    assert_eq!(ingress.proof, "no rule of sg-e, the security group of endpoint vpce-1, allows tcp/443 from sg-task or 10.0.1.0/24");
    let Break::EndpointUnreachable { endpoint, ingress: Some(ingress) } = ingress.what else { panic!("{ingress:?}") };
    assert_eq!((endpoint.as_str(), ingress.groups, ingress.from, ingress.port), ("vpce-1", vec!["sg-e".to_owned()], vec!["sg-task".to_owned()], 443));
    let nowhere = fault("gateway", json!({"/endpoints/0/routeTableIdSet": []}), "s3");
    assert_eq!(nowhere.what, Break::NoRoute { route_table: "rtb-main".into(), gateway: Some("vpce-s3".into()) });
    let acl = fault("nat", json!({"/networkAcls/0/entrySet": ["=acl 1 out allow 0.0.0.0/0 443-443"]}), "ssm");
    assert_eq!(acl.proof, "network ACL acl-1 of subnet-a lets no tcp/32768-60999 in, from 0.0.0.0/0");
    assert_eq!(acl.what, Break::NetworkAcl { acl: "acl-1".into(), guards: "subnet-a".into(), egress: false, ports: (1024, 65535), cidr: "0.0.0.0/0".into() });
}

#[test]
fn the_caller_is_the_task_or_its_host() {
    let configuration =
        AwsVpcConfiguration { subnets: vec!["subnet-a".into(), "subnet-b".into()], assign_public_ip: Some("ENABLED".into()), ..Default::default() };
    assert_eq!(Caller::task(Some("subnet-b"), Some(&configuration)).subnets, ["subnet-b"]);
    let of_service = Caller::task(None, Some(&configuration));
    assert_eq!((of_service.subnets, of_service.groups, of_service.public_ip), (vec!["subnet-a", "subnet-b"], Some(vec![]), Some(true)));
    assert_eq!(Caller::task(None, None), Caller::default());
    let instance = Instance { subnet_id: Some("subnet-a".into()), public_address: Some("203.0.113.9".into()), ..Default::default() };
    let host = Caller::host("i-1", Some(&instance));
    assert_eq!((host.host, host.subnets, host.public_ip), (Some("i-1"), vec!["subnet-a"], Some(true)));
    assert!(Caller::host("mi-1", None).subnets.is_empty());
}

#[test]
fn a_snapshot_comes_from_evidence() {
    let caller = Caller { subnets: vec!["subnet-b", "subnet-a"], ..Default::default() };
    let mut evidence = Evidence::default();
    let first = Snapshot::questions(&evidence, REGION, &caller);
    assert_eq!(first, [Question::Subnets { region: REGION.into(), ids: vec!["subnet-a".into(), "subnet-b".into()] }]);
    evidence.note(first[0].clone(), Answer::Subnets(vec![Subnet { subnet_id: Some("subnet-a".into()), vpc_id: Some("vpc-1".into()), ..Default::default() }]));
    let all = Snapshot::questions(&evidence, REGION, &caller);
    assert_eq!(all.len(), 7);
    for question in &all[1..] {
        evidence.note(question.clone(), Answer::Unknown(question.source().to_owned()));
    }
    let snapshot = Snapshot::of(&evidence, REGION, None, caller);
    assert!(snapshot.subnets.found().is_some());
    assert_eq!(snapshot.nat_gateways, Known::Unknown("DescribeNatGateways"));
    assert_eq!(snapshot.dns, Known::Unknown("DescribeVpcAttribute"));
    assert_eq!(Snapshot::questions(&evidence, REGION, &Caller::default()), []);
}

#[test]
fn a_definition_tells_where_the_task_must_get_to() {
    let definition = TaskDefinition::from_json(
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
    let all: Vec<String> =
        needed(&definition, REGION).into_iter().map(|to| format!("{} {} {}:{}", to.service.unwrap_or("-"), to.region, to.host, to.port)).collect();
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
