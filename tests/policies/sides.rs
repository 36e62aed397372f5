//! What keys, resources and endpoints say beside the role's own policies.

use ecs_triage::policy_document::{
    KeySide, Principal, Request, ResourceSide, allowing, endpoint_policy, key_policy, resource_policy,
    with_statement,
};
use ecs_triage::question::facts::VpcEndpoint;
use serde_json::json;

use crate::*;

/// What the console makes.
const TO_ACCOUNT: &str = r#"{"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}"#;
/// What AWS makes for aws/secretsmanager.
const MANAGED: &str = r#"{"Sid": "Managed", "Effect": "Allow", "Principal": {"AWS": "*"},
    "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:CreateGrant", "kms:DescribeKey"], "Resource": "*",
    "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}}"#;

fn key_said(side: KeySide) -> String {
    match side {
        KeySide::Direct(at, _) => format!("direct by {at}"),
        KeySide::Delegated(at) => format!("delegated by {at}"),
        KeySide::Refused { nearly, add, .. } => {
            format!("refused{}, add {}", near(nearly), add["Principal"]["AWS"].as_str().unwrap_or_default())
        }
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
    let deny =
        r#"{"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}"#;
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
            let corrected = key_policy(&with_statement(Some(&document), add), &role, KEY, VIA, &[]);
            assert!(
                matches!(corrected, KeySide::Direct(..) | KeySide::Delegated(_)),
                "{document}\n  {add}\n  {corrected:?}"
            );
        }
        assert_eq!(key_said(side), expected, "{document}");
    }
    let known = key_policy(
        &document(&format!("[{of_secret}]")),
        &ROLE,
        KEY,
        VIA,
        &[("kms:EncryptionContext:SecretARN", &[SECRET])],
    );
    assert_eq!(key_said(known), "delegated by Statement[0]");
}

fn resource_said(side: ResourceSide) -> String {
    match side {
        ResourceSide::NotNeeded => "not needed".to_owned(),
        ResourceSide::Grants(at, _) => format!("granted by {at}"),
        ResourceSide::Missing { nearly, .. } => format!("missing{}", near(nearly)),
        ResourceSide::Denied(at) => format!("denied by {at}"),
        ResourceSide::Unsure(why) => format!("unsure {why}"),
    }
}

#[test]
fn resource_policies_count_across_accounts_or_when_they_deny() {
    let own = r#"[{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ecsExec"}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]"#;
    let other = r#"[{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/other"}, "Action": "secretsmanager:*", "Resource": "*"}]"#;
    let account = r#"[{"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]"#;
    let own_account = r#"[{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]"#;
    let org = r#"[{"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}]"#;
    let only_admin = r#"[{"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*",
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/admin"}}}]"#;
    let only_inside = r#"[{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}]"#;
    let with_path = r#"[{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:role/team/ecsExec"}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]"#;
    let rows = [
        (None, BY_ROLE, "not needed"),
        (Some(other), BY_ROLE, "not needed"),
        (Some(own_account), BY_ROLE, "not needed"),
        (Some(own), BY_ROLE, "granted by Statement[0]"),
        (Some(org), BY_ROLE, "unsure what aws:PrincipalOrgID is, on which Statement[0] hangs"),
        (Some(only_admin), BY_ROLE, "denied by Statement[0]"),
        (Some(only_admin), BY_NAME, "denied by Statement[0]"),
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
            let corrected =
                resource_policy(Some(&with_statement(document.as_ref(), add)), &request, "111122223333");
            assert!(
                matches!(corrected, ResourceSide::Grants(..)),
                "{statements:?}\n  {add}\n  {corrected:?}"
            );
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
        context: &[
            ("elasticfilesystem:AccessedViaMountTarget", &["true"]),
            ("aws:SecureTransport", &["false"]),
        ],
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
        assert_eq!(
            resource_said(resource_policy(document.as_ref(), &mount, "111122223333")),
            expected,
            "{statements:?}"
        );
    }
}

#[test]
fn endpoints_let_all_pass_unless_their_policy_says_otherwise() {
    let rows = [
        (None, "Interface", "allowed by Statement[0]"),
        (
            Some(r#"{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}"#),
            "Interface",
            "allowed by Statement[0]",
        ),
        (
            Some(
                r#"{"Statement": [{"Action": "s3:*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}"#,
            ),
            "Interface",
            "not allowed",
        ),
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
            Some(
                r#"{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Resource": "*"}]}"#,
            ),
            "Interface",
            "allowed by Statement[0]",
        ),
        (
            Some(
                r#"{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Resource": "*"}]}"#,
            ),
            "Gateway",
            "not allowed",
        ),
        (
            Some(
                r#"{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ecsExec"}, "Resource": "*"}]}"#,
            ),
            "Gateway",
            "unsure whether a gateway endpoint heeds a principal other than *, on which Statement[0] hangs",
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
    let keys = |action, resource| {
        allowing(&BY_ROLE, action, resource)
            .as_object()
            .expect("it is an object")
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        keys("ecr:BatchGetImage", "arn:aws:ecr:us-east-1:111122223333:repository/api"),
        "Effect Principal Action"
    );
    assert_eq!(allowing(&BY_ROLE, GET, SECRET)["Resource"], "*");
    assert_eq!(
        allowing(&Principal::Anonymous, "elasticfilesystem:ClientMount", "arn:x")["Resource"],
        "arn:x"
    );
    assert_eq!(
        allowing(&BY_PATH, GET, SECRET)["Principal"]["AWS"],
        "arn:aws:iam::111122223333:role/team/ecsExec"
    );
}

#[test]
fn what_is_to_be_pasted_names_nobody_who_is_gone() {
    let added = json!({"Effect": "Allow", "Principal": "*", "Action": "*"});
    let rows = [
        (
            r#"{"AWS": ["AROAJQABLZS4A3QDU576Q", "arn:aws:iam::111122223333:root"]}"#,
            Some(r#"{"AWS": ["arn:aws:iam::111122223333:root"]}"#),
        ),
        (
            r#"{"AWS": "AROAJQABLZS4A3QDU576Q", "Service": "ec2.amazonaws.com"}"#,
            Some(r#"{"Service": "ec2.amazonaws.com"}"#),
        ),
        (r#"{"AWS": "111122223333"}"#, Some(r#"{"AWS": "111122223333"}"#)),
        (r#""*""#, Some(r#""*""#)),
        (r#"{"AWS": ["AROAJQABLZS4A3QDU576Q", "AIDAJQABLZS4A3QDU576Q"]}"#, None),
    ];
    for (principal, left) in rows {
        for statements in
            [format!(r#"[{{"Principal": {principal}}}]"#), format!(r#"{{"Principal": {principal}}}"#)]
        {
            let whole = with_statement(Some(&document(&statements)), &added);
            let expected: Vec<_> = left
                .map(|left| json!({"Principal": json_of(left)}))
                .into_iter()
                .chain([added.clone()])
                .collect();
            assert_eq!(whole["Statement"], json!(expected), "{statements}");
        }
    }
}
