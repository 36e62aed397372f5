//! Policy documents and what they say, as tables: AWS's own examples, and what people trip over.

use ecs_triage::policy_document::{
    Context, Decision, KeySide, NamedRole, Nearly, Principal, Request, ResourceSide, TaskOrigin, Trust, allowing, decide, endpoint_policy, key_policy,
    resource_policy, trust, with_statement,
};
use ecs_triage::question::facts::VpcEndpoint;
use proptest::prelude::*;
use serde_json::{Value, json};

const ROLE: NamedRole<'_> = NamedRole { partition: "aws", account: "111122223333", path: Some(""), name: "ecsExec", session: None };
const ROLE_WITH_PATH: NamedRole<'_> = NamedRole { path: Some("team/"), ..ROLE };
const ROLE_BY_NAME: NamedRole<'_> = NamedRole { path: None, ..ROLE };
const ROLE_IN_SESSION: NamedRole<'_> = NamedRole { session: Some("0123abcd"), ..ROLE_BY_NAME };
const FOREIGN_ROLE: NamedRole<'_> = NamedRole { account: "999988887777", ..ROLE };
const BY_ROLE: Principal<'_> = Principal::Role(ROLE);
const BY_NAME: Principal<'_> = Principal::Role(ROLE_BY_NAME);
const BY_PATH: Principal<'_> = Principal::Role(ROLE_WITH_PATH);
const BY_SESSION: Principal<'_> = Principal::Role(ROLE_IN_SESSION);
const BY_FOREIGNER: Principal<'_> = Principal::Role(FOREIGN_ROLE);
const BY_ECS: Principal<'_> = Principal::Service("ecs-tasks.amazonaws.com");

