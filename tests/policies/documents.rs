//! One document, one request.

use ecs_triage::policy_document::{Context, NamedRole, Principal, Request, decide};

use crate::*;

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
    (
        r#""Principal": {"AWS": ["arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/ecsExec"]}"#,
        BY_ROLE,
        ALLOWED,
    ),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/ecsExec"}"#, BY_FOREIGNER, NOT),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/ecsExecutor"}"#, BY_ROLE, NOT),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:user/ecsExec"}"#, BY_ROLE, NOT),
    // A role's name is unique in its account: a name without its path is enough, a wrong path is not.
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/team/ecsExec"}"#, BY_NAME, ALLOWED),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/team/ecsExec"}"#, BY_PATH, ALLOWED),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/ecsExec"}"#, BY_PATH, NOT),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/team/ecsExec"}"#, BY_ROLE, NOT),
    // The sessions of ECS are called like their tasks.
    (
        r#""Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/ecsExec/0123abcd"}"#,
        BY_SESSION,
        ALLOWED,
    ),
    (r#""Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/ecsExec/ffff0000"}"#, BY_SESSION, NOT),
    (
        r#""Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/ecsExec/ffff0000"}"#,
        BY_ROLE,
        "unsure what the role's session is called",
    ),
    (r#""Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/other/0123abcd"}"#, BY_SESSION, NOT),
    (
        r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/ecs*"}"#,
        BY_ROLE,
        "unsure whether its principal counts: AWS takes no wildcards there",
    ),
    // A role that was deleted and made again is another one.
    (
        r#""Principal": {"AWS": "AROAJQABLZS4A3QDU576Q"}"#,
        BY_ROLE,
        "not allowed but for AROAJQABLZS4A3QDU576Q",
    ),
    (
        r#""Principal": {"AWS": ["AROAJQABLZS4A3QDU576Q", "arn:aws:iam::111122223333:role/ecsExec"]}"#,
        BY_ROLE,
        ALLOWED,
    ),
    (r#""Principal": {"AWS": "AIDAJQABLZS4A3QDU576Q"}"#, BY_ROLE, NOT),
    (
        r#""Principal": {"AWS": "AROAJQABLZS4A3QDU576Q"}, "Condition": {"Null": {"aws:PrincipalAccount": "true"}}"#,
        BY_ROLE,
        NOT,
    ),
    (
        r#""Principal": {"AWS": "%%%%%%%%%%%%%%%%%%%%"}"#,
        BY_ROLE,
        "unsure whom it is about: its principal was masked",
    ),
    // Services, identity providers and canonical users are others.
    (r#""Principal": {"Service": "ecs-tasks.amazonaws.com"}"#, BY_ROLE, NOT),
    (r#""Principal": {"Service": "ecs-tasks.amazonaws.com"}"#, BY_ECS, ALLOWED),
    (r#""Principal": {"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}"#, BY_ECS, ALLOWED),
    (r#""Principal": {"Service": "ecs.amazonaws.com"}"#, BY_ECS, NOT),
    (
        r#""Principal": {"Service": "ecs-tasks.amazonaws.com.cn"}"#,
        BY_ECS,
        "unsure whether ecs-tasks.amazonaws.com.cn means ecs-tasks.amazonaws.com",
    ),
    (r#""Principal": {"AWS": "arn:aws:iam::111122223333:root"}"#, BY_ECS, NOT),
    (r#""Principal": {"Federated": "cognito-identity.amazonaws.com"}"#, BY_ROLE, NOT),
    (
        r#""Principal": {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}"#,
        BY_ROLE,
        "unsure which account its CanonicalUser is",
    ),
    (r#""Principal": {"Service": "ec2.amazonaws.com", "AWS": "111122223333"}"#, BY_ROLE, ALLOWED),
    (r#""NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/other"}"#, BY_ROLE, ALLOWED),
    (
        r#""NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/ecsExec"}"#,
        BY_ROLE,
        "unsure whether its NotPrincipal spares the role's session",
    ),
    (r#""NotPrincipal": {"Service": "ecs-tasks.amazonaws.com"}"#, BY_ECS, NOT),
    (r#""Principal": {}"#, BY_ROLE, NOT),
    (
        r#""Principal": "arn:aws:iam::111122223333:role/ecsExec""#,
        BY_ROLE,
        "unsure whom it is about: its principal cannot be read",
    ),
    (r#""Principal": {"Aws": "*"}"#, BY_ROLE, "unsure whom it is about: Aws is not a kind of principal"),
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
    (
        r#""Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], "Resource": "*""#,
        GET,
        SECRET,
        ALLOWED,
    ),
    (r#""Action": "secretsmanager:DescribeSecret", "Resource": "*""#, GET, SECRET, NOT),
    (
        r#""Action": "GetSecretValue", "Resource": "*""#,
        GET,
        SECRET,
        "unsure whether its Action counts: AWS documents no such form",
    ),
    // ECS calls GetParameters, which people write without the s.
    (
        r#""Action": "ssm:GetParameter", "Resource": "*""#,
        "ssm:GetParameters",
        "arn:aws:ssm:us-east-1:111122223333:parameter/a",
        NOT,
    ),
    (
        r#""Action": "ssm:GetParameter*", "Resource": "*""#,
        "ssm:GetParameters",
        "arn:aws:ssm:us-east-1:111122223333:parameter/a",
        ALLOWED,
    ),
    (r#""NotAction": "secretsmanager:DeleteSecret", "Resource": "*""#, GET, SECRET, ALLOWED),
    (r#""NotAction": ["kms:*", "secretsmanager:Get*"], "Resource": "*""#, GET, SECRET, NOT),
    (r#""Action": "secretsmanager:GetSecretValue""#, GET, SECRET, ALLOWED),
    (
        r#""Action": "*", "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123""#,
        GET,
        SECRET,
        ALLOWED,
    ),
    (
        r#""Action": "*", "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-??????""#,
        GET,
        SECRET,
        ALLOWED,
    ),
    (
        r#""Action": "*", "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/*""#,
        GET,
        SECRET,
        ALLOWED,
    ),
    (r#""Action": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:*/db-*""#, GET, SECRET, ALLOWED),
    // Without the six characters, with the JSON key, of an earlier secret, in another case: none is this
    // secret.
    (
        r#""Action": "*", "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db""#,
        GET,
        SECRET,
        NOT,
    ),
    (
        r#""Action": "*", "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123:password::""#,
        GET,
        SECRET,
        NOT,
    ),
    (
        r#""Action": "*", "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-XyZ789""#,
        GET,
        SECRET,
        NOT,
    ),
    (
        r#""Action": "*", "Resource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:Prod/db-AbC123""#,
        GET,
        SECRET,
        NOT,
    ),
    (
        r#""Action": "*", "Resource": ["arn:aws:s3:::a", "arn:aws:secretsmanager:us-east-1:111122223333:secret:*"]"#,
        GET,
        SECRET,
        ALLOWED,
    ),
    (
        r#""Action": "*", "NotResource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:dev/*""#,
        GET,
        SECRET,
        ALLOWED,
    ),
    (
        r#""Action": "*", "NotResource": "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/*""#,
        GET,
        SECRET,
        NOT,
    ),
    // GetAuthorizationToken is about no resource, and `*` alone fits it.
    (
        r#""Action": "ecr:*", "Resource": "arn:aws:ecr:us-east-1:111122223333:repository/api""#,
        "ecr:GetAuthorizationToken",
        "*",
        NOT,
    ),
    (r#""Action": "ecr:*", "Resource": "*""#, "ecr:GetAuthorizationToken", "*", ALLOWED),
    // Variables.
    (
        r#""Action": "*", "Resource": "arn:aws:secretsmanager:*:${aws:PrincipalAccount}:secret:*""#,
        GET,
        SECRET,
        "unsure whether its Resource counts: AWS documents no such form",
    ),
    (
        r#""Action": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/team}/*""#,
        GET,
        SECRET,
        "unsure what aws:PrincipalTag/team is",
    ),
    (
        r#""Action": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/team, 'dev'}/*""#,
        GET,
        SECRET,
        "unsure what aws:PrincipalTag/team is",
    ),
    (r#""Action": "*", "Resource": "arn:aws:s3:::${aws:PrincipalTag/team}/*""#, GET, SECRET, NOT),
    (r#""Action": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:${aws:username}/*""#, GET, SECRET, NOT),
    (
        r#""Action": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:${aws:username, 'prod'}/*""#,
        GET,
        SECRET,
        ALLOWED,
    ),
    (r#""Action": "*", "Resource": "arn:aws:s3:::b/a${*}""#, "s3:GetObject", "arn:aws:s3:::b/a*", ALLOWED),
    (r#""Action": "*", "Resource": "arn:aws:s3:::b/a${*}""#, "s3:GetObject", "arn:aws:s3:::b/abc", NOT),
    (
        r#""Action": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:pro%%%%-AbC123""#,
        GET,
        SECRET,
        "unsure what was masked",
    ),
    (r#""Action": [7, {}], "Resource": "*""#, GET, SECRET, "unsure what its Action is"),
    (r#""Resource": "*""#, GET, SECRET, "unsure what it is about"),
];

/// A condition, what is known of the request, and what comes of it.
const CONDITIONS: &[(&str, Context<'_>, &str)] = &[
    ("{}", &[], ALLOWED),
    (r#"{"StringEquals": {"aws:SourceVpce": "vpce-1"}}"#, &[("aws:SourceVpce", &["vpce-1"])], ALLOWED),
    (
        r#"{"StringEquals": {"AWS:sourcevpce": ["vpce-0", "vpce-1"]}}"#,
        &[("aws:SourceVpce", &["vpce-1"])],
        ALLOWED,
    ),
    (
        r#"{"StringEquals": {"aws:SourceVpce": "vpce-0"}}"#,
        &[("aws:SourceVpce", &["vpce-1"])],
        r#"not allowed but for aws:SourceVpce wants ["vpce-0"], has ["vpce-1"]"#,
    ),
    (
        r#"{"StringEquals": {"aws:SourceVpce": "vpce-1"}}"#,
        &[],
        "unsure what aws:SourceVpce is, on which Statement[0] hangs",
    ),
    (
        r#"{"StringEquals": {"aws:SourceVpce": "vpce-1"}}"#,
        &[("aws:SourceVpce", &[])],
        r#"not allowed but for aws:SourceVpce wants ["vpce-1"], has []"#,
    ),
    (r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}"#, &[("aws:SourceVpce", &[])], ALLOWED),
    (r#"{"StringNotEquals": {"a:b": ["x", "y"]}}"#, &[("a:b", &["z"])], ALLOWED),
    (
        r#"{"StringNotEquals": {"a:b": ["x", "y"]}}"#,
        &[("a:b", &["y"])],
        r#"not allowed but for a:b wants ["x", "y"], has ["y"]"#,
    ),
    (
        r#"{"StringEquals": {"a:b": "X"}}"#,
        &[("a:b", &["x"])],
        r#"not allowed but for a:b wants ["X"], has ["x"]"#,
    ),
    (r#"{"StringEqualsIgnoreCase": {"a:b": "X"}}"#, &[("a:b", &["x"])], ALLOWED),
    (
        r#"{"StringNotEqualsIgnoreCase": {"a:b": "X"}}"#,
        &[("a:b", &["x"])],
        r#"not allowed but for a:b wants ["X"], has ["x"]"#,
    ),
    // In StringEquals a star is a star.
    (
        r#"{"StringEquals": {"a:b": "x*"}}"#,
        &[("a:b", &["xyz"])],
        r#"not allowed but for a:b wants ["x*"], has ["xyz"]"#,
    ),
    (r#"{"StringLike": {"a:b": "x*"}}"#, &[("a:b", &["xyz"])], ALLOWED),
    (
        r#"{"StringNotLike": {"a:b": "x*"}}"#,
        &[("a:b", &["xyz"])],
        r#"not allowed but for a:b wants ["x*"], has ["xyz"]"#,
    ),
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
    (
        r#"{"ArnLike": {"a:b": "arn:aws:*"}}"#,
        &[("a:b", &["arn:aws:s3:::x"])],
        "unsure how AWS compares ARNs of fewer than six parts",
    ),
    (
        r#"{"ArnLike": {"a:b": "arn:aws:s3:::*"}}"#,
        &[("a:b", &["x"])],
        "unsure how AWS compares ARNs of fewer than six parts",
    ),
    (r#"{"Bool": {"aws:SecureTransport": true}}"#, &[], ALLOWED),
    (
        r#"{"Bool": {"aws:SecureTransport": "false"}}"#,
        &[],
        r#"not allowed but for aws:SecureTransport wants ["false"], has ["true"]"#,
    ),
    (r#"{"Null": {"aws:SourceVpce": "true"}}"#, &[("aws:SourceVpce", &[])], ALLOWED),
    (r#"{"Null": {"aws:SourceVpce": "false"}}"#, &[("aws:SourceVpce", &["vpce-1"])], ALLOWED),
    (
        r#"{"Null": {"aws:SourceVpce": true}}"#,
        &[("aws:SourceVpce", &["vpce-1"])],
        r#"not allowed but for aws:SourceVpce wants ["true"], has ["vpce-1"]"#,
    ),
    (r#"{"Null": {"aws:SourceVpce": "true"}}"#, &[], "unsure what aws:SourceVpce is"),
    (r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#, &[("aws:SourceIp", &["203.0.113.7"])], ALLOWED),
    (
        r#"{"IpAddress": {"aws:SourceIp": ["2001:db8::/32", "203.0.113.7"]}}"#,
        &[("aws:SourceIp", &["203.0.113.7"])],
        ALLOWED,
    ),
    (
        r#"{"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}"#,
        &[("aws:SourceIp", &["203.0.113.7"])],
        r#"not allowed but for aws:SourceIp wants ["0.0.0.0/0"], has ["203.0.113.7"]"#,
    ),
    (r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#, &[], "unsure what aws:SourceIp is"),
    (
        r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/99"}}"#,
        &[("aws:SourceIp", &["203.0.113.7"])],
        "unsure whether 203.0.113.7 lies in 203.0.113.0/99",
    ),
    (r#"{"NumericLessThan": {"a:b": "7"}}"#, &[("a:b", &["6"])], ALLOWED),
    (
        r#"{"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}"#,
        &[],
        "unsure what aws:CurrentTime is",
    ),
    (r#"{"Like": {"a:b": "x"}}"#, &[("a:b", &["x"])], "unsure whether a:b meets its Like"),
    (r#"{"StringEqualsIfExists": {"a:b": "x"}}"#, &[("a:b", &[])], ALLOWED),
    (
        r#"{"StringEqualsIfExists": {"a:b": "x"}}"#,
        &[("a:b", &["y"])],
        r#"not allowed but for a:b wants ["x"], has ["y"]"#,
    ),
    (r#"{"StringEqualsIfExists": {"a:b": "x"}}"#, &[], "unsure what a:b is"),
    (r#"{"ForAnyValue:StringEquals": {"a:b": ["x", "y"]}}"#, &[("a:b", &["z", "y"])], ALLOWED),
    (
        r#"{"ForAllValues:StringEquals": {"a:b": ["x", "y"]}}"#,
        &[("a:b", &["z", "y"])],
        r#"not allowed but for a:b wants ["x", "y"], has ["z", "y"]"#,
    ),
    (r#"{"ForAllValues:StringLike": {"a:b": ["x*", "y"]}}"#, &[("a:b", &["xx", "y"])], ALLOWED),
    // Nothing at all is all that is asked for.
    (r#"{"ForAllValues:StringEquals": {"a:b": "x"}}"#, &[("a:b", &[])], ALLOWED),
    (
        r#"{"ForAnyValue:StringEquals": {"a:b": "x"}}"#,
        &[("a:b", &[])],
        r#"not allowed but for a:b wants ["x"], has []"#,
    ),
    (
        r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/*"}}"#,
        &[],
        "unsure what aws:PrincipalOrgPaths is",
    ),
    // Keys AND, so one that fails decides whatever the other is.
    (
        r#"{"StringEquals": {"a:b": "x", "a:c": "y"}}"#,
        &[("a:b", &["z"])],
        r#"not allowed but for a:b wants ["x"], has ["z"]"#,
    ),
    (
        r#"{"StringEquals": {"a:b": "x"}, "StringLike": {"a:c": "y*"}}"#,
        &[("a:b", &["x"]), ("a:c", &["yy"])],
        ALLOWED,
    ),
    (
        r#"{"StringEquals": {"aws:PrincipalAccount": "111122223333", "aws:ResourceAccount": "111122223333", "aws:RequestedRegion": "us-east-1"}}"#,
        &[],
        ALLOWED,
    ),
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
    (
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}}"#,
        READ,
        ALLOWED,
    ),
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
    (
        r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/team, 'prod'}*"}]}"#,
        Request { context: &[("aws:PrincipalTag/team", &["prod"])], ..READ },
        NOT,
    ),
    (
        r#"{"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/team, 'prod'}*"}]}"#,
        Request { context: &[("aws:PrincipalTag/team", &["prod"])], ..READ },
        NOT,
    ),
    (
        r#""{\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"*\"}]}""#,
        READ,
        ALLOWED,
    ),
    ("{}", READ, "unsure what the policy says"),
    ("null", READ, "unsure what the policy says"),
    (r#""not a document""#, READ, "unsure what the policy says"),
    (r#"{"Statement": 7}"#, READ, "unsure what the policy says"),
    (r#"{"Statement": ["x"]}"#, READ, "unsure whether Statement[0] allows or denies"),
    (
        r#"{"Statement": [{"Effect": "allow", "Principal": "*", "Action": "*"}]}"#,
        READ,
        "unsure whether Statement[0] allows or denies",
    ),
    (r#"{"Statement": [{"Effect": "?", "Principal": "*", "Action": "s3:*"}]}"#, READ, NOT),
];

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
        let document = document(&format!(
            r#"[{{"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {condition}}}]"#
        ));
        check(condition, decide(&document, &Request { context, ..READ }), expected);
    }
}

#[test]
fn documents_are_the_sum_of_their_statements() {
    for (document, request, expected) in DOCUMENTS {
        check(document, decide(&json_of(document), request), expected);
    }
}

#[test]
fn roles_are_read_from_both_kinds_of_arn() {
    assert_eq!(NamedRole::parse("arn:aws:iam::111122223333:role/ecsExec"), Some(ROLE));
    assert_eq!(NamedRole::parse("arn:aws:iam::111122223333:role/team/ecsExec"), Some(ROLE_WITH_PATH));
    assert_eq!(
        NamedRole::parse("arn:aws:sts::111122223333:assumed-role/ecsExec/0123abcd"),
        Some(ROLE_IN_SESSION)
    );
    assert_eq!(NamedRole::parse("arn:aws:iam::111122223333:user/a"), None);
    assert_eq!(NamedRole::parse("ecsExec"), None);
}