const SECRET: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123";
const GET: &str = "secretsmanager:GetSecretValue";
const READ: Request<'_> = Request { principal: BY_ROLE, action: GET, resource: SECRET, context: &[] };

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn document(statements: &str) -> Value {
    json_of(&format!(r#"{{"Version": "2012-10-17", "Statement": {statements}}}"#))
}

fn near(nearly: Option<Nearly>) -> String {
    match nearly {
        None => String::new(),
        Some(Nearly::Orphan { id, .. }) => format!(" but for {id}"),
        Some(Nearly::Condition { unmet, .. }) => {
            let unmet: Vec<String> = unmet.into_iter().map(|unmet| format!("{} wants {:?}, has {:?}", unmet.key, unmet.wants, unmet.has)).collect();
            format!(" but for {}", unmet.join("; "))
        }
    }
}

fn said(decision: Decision) -> String {
    match decision {
        Decision::Allowed(at) => format!("allowed by {at}"),
        Decision::Denied(at) => format!("denied by {at}"),
        Decision::NotAllowed { nearly } => format!("not allowed{}", near(nearly)),
        Decision::Unsure(why) => format!("unsure {why}"),
    }
}

const ALLOWED: &str = "allowed by Statement[0]";
const NOT: &str = "not allowed";

/// Who a statement is about, who asks, and what comes of it.
const PRINCIPALS: &[(&str, Principal<'_>, &str)] = &[
    (r#""Principal": "*""#, BY_ROLE, ALLOWED),
    (r#""Principal": {"AWS": "*"}"#, BY_ROLE, ALLOWED),
    (r#""Principal": {"AWS": ["arn:aws:iam::111122223333:role/other", "*"]}"#, BY_ROLE, ALLOWED),
    (r#""Principal": "*""#, Principal::Anonymous, ALLOWED),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:root"}"#, Principal::Anonymous, NOT),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:root"}"#, BY_ROLE, ALLOWED),
    (r#""Principal": {"AWS": "111122223333"}"#, BY_ROLE, ALLOWED),
    (r#""Principal": {"AWS": "arn:aws:iam::999988887777:root"}"#, BY_ROLE, NOT),
    (r#""Principal": {"AWS": "999988887777"}"#, BY_ROLE, NOT),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/ecsExec"}"#, BY_ROLE, ALLOWED),
    (r#""Principal": {"AWS": ["arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/ecsExec"]}"#, BY_ROLE, ALLOWED),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/ecsExec"}"#, BY_FOREIGNER, NOT),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/ecsExecutor"}"#, BY_ROLE, NOT),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:user/ecsExec"}"#, BY_ROLE, NOT),
    // A role's name is unique in its account: a name without its path is enough, a wrong path is not.
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/team/ecsExec"}"#, BY_NAME, ALLOWED),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/team/ecsExec"}"#, BY_PATH, ALLOWED),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/ecsExec"}"#, BY_PATH, NOT),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/team/ecsExec"}"#, BY_ROLE, NOT),
    // The sessions of ECS are called like their tasks.
    (r#""Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/ecsExec/0123abcd"}"#, BY_SESSION, ALLOWED),
    (r#""Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/ecsExec/ffff0000"}"#, BY_SESSION, NOT),
    (r#""Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/ecsExec/ffff0000"}"#, BY_ROLE, "unsure what the role's session is called"),
    (r#""Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/other/0123abcd"}"#, BY_SESSION, NOT),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/ecs*"}"#, BY_ROLE, "unsure whether its principal counts: AWS takes no wildcards there"),
    // A role that was deleted and made again is another one.
    (r#""Principal": {"AWS": "AROAJQABLZS4A3QDU576Q"}"#, BY_ROLE, "not allowed but for AROAJQABLZS4A3QDU576Q"),
    (r#""Principal": {"AWS": ["AROAJQABLZS4A3QDU576Q", "arn:aws:iam::111122223333:role/ecsExec"]}"#, BY_ROLE, ALLOWED),
    (r#""Principal": {"AWS": "AIDAJQABLZS4A3QDU576Q"}"#, BY_ROLE, NOT),
    (r#""Principal": {"AWS": "AROAJQABLZS4A3QDU576Q"}, "Condition": {"Null": {"aws:PrincipalAccount": "true"}}"#, BY_ROLE, NOT),
    (r#""Principal": {"AWS": "********************"}"#, BY_ROLE, "unsure whom it is about: its principal was masked"),
    // Services, identity providers and canonical users are others.
    (r#""Principal": {"Service": "ecs-tasks.amazonaws.com"}"#, BY_ROLE, NOT),
    (r#""Principal": {"Service": "ecs-tasks.amazonaws.com"}"#, BY_ECS, ALLOWED),
    (r#""Principal": {"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}"#, BY_ECS, ALLOWED),
    (r#""Principal": {"Service": "ecs.amazonaws.com"}"#, BY_ECS, NOT),
    (r#""Principal": {"Service": "ecs-tasks.amazonaws.com.cn"}"#, BY_ECS, "unsure whether ecs-tasks.amazonaws.com.cn stands for ecs-tasks.amazonaws.com"),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:root"}"#, BY_ECS, NOT),
    (r#""Principal": {"Federated": "cognito-identity.amazonaws.com"}"#, BY_ROLE, NOT),
    (
        r#""Principal": {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}"#,
        BY_ROLE,
        "unsure which account its CanonicalUser is",
    ),
    (r#""Principal": {"Service": "ec2.amazonaws.com", "AWS": "111122223333"}"#, BY_ROLE, ALLOWED),
    (r#""NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/other"}"#, BY_ROLE, ALLOWED),
    (r#""NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/ecsExec"}"#, BY_ROLE, "unsure whether its NotPrincipal spares the role's session"),
    (r#""NotPrincipal": {"Service": "ecs-tasks.amazonaws.com"}"#, BY_ECS, NOT),
    (r#""Principal": {}"#, BY_ROLE, NOT),
    (r#""Principal": "arn:aws:iam::111122223333:role/ecsExec""#, BY_ROLE, "unsure whom it is about: its principal cannot be read"),
    (r#""Principal": {"Aws": "*"}"#, BY_ROLE, "unsure whom it is about: Aws is no kind of principal"),
    (r#""Principal": {"AWS": [{}]}"#, BY_ROLE, "unsure whom it is about: its AWS cannot be read"),
    (r#""Sid": "none""#, BY_ROLE, "unsure whom it is about: it names no principal"),
];

/// What a statement is about, the action and the resource asked for, and what comes of it.
const SUBJECTS: &[(&str, &str, &str, &str)] = &[
    (r#""Action": "secretsmanager:GetSecretValue", "Resource": "*""#, GET, SECRET, ALLOWED),
    (r#""Action": "SECRETSMANAGER:getsecretvalue", "Resource": "*""#, GET, SECRET, ALLOWED),
    (r#""Action": "*", "Resource": "*""#, GET, SECRET, ALLOWED),
    (r#""Action": "secretsmanager:*", "Resource": "*""#, GET, SECRET, ALLOWED),
    (r#""Action": "secretsmanager:Get*", "Resource": "*""#, GET, SECRET, ALLOWED),
    (r#""Action": "secretsmanager:GetSecretValu?", "Resource": "*""#, GET, SECRET, ALLOWED),
    (r#""Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], "Resource": "*""#, GET, SECRET, ALLOWED),
    (r#""Action": "secretsmanager:DescribeSecret", "Resource": "*""#, GET, SECRET, NOT),
    (r#""Action": "GetSecretValue", "Resource": "*""#, GET, SECRET, NOT),
    // ECS calls GetParameters, which people write without the s.
    (r#""Action": "ssm:GetParameter", "Resource": "*""#, "ssm:GetParameters", "arn:aws:ssm:us-east-1:111122223333:parameter/a", NOT),
    (r#""Action": "ssm:GetParameter*", "Resource": "*""#, "ssm:GetParameters", "arn:aws:ssm:us-east-1:111122223333:parameter/a", ALLOWED),
    (r#""NotAction": "secretsmanager:DeleteSecret", "Resource": "*""#, GET, SECRET, ALLOWED),
    (r#""NotAction": ["kms:*", "secretsmanager:Get*"], "Resource": "*""#, GET, SECRET, NOT),
    (r#""Action": "secretsmanager:GetSecretValue""#, GET, SECRET, ALLOWED),
    (r#""Action": "*", "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123""#, GET, SECRET, ALLOWED),
    (r#""Action": "*", "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-??????""#, GET, SECRET, ALLOWED),
    (r#""Action": "*", "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/*""#, GET, SECRET, ALLOWED),
    (r#""Action": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:*/db-*""#, GET, SECRET, ALLOWED),
    // Without the six characters, with the JSON key, of an earlier secret, in another case: none is this secret.
    (r#""Action": "*", "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db""#, GET, SECRET, NOT),
    (r#""Action": "*", "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123:password::""#, GET, SECRET, NOT),
    (r#""Action": "*", "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-XyZ789""#, GET, SECRET, NOT),
    (r#""Action": "*", "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:Prod/db-AbC123""#, GET, SECRET, NOT),
    (r#""Action": "*", "Resource": ["arn:aws:s3:::a", "arn:aws:secretsmanager:us-east-1:111122223333:secret:*"]"#, GET, SECRET, ALLOWED),
    (r#""Action": "*", "NotResource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:dev/*""#, GET, SECRET, ALLOWED),
    (r#""Action": "*", "NotResource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/*""#, GET, SECRET, NOT),
    // GetAuthorizationToken is about no resource, and `*` alone fits it.
    (r#""Action": "ecr:*", "Resource": "arn:aws:ecr:us-east-1:111122223333:repository/api""#, "ecr:GetAuthorizationToken", "*", NOT),
    (r#""Action": "ecr:*", "Resource": "*""#, "ecr:GetAuthorizationToken", "*", ALLOWED),
    // Variables.
    (r#""Action": "*", "Resource": "arn:aws:secretsmanager:*:${aws:PrincipalAccount}:secret:*""#, GET, SECRET, ALLOWED),
    (r#""Action": "*", "Resource": "*:secret:${aws:PrincipalTag/team}/*""#, GET, SECRET, "unsure what aws:PrincipalTag/team is"),
    (r#""Action": "*", "Resource": "*:secret:${aws:PrincipalTag/team, 'dev'}/*""#, GET, SECRET, "unsure what aws:PrincipalTag/team is"),
    (r#""Action": "*", "Resource": "arn:aws:s3:::${aws:PrincipalTag/team}/*""#, GET, SECRET, NOT),
    (r#""Action": "*", "Resource": "*:secret:${aws:username}/*""#, GET, SECRET, NOT),
    (r#""Action": "*", "Resource": "*:secret:${aws:username, 'prod'}/*""#, GET, SECRET, ALLOWED),
    (r#""Action": "*", "Resource": "arn:aws:s3:::b/a${*}""#, "s3:GetObject", "arn:aws:s3:::b/a*", ALLOWED),
    (r#""Action": "*", "Resource": "arn:aws:s3:::b/a${*}""#, "s3:GetObject", "arn:aws:s3:::b/abc", NOT),
    (r#""Action": "*", "Resource": "*:secret:pro****-AbC123""#, GET, SECRET, "unsure what was masked"),
    (r#""Action": [7, {}], "Resource": "*""#, GET, SECRET, "unsure what its Action is"),
    (r#""Resource": "*""#, GET, SECRET, "unsure what it is about"),
];

/// A condition, what is known of the request, and what comes of it.
const CONDITIONS: &[(&str, Context<'_>, &str)] = &[
    ("{}", &[], ALLOWED),
    (r#"{"StringEquals": {"aws:SourceVpce": "vpce-1"}}"#, &[("aws:SourceVpce", &["vpce-1"])], ALLOWED),
    (r#"{"StringEquals": {"AWS:sourcevpce": ["vpce-0", "vpce-1"]}}"#, &[("aws:SourceVpce", &["vpce-1"])], ALLOWED),
    (
        r#"{"StringEquals": {"aws:SourceVpce": "vpce-0"}}"#,
        &[("aws:SourceVpce", &["vpce-1"])],
        r#"not allowed but for aws:SourceVpce wants ["vpce-0"], has ["vpce-1"]"#,
    ),
    (r#"{"StringEquals": {"aws:SourceVpce": "vpce-1"}}"#, &[], "unsure what aws:SourceVpce is, on which Statement[0] hangs"),
    (r#"{"StringEquals": {"aws:SourceVpce": "vpce-1"}}"#, &[("aws:SourceVpce", &[])], r#"not allowed but for aws:SourceVpce wants ["vpce-1"], has []"#),
    (r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}"#, &[("aws:SourceVpce", &[])], ALLOWED),
    (r#"{"StringNotEquals": {"a:b": ["x", "y"]}}"#, &[("a:b", &["z"])], ALLOWED),
    (r#"{"StringNotEquals": {"a:b": ["x", "y"]}}"#, &[("a:b", &["y"])], r#"not allowed but for a:b wants ["x", "y"], has ["y"]"#),
    (r#"{"StringEquals": {"a:b": "X"}}"#, &[("a:b", &["x"])], r#"not allowed but for a:b wants ["X"], has ["x"]"#),
    (r#"{"StringEqualsIgnoreCase": {"a:b": "X"}}"#, &[("a:b", &["x"])], ALLOWED),
    (r#"{"StringNotEqualsIgnoreCase": {"a:b": "X"}}"#, &[("a:b", &["x"])], r#"not allowed but for a:b wants ["X"], has ["x"]"#),
    // In StringEquals a star is a star.
    (r#"{"StringEquals": {"a:b": "x*"}}"#, &[("a:b", &["xyz"])], r#"not allowed but for a:b wants ["x*"], has ["xyz"]"#),
    (r#"{"StringLike": {"a:b": "x*"}}"#, &[("a:b", &["xyz"])], ALLOWED),
    (r#"{"StringNotLike": {"a:b": "x*"}}"#, &[("a:b", &["xyz"])], r#"not allowed but for a:b wants ["x*"], has ["xyz"]"#),
    (r#"{"StringEquals": {"a:b": "${aws:PrincipalAccount}"}}"#, &[("a:b", &["111122223333"])], ALLOWED),
    (r#"{"StringEquals": {"a:b": "${a:c}"}}"#, &[("a:b", &["x"])], "unsure what a:c is"),
    (r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ecs*"}}"#, &[], ALLOWED),
    (r#"{"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/ecsExec"}}"#, &[], ALLOWED),
    (r#"{"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/other"}}"#, &[], ALLOWED),
    // Each part of an ARN is compared by itself.
    (
        r#"{"ArnLike": {"a:b": "arn:aws:*:1:x:y"}}"#,
        &[("a:b", &["arn:aws:s3:::1:x:y"])],
        r#"not allowed but for a:b wants ["arn:aws:*:1:x:y"], has ["arn:aws:s3:::1:x:y"]"#,
    ),
    (r#"{"ArnLike": {"a:b": "arn:aws:*"}}"#, &[("a:b", &["arn:aws:s3:::x"])], "unsure whether AWS takes a pattern of less than six parts for an ARN"),
    (r#"{"ArnLike": {"a:b": "arn:aws:s3:::*"}}"#, &[("a:b", &["x"])], r#"not allowed but for a:b wants ["arn:aws:s3:::*"], has ["x"]"#),
    (r#"{"Bool": {"aws:SecureTransport": true}}"#, &[], ALLOWED),
    (r#"{"Bool": {"aws:SecureTransport": "false"}}"#, &[], r#"not allowed but for aws:SecureTransport wants ["false"], has ["true"]"#),
    (r#"{"Null": {"aws:SourceVpce": "true"}}"#, &[("aws:SourceVpce", &[])], ALLOWED),
    (r#"{"Null": {"aws:SourceVpce": "false"}}"#, &[("aws:SourceVpce", &["vpce-1"])], ALLOWED),
    (r#"{"Null": {"aws:SourceVpce": true}}"#, &[("aws:SourceVpce", &["vpce-1"])], r#"not allowed but for aws:SourceVpce wants ["true"], has ["vpce-1"]"#),
    (r#"{"Null": {"aws:SourceVpce": "true"}}"#, &[], "unsure what aws:SourceVpce is"),
    (r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#, &[("aws:SourceIp", &["203.0.113.7"])], ALLOWED),
    (r#"{"IpAddress": {"aws:SourceIp": ["2001:db8::/32", "203.0.113.7"]}}"#, &[("aws:SourceIp", &["203.0.113.7"])], ALLOWED),
    (
        r#"{"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}"#,
        &[("aws:SourceIp", &["203.0.113.7"])],
        r#"not allowed but for aws:SourceIp wants ["0.0.0.0/0"], has ["203.0.113.7"]"#,
    ),
    (r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#, &[], "unsure what aws:SourceIp is"),
    (r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/99"}}"#, &[("aws:SourceIp", &["203.0.113.7"])], "unsure whether 203.0.113.7 lies in 203.0.113.0/99"),
    (r#"{"NumericLessThan": {"a:b": "7"}}"#, &[("a:b", &["6"])], "unsure whether a:b meets its NumericLessThan"),
    (r#"{"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}"#, &[], "unsure whether aws:CurrentTime meets its DateGreaterThan"),
    (r#"{"Like": {"a:b": "x"}}"#, &[("a:b", &["x"])], "unsure whether a:b meets its Like"),
    (r#"{"StringEqualsIfExists": {"a:b": "x"}}"#, &[("a:b", &[])], ALLOWED),
    (r#"{"StringEqualsIfExists": {"a:b": "x"}}"#, &[("a:b", &["y"])], r#"not allowed but for a:b wants ["x"], has ["y"]"#),
    (r#"{"StringEqualsIfExists": {"a:b": "x"}}"#, &[], "unsure what a:b is"),
    (r#"{"ForAnyValue:StringEquals": {"a:b": ["x", "y"]}}"#, &[("a:b", &["z", "y"])], ALLOWED),
    (r#"{"ForAllValues:StringEquals": {"a:b": ["x", "y"]}}"#, &[("a:b", &["z", "y"])], r#"not allowed but for a:b wants ["x", "y"], has ["z", "y"]"#),
    (r#"{"ForAllValues:StringLike": {"a:b": ["x*", "y"]}}"#, &[("a:b", &["xx", "y"])], ALLOWED),
    // Nothing at all is all that is asked for.
    (r#"{"ForAllValues:StringEquals": {"a:b": "x"}}"#, &[("a:b", &[])], ALLOWED),
    (r#"{"ForAnyValue:StringEquals": {"a:b": "x"}}"#, &[("a:b", &[])], r#"not allowed but for a:b wants ["x"], has []"#),
    (r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/*"}}"#, &[], "unsure what aws:PrincipalOrgPaths is"),
    // Keys AND, so one that fails decides whatever the other is.
    (r#"{"StringEquals": {"a:b": "x", "a:c": "y"}}"#, &[("a:b", &["z"])], r#"not allowed but for a:b wants ["x"], has ["z"]"#),
    (r#"{"StringEquals": {"a:b": "x"}, "StringLike": {"a:c": "y*"}}"#, &[("a:b", &["x"]), ("a:c", &["yy"])], ALLOWED),
    (r#"{"StringEquals": {"aws:PrincipalAccount": "111122223333", "aws:ResourceAccount": "111122223333", "aws:RequestedRegion": "us-east-1"}}"#, &[], ALLOWED),
    // A role that calls for itself has no source: what is meant for services shuts it out.
    (
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:111122223333:*"}}"#,
        &[],
        r#"not allowed but for aws:SourceArn wants ["arn:aws:ecs:us-east-1:111122223333:*"], has []"#,
    ),
    (r#"{"Bool": {"aws:PrincipalIsAWSService": "false"}}"#, &[], ALLOWED),
    ("[]", &[], "unsure what its condition is"),
    (r#"{"StringEquals": "x"}"#, &[], "unsure what its StringEquals asks"),
    (r#"{"StringEquals": {"a:b": {}}}"#, &[], "unsure what its StringEquals wants of a:b"),
];

/// Whole documents, what is asked, and what comes of it.
const DOCUMENTS: &[(&str, Request<'_>, &str)] = &[
    (r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}}"#, READ, ALLOWED),
    (r#"{"Statement": []}"#, READ, NOT),
    // Deny wins, in any order, and only where it applies.
    (
        r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}, {"Sid": "Shut", "Effect": "Deny", "Principal": "*", "Action": "*"}]}"#,
        READ,
        "denied by Statement[1] (Shut)",
    ),
    (
        r#"{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:Delete*"}, {"Effect": "Allow", "Principal": "*", "Action": "*"}]}"#,
        READ,
        "allowed by Statement[1]",
    ),
    // What is not known counts only where it makes a difference.
    (
        r#"{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}},
                          {"Effect": "Allow", "Principal": "*", "Action": "*"}]}"#,
        READ,
        "unsure what aws:SourceVpce is, on which Statement[0] hangs",
    ),
    (
        r#"{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}},
                          {"Effect": "Deny", "Principal": "*", "Action": "*"}]}"#,
        READ,
        "denied by Statement[1]",
    ),
    (
        r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
                          {"Effect": "Allow", "Principal": "*", "Action": "*"}]}"#,
        READ,
        "allowed by Statement[1]",
    ),
    (
        r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}]}"#,
        READ,
        "unsure what aws:PrincipalOrgID is, on which Statement[0] hangs",
    ),
    (
        r#"{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": {"StringNotEquals": {"aws:sourceVpce": "vpce-0a1b"}}}]}"#,
        Request { context: &[("aws:SourceVpce", &["vpce-9"])], ..READ },
        "denied by Statement[0]",
    ),
    // The documentation's way to let in only encrypted calls.
    (
        r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"},
                          {"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}"#,
        READ,
        ALLOWED,
    ),
    // Before version 2012 there are no variables.
    (r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*${aws:PrincipalAccount}*"}]}"#, READ, NOT),
    (r#"{"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*${aws:PrincipalAccount}*"}]}"#, READ, NOT),
    (r#""{\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"*\"}]}""#, READ, ALLOWED),
    ("{}", READ, "unsure what the policy says"),
    ("null", READ, "unsure what the policy says"),
    (r#""not a document""#, READ, "unsure what the policy says"),
    (r#"{"Statement": 7}"#, READ, "unsure what the policy says"),
    (r#"{"Statement": ["x"]}"#, READ, "unsure whether Statement[0] allows or denies"),
    (r#"{"Statement": [{"Effect": "allow", "Principal": "*", "Action": "*"}]}"#, READ, "unsure whether Statement[0] allows or denies"),
    (r#"{"Statement": [{"Effect": "?", "Principal": "*", "Action": "s3:*"}]}"#, READ, NOT),
];

/// `expected` is all of it, or for what is unsure how it begins.
fn check(about: &str, decision: Decision, expected: &str) {
    let said = said(decision);
    assert!(said == expected || (expected.starts_with("unsure") && said.starts_with(expected)), "{about}\n  {said}\n  {expected}");
}

#[test]
fn statements_are_about_whom_they_name() {
    for (element, principal, expected) in PRINCIPALS {
        let document = document(&format!(r#"[{{"Effect": "Allow", {element}, "Action": "*"}}]"#));
        check(element, decide(&document, &Request { principal: *principal, ..READ }), expected);
    }
}

#[test]
fn statements_are_about_what_they_list() {
    for (elements, action, resource, expected) in SUBJECTS {
        let document = document(&format!(r#"[{{"Effect": "Allow", "Principal": "*", {elements}}}]"#));
        check(elements, decide(&document, &Request { action, resource, ..READ }), expected);
    }
}

#[test]
fn statements_hang_on_their_conditions() {
    for (condition, context, expected) in CONDITIONS {
        let document = document(&format!(r#"[{{"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {condition}}}]"#));
        check(condition, decide(&document, &Request { context, ..READ }), expected);
    }
}

#[test]
fn documents_are_the_sum_of_their_statements() {
    for (document, request, expected) in DOCUMENTS {
        check(document, decide(&json_of(document), request), expected);
    }
}

const ORIGIN: TaskOrigin<'_> = TaskOrigin { partition: "aws", region: Some("us-east-1"), account: Some("111122223333") };

fn trust_said(trust: Trust) -> (String, Option<Value>) {
    match trust {
        Trust::Trusted(at) => (format!("trusted by {at}"), None),
        Trust::Denied(at) => (format!("denied by {at}"), None),
        Trust::Untrusted { trusts, mended } => (format!("trusts {}", trusts.join(", ")), Some(mended)),
        Trust::Excluded { unmet, mended, .. } => (unmet.into_iter().fold("EXCLUDED".to_owned(), |said, unmet| said + " " + &unmet.key), Some(mended)),
        Trust::Unsure(why) => (format!("unsure {why}"), None),
    }
}

/// Statements of a trust policy, and what they say to ECS.
const TRUSTS: &[(&str, &str)] = &[
    (r#"[{"Sid": "", "Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]"#, "trusted by Statement[0]"),
    (
        r#"[{"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}, "Action": ["sts:AssumeRole"]}]"#,
        "trusted by Statement[0]",
    ),
    (r#"{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:*"}"#, "trusted by Statement[0]"),
    // The wrong service, mostly.
    (r#"[{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]"#, "trusts ec2.amazonaws.com"),
    (r#"[{"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}]"#, "trusts ecs.amazonaws.com"),
    (
        r#"[{"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "ecs.amazonaws.com"]}, "Action": "sts:AssumeRole"},
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}]"#,
        "trusts lambda.amazonaws.com, ecs.amazonaws.com, arn:aws:iam::111122223333:root",
    ),
    (r#"[{"Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity"}]"#, "trusts accounts.google.com"),
    (r#"[{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:TagSession"}]"#, "trusts "),
    ("[]", "trusts "),
    (
        r#"[{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"},
            {"Sid": "Guard", "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"StringNotEquals": {"aws:SourceAccount": "999988887777"}}}]"#,
        "denied by Statement[1] (Guard)",
    ),
    (r#""x""#, "unsure what the policy says: it has no statements that can be read"),
];

const TRUSTED: &str = "trusted by Statement[0]";

/// Conditions under which ECS is let in, and what they say to it; `EXCLUDED` is followed by the keys that are not met.
const TRUST_CONDITIONS: &[(&str, &str)] = &[
    // Those of the documentation.
    (r#"{"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:111122223333:*"}, "StringEquals": {"aws:SourceAccount": "111122223333"}}"#, TRUSTED),
    (r#"{"StringLike": {"aws:SourceArn": "arn:aws:ecs:*:111122223333:*"}}"#, TRUSTED),
    (r#"{"StringEquals": {"aws:SourceAccount": ["999988887777", "111122223333"]}}"#, TRUSTED),
    // A cluster, a service, another Region, another account; a star that is none.
    (r#"{"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:111122223333:cluster/prod"}}"#, "EXCLUDED aws:SourceArn"),
    (r#"{"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:111122223333:service/prod/*"}}"#, "EXCLUDED aws:SourceArn"),
    (r#"{"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:111122223333:task/prod/*"}}"#, "EXCLUDED aws:SourceArn"),
    (r#"{"ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-1:111122223333:*"}}"#, "EXCLUDED aws:SourceArn"),
    (r#"{"StringEquals": {"aws:SourceArn": "arn:aws:ecs:us-east-1:111122223333:*"}}"#, "EXCLUDED aws:SourceArn"),
    (
        r#"{"StringEquals": {"aws:SourceAccount": "999988887777"}, "ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:999988887777:*"}}"#,
        "EXCLUDED aws:SourceAccount aws:SourceArn",
    ),
    (r#"{"ArnLike": {"aws:SourceArn": "arn:aws:ecs:*:111122223333:task/*"}}"#, "unsure whether the aws:SourceArn that ECS sends is that of a task"),
    // What is left in from a role for people.
    (r#"{"StringEquals": {"sts:ExternalId": "x"}}"#, "EXCLUDED sts:ExternalId"),
    (r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#, "EXCLUDED aws:MultiFactorAuthPresent"),
    (r#"{"StringEquals": {"aws:SourceOrgID": "o-1"}}"#, "unsure what aws:SourceOrgID is, on which Statement[0] hangs"),
];

#[test]
fn trust_policies_let_ecs_in_or_tell_why_not() {
    let conditional = TRUST_CONDITIONS.iter().map(|(condition, expected)| {
        let statement = r#"{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition":"#;
        (format!("[{statement}{condition}}}]"), *expected)
    });
    for (statements, expected) in TRUSTS.iter().map(|(statements, expected)| ((*statements).to_owned(), *expected)).chain(conditional) {
        let (said, mended) = trust_said(trust(&document(&statements), &ORIGIN));
        assert_eq!(said, expected, "{statements}");
        // What is to be pasted works.
        if let Some(mended) = mended {
            let again = trust(&mended, &ORIGIN);
            assert!(matches!(again, Trust::Trusted(_)), "{statements}\n  {mended}\n  {again:?}");
        }
    }
}

#[test]
fn a_mended_trust_policy_keeps_what_was_right() {
    let statement =
        |condition: Value| json!({"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": condition});
    let mended = |condition: Value| {
        let document = json!({"Version": "2012-10-17", "Statement": statement(condition)});
        trust_said(trust(&document, &ORIGIN)).1.expect("it is mended")["Statement"]["Condition"].clone()
    };
    let here = "arn:aws:ecs:us-east-1:111122223333:*";
    let there = "arn:aws:ecs:eu-west-1:111122223333:*";
    // Another Region stays, a cluster does not.
    assert_eq!(mended(json!({"ArnLike": {"aws:SourceArn": there}})), json!({"ArnLike": {"aws:SourceArn": [there, here]}}));
    assert_eq!(mended(json!({"ArnEquals": {"aws:sourceArn": "arn:aws:ecs:us-east-1:111122223333:cluster/a"}})), json!({"ArnLike": {"aws:SourceArn": here}}));
    assert_eq!(
        mended(json!({"StringEquals": {"aws:SourceAccount": "111122223333", "aws:SourceArn": here}})),
        json!({"StringEquals": {"aws:SourceAccount": "111122223333"}, "ArnLike": {"aws:SourceArn": here}})
    );
    assert_eq!(mended(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})), Value::Null);

    let of_ec2 = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}});
    let (_, both) = trust_said(trust(&of_ec2, &ORIGIN));
    let expected =
        json!({"Version": "2012-10-17", "Statement": [of_ec2["Statement"], statement(json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}))]});
    assert_eq!(both, Some(expected));
}

#[test]
fn trust_is_unsure_where_the_task_is_not_known() {
    let nowhere = TaskOrigin { partition: "aws", region: None, account: None };
    let conditional = document(
        r#"[{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}]"#,
    );
    assert_eq!(trust(&conditional, &nowhere), Trust::Unsure("what aws:SourceAccount is, on which Statement[0] hangs".to_owned()));
    assert!(matches!(trust(&document("[]"), &nowhere), Trust::Untrusted { mended, .. } if mended["Statement"][0].get("Condition").is_none()));
}

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const VIA: &str = "secretsmanager.us-east-1.amazonaws.com";
/// What the console makes.
const TO_ACCOUNT: &str =
    r#"{"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}"#;
/// What AWS makes for aws/secretsmanager.
const MANAGED: &str = r#"{"Sid": "Managed", "Effect": "Allow", "Principal": {"AWS": "*"},
    "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:CreateGrant", "kms:DescribeKey"], "Resource": "*",
    "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}}"#;

fn key_said(side: KeySide) -> String {
    match side {
        KeySide::Direct(at) => format!("direct by {at}"),
        KeySide::Delegated(at) => format!("delegated by {at}"),
        KeySide::Refused { nearly, add } => format!("refused{}, add {}", near(nearly), add["Principal"]["AWS"].as_str().unwrap_or_default()),
        KeySide::Denied(at) => format!("denied by {at}"),
        KeySide::Unsure(why) => format!("unsure {why}"),
    }
}

#[test]
fn key_policies_let_a_role_or_leave_it_to_iam() {
    let to_role = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ecsExec"}, "Action": "kms:Decrypt", "Resource": "*"}"#;
    let to_admin = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": "kms:*", "Resource": "*"}"#;
    let via_ssm = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ecsExec"}, "Action": "kms:Decrypt", "Resource": "*",
        "Condition": {"StringEquals": {"kms:ViaService": "ssm.us-east-1.amazonaws.com"}}}"#;
    let of_secret = r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*",
        "Condition": {"StringLike": {"kms:EncryptionContext:SecretARN": "arn:aws:secretsmanager:*:*:secret:prod/*"}}}"#;
    let to_foreign_account = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Action": ["kms:Decrypt"], "Resource": "*"}"#;
    let orphan = r#"{"Effect": "Allow", "Principal": {"AWS": "AROAJQABLZS4A3QDU576Q"}, "Action": "kms:Decrypt", "Resource": "*"}"#;
    let deny = r#"{"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}"#;
    let own = "refused, add arn:aws:iam::111122223333:role/ecsExec";
    let rows = [
        (vec![TO_ACCOUNT], ROLE, "delegated by Statement[0] (Enable IAM User Permissions)".to_owned()),
        (vec![TO_ACCOUNT, to_role], ROLE, "direct by Statement[1]".to_owned()),
        (vec![to_role], ROLE_BY_NAME, "direct by Statement[0]".to_owned()),
        (vec![to_admin], ROLE, own.to_owned()),
        (vec![to_admin, orphan], ROLE, "refused but for AROAJQABLZS4A3QDU576Q, add arn:aws:iam::111122223333:role/ecsExec".to_owned()),
        (vec![MANAGED], ROLE, "direct by Statement[0] (Managed)".to_owned()),
        (
            vec![MANAGED],
            FOREIGN_ROLE,
            r#"refused but for kms:CallerAccount wants ["111122223333"], has ["999988887777"], add arn:aws:iam::999988887777:role/ecsExec"#.to_owned(),
        ),
        (
            vec![via_ssm],
            ROLE,
            format!(r#"refused but for kms:ViaService wants ["ssm.us-east-1.amazonaws.com"], has ["{VIA}"], add arn:aws:iam::111122223333:role/ecsExec"#),
        ),
        (vec![of_secret], ROLE, "unsure what kms:EncryptionContext:SecretARN is, on which Statement[0] hangs".to_owned()),
        (vec![TO_ACCOUNT, of_secret], ROLE, "delegated by Statement[0] (Enable IAM User Permissions)".to_owned()),
        // From another account it always takes both sides.
        (vec![TO_ACCOUNT], FOREIGN_ROLE, "refused, add arn:aws:iam::999988887777:role/ecsExec".to_owned()),
        (vec![TO_ACCOUNT, to_foreign_account], FOREIGN_ROLE, "delegated by Statement[1]".to_owned()),
        (vec![TO_ACCOUNT, to_role, deny], ROLE, "denied by Statement[2] (No)".to_owned()),
    ];
    for (statements, role, expected) in rows {
        let document = document(&format!("[{}]", statements.join(",")));
        let side = key_policy(&document, &role, KEY, VIA, &[]);
        if let KeySide::Refused { add, .. } = &side {
            let mended = key_policy(&with_statement(Some(&document), add), &role, KEY, VIA, &[]);
            assert!(matches!(mended, KeySide::Direct(_) | KeySide::Delegated(_)), "{document}\n  {add}\n  {mended:?}");
        }
        assert_eq!(key_said(side), expected, "{document}");
    }
    let known = key_policy(&document(&format!("[{of_secret}]")), &ROLE, KEY, VIA, &[("kms:EncryptionContext:SecretARN", &[SECRET])]);
    assert_eq!(key_said(known), "delegated by Statement[0]");
}

fn resource_said(side: ResourceSide) -> String {
    match side {
        ResourceSide::NotNeeded => "not needed".to_owned(),
        ResourceSide::Grants(at) => format!("granted by {at}"),
        ResourceSide::Missing { nearly, .. } => format!("missing{}", near(nearly)),
        ResourceSide::Denied(at) => format!("denied by {at}"),
        ResourceSide::Unsure(why) => format!("unsure {why}"),
    }
}

#[test]
fn resource_policies_count_across_accounts_or_when_they_deny() {
    let own =
        r#"[{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ecsExec"}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]"#;
    let other = r#"[{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/other"}, "Action": "secretsmanager:*", "Resource": "*"}]"#;
    let account = r#"[{"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]"#;
    let own_account = r#"[{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]"#;
    let org = r#"[{"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}]"#;
    let only_admin = r#"[{"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*",
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/admin"}}}]"#;
    let only_inside =
        r#"[{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}]"#;
    let with_path = r#"[{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:role/team/ecsExec"}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]"#;
    let rows = [
        (None, BY_ROLE, "not needed"),
        (Some(other), BY_ROLE, "not needed"),
        (Some(own_account), BY_ROLE, "not needed"),
        (Some(own), BY_ROLE, "granted by Statement[0]"),
        (Some(org), BY_ROLE, "not needed"),
        (Some(only_admin), BY_ROLE, "denied by Statement[0]"),
        (Some(only_admin), BY_NAME, "unsure what aws:PrincipalArn is, on which Statement[0] hangs"),
        (Some(only_inside), BY_ROLE, "unsure what aws:SourceVpce is, on which Statement[0] hangs"),
        (None, BY_FOREIGNER, "missing"),
        (Some(own), BY_FOREIGNER, "missing"),
        (Some(account), BY_FOREIGNER, "granted by Statement[0]"),
        (Some(org), BY_FOREIGNER, "unsure what aws:PrincipalOrgID is, on which Statement[0] hangs"),
        (Some(only_admin), BY_FOREIGNER, "denied by Statement[0]"),
        (Some(with_path), BY_FOREIGNER, "missing"),
        (Some("7"), BY_ROLE, "unsure what the policy says: it has no statements that can be read"),
    ];
    for (statements, principal, expected) in rows {
        let document = statements.map(document);
        let request = Request { principal, ..READ };
        let side = resource_policy(document.as_ref(), &request, "111122223333");
        if let ResourceSide::Missing { add, .. } = &side {
            let mended = resource_policy(Some(&with_statement(document.as_ref(), add)), &request, "111122223333");
            assert!(matches!(mended, ResourceSide::Grants(_)), "{statements:?}\n  {add}\n  {mended:?}");
        }
        assert_eq!(resource_said(side), expected, "{statements:?} {principal:?}");
    }
}

#[test]
fn a_mount_without_iam_needs_a_policy_for_everybody() {
    let mount = Request {
        principal: Principal::Anonymous,
        action: "elasticfilesystem:ClientMount",
        resource: "arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/fs-1",
        context: &[("elasticfilesystem:AccessedViaMountTarget", &["true"]), ("aws:SecureTransport", &["false"])],
    };
    // The console's "Prevent anonymous access" and "Enforce in-transit encryption".
    let everybody = r#"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:ClientMount", "Condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}}"#;
    let encrypted = r#"{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#;
    let role = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ecsExec"}, "Action": "elasticfilesystem:ClientMount"}"#;
    let rows = [
        (None, "not needed"),
        (Some(everybody.to_owned()), "granted by Statement[0]"),
        (Some(role.to_owned()), "missing"),
        (Some(format!("{everybody},{encrypted}")), "denied by Statement[1]"),
    ];
    for (statements, expected) in rows {
        let document = statements.as_ref().map(|statements| document(&format!("[{statements}]")));
        assert_eq!(resource_said(resource_policy(document.as_ref(), &mount, "111122223333")), expected, "{statements:?}");
    }
}

#[test]
fn endpoints_let_all_pass_unless_their_policy_says_otherwise() {
    let rows = [
        (None, "Interface", "allowed by Statement[0]"),
        (Some(r#"{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}"#), "Interface", "allowed by Statement[0]"),
        (Some(r#"{"Statement": [{"Action": "s3:*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}"#), "Interface", "not allowed"),
        (
            Some(
                r#"{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:dev/*"}]}"#,
            ),
            "Interface",
            "not allowed",
        ),
        (
            Some(
                r#"{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "999988887777"}}}]}"#,
            ),
            "Interface",
            r#"not allowed but for aws:PrincipalAccount wants ["999988887777"], has ["111122223333"]"#,
        ),
        (
            Some(
                r#"{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}, {"Action": "*:Delete*", "Effect": "Deny", "Principal": "*", "Resource": "*"}]}"#,
            ),
            "Interface",
            "allowed by Statement[0]",
        ),
        (
            Some(
                r#"{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}, {"Action": "*", "Effect": "Deny", "Principal": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:ResourceAccount": "999988887777"}}}]}"#,
            ),
            "Interface",
            "denied by Statement[1]",
        ),
        (
            Some(
                r#"{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}]}"#,
            ),
            "Interface",
            "allowed by Statement[0]",
        ),
        (
            Some(r#"{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Resource": "*"}]}"#),
            "Interface",
            "allowed by Statement[0]",
        ),
        (
            Some(r#"{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Resource": "*"}]}"#),
            "Gateway",
            "unsure whether a gateway endpoint heeds the principal of Statement[0]",
        ),
        (Some("{"), "Interface", "unsure what the policy says"),
    ];
    for (policy, kind, expected) in rows {
        let endpoint = VpcEndpoint {
            vpc_endpoint_id: Some("vpce-1".to_owned()),
            vpc_endpoint_type: Some(kind.to_owned()),
            policy_document: policy.map(str::to_owned),
            ..VpcEndpoint::default()
        };
        check(policy.unwrap_or("none"), endpoint_policy(&endpoint, &READ), expected);
    }
}

#[test]
fn statements_to_add_are_as_their_service_takes_them() {
    let keys = |action, resource| allowing(&BY_ROLE, action, resource).as_object().expect("it is an object").keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys("ecr:BatchGetImage", "arn:aws:ecr:us-east-1:111122223333:repository/api"), "Effect Principal Action");
    assert_eq!(allowing(&BY_ROLE, GET, SECRET)["Resource"], "*");
    assert_eq!(allowing(&Principal::Anonymous, "elasticfilesystem:ClientMount", "arn:x")["Resource"], "arn:x");
    assert_eq!(allowing(&BY_PATH, GET, SECRET)["Principal"]["AWS"], "arn:aws:iam::111122223333:role/team/ecsExec");
}

#[test]
fn roles_are_read_from_both_kinds_of_arn() {
    assert_eq!(NamedRole::parse("arn:aws:iam::111122223333:role/ecsExec"), Some(ROLE));
    assert_eq!(NamedRole::parse("arn:aws:iam::111122223333:role/team/ecsExec"), Some(ROLE_WITH_PATH));
    assert_eq!(NamedRole::parse("arn:aws:sts::111122223333:assumed-role/ecsExec/0123abcd"), Some(ROLE_IN_SESSION));
    assert_eq!(NamedRole::parse("arn:aws:iam::111122223333:user/a"), None);
    assert_eq!(NamedRole::parse("ecsExec"), None);
}

/// What a pattern stands for, as one would write it down first.
fn fits(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (['*', rest @ ..], _) => fits(rest, text) || matches!(text, [_, after @ ..] if fits(pattern, after)),
        (['?', rest @ ..], [_, after @ ..]) => fits(rest, after),
        ([wanted, rest @ ..], [letter, after @ ..]) => wanted == letter && fits(rest, after),
        _ => false,
    }
}

/// JSON of any kind, with the words of policies where they belong and where they do not.
fn any_json() -> impl Strategy<Value = Value> {
    const WORDS: &[&str] = &[
        "*",
        "Allow",
        "Deny",
        "s3:*",
        "arn:aws:iam::111122223333:root",
        "${aws:PrincipalArn}",
        "${",
        "${a, 'b'}",
        "AROAX",
        "",
        "true",
        "::::::",
        "2012-10-17",
        "\u{e9}*?",
    ];
    const NAMES: &[&str] = &[
        "Version",
        "Statement",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "AWS",
        "Service",
        "StringLike",
        "ForAnyValue:ArnLike",
        "Null",
        "IpAddress",
        "aws:SourceIp",
        "aws:PrincipalArn",
        "Sid",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 96, 6, |inner| {
        let object = prop::collection::vec((prop::sample::select(NAMES), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::from),
            object.prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        ]
    })
}

proptest! {
    #[test]
    fn wildcards_stand_for_what_they_should(pattern in "[ab*?\u{e9}]{0,8}", text in "[ab\u{e9}]{0,10}") {
        let document = json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": pattern}});
        let (letters, wanted): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
        let allowed = matches!(decide(&document, &Request { resource: &text, ..READ }), Decision::Allowed(_));
        prop_assume!(!pattern.contains("****"));
        prop_assert_eq!(allowed, fits(&wanted, &letters));
    }

    #[test]
    fn any_document_is_judged(document in any_json(), statement in any_json()) {
        for document in [document, json!({"Version": "2012-10-17", "Statement": [statement.clone()]}), json!({"Statement": statement})] {
            let ip: Context<'_> = &[("aws:SourceIp", &["203.0.113.7"])];
            let decision = decide(&document, &Request { context: ip, ..READ });
            prop_assert_eq!(decision, decide(&json!(document.to_string()), &Request { context: ip, ..READ }));
            let _ = (trust(&document, &ORIGIN), key_policy(&document, &ROLE_BY_NAME, KEY, VIA, &[]));
            let _ = (resource_policy(Some(&document), &READ, "1"), with_statement(Some(&document), &json!({})));
        }
    }

    /// A deny more never lets more in, an allow more never less.
    #[test]
    fn denies_take_and_allows_give(statements in prop::collection::vec(any_json(), 0..4)) {
        let with = |effect: &str| {
            let more = json!({"Effect": effect, "Principal": "*", "Action": "*"});
            decide(&with_statement(Some(&json!({"Statement": statements.clone()})), &more), &READ)
        };
        prop_assert!(matches!(with("Deny"), Decision::Denied(_)));
        let refused = matches!(with("Allow"), Decision::NotAllowed { .. });
        prop_assert!(!refused);
    }
}

#[test]
fn a_pattern_of_stars_is_no_trap() {
    let (pattern, text) = ("*a".repeat(2_000), "a".repeat(20_000) + "b");
    let document = json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": pattern}});
    assert_eq!(said(decide(&document, &Request { resource: &text, ..READ })), NOT);
}
