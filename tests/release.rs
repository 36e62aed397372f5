//! The files of a release: the template without SAM deploys what `template.yaml` deploys, and the workflow
//! publishes nothing by itself. The programs that make them are in `.ci`; the whole stack of the plain template
//! is run by `tests/stack.rs`.

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

mod environment;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use environment::{python_environment, succeed};
use serde_json::{Map, Value, json};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What a program of the tests' Python environment prints.
fn python(arguments: &[&str]) -> Value {
    let program = python_environment("stack", "requirements.txt").join("python");
    let output = succeed(Command::new(program).arg("-B").args(arguments)).stdout;
    serde_json::from_slice(&output).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

fn plain() -> Value {
    python(&[".ci/plain-template", "1.2.3"])
}

/// `template.yaml`, with its tags as the functions that they stand for.
fn written() -> Value {
    let read = "import json, samtranslator.yaml_helper as y; print(json.dumps(y.yaml_parse(open('template.yaml').read())))";
    python(&["-c", read])
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap_or_else(|| panic!("an object is expected: {value:#}"))
}

/// What is left of an object without some of its members.
fn without(value: &Value, names: &[&str]) -> Value {
    object(value)
        .iter()
        .filter(|(name, _)| !names.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<Map<_, _>>()
        .into()
}

/// The metadata of a resource less what `sam build` reads; null where nothing is left.
fn metadata(resource: &Value) -> Value {
    match resource.get("Metadata").map(|all| without(all, &["BuildMethod", "BuildProperties"])) {
        Some(left) if !object(&left).is_empty() => left,
        _ => Value::Null,
    }
}

#[test]
fn the_plain_template_passes_the_linter() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("release.template.json");
    fs::write(&path, plain().to_string()).expect("it can be written");
    let linter = python_environment("stack", "requirements.txt").join("cfn-lint");
    succeed(Command::new(linter).arg("--").arg(&path));
}

/// Every resource, permission, pattern, parameter and condition; what is another is named here.
#[test]
fn the_plain_template_deploys_what_the_template_does() {
    let (plain, written) = (plain(), written());
    assert!(plain.get("Transform").is_none() && !plain.to_string().contains("Serverless"), "SAM is left");
    for section in ["Description", "Mappings", "Outputs", "Rules"] {
        assert_eq!(plain.get(section), written.get(section), "{section}");
    }
    let added = [
        ("Parameters", &["CodeBucket", "CodeKey"][..]),
        ("Conditions", &["HasCodeKey"]),
        ("Resources", &["FunctionQueue"]),
    ];
    for (section, names) in added {
        let of = |template: &Value| object(&template[section]).keys().cloned().collect::<BTreeSet<_>>();
        let more: BTreeSet<String> = of(&plain).difference(&of(&written)).cloned().collect();
        assert_eq!(more, names.iter().map(|name| (*name).to_owned()).collect(), "{section}");
        assert_eq!(of(&written).difference(&of(&plain)).next(), None, "{section}");
        for (name, part) in
            object(&written[section]).iter().filter(|(_, part)| part["Type"] != "AWS::Serverless::Function")
        {
            assert_eq!(plain[section][name], *part, "{name}");
        }
    }
    let functions =
        object(&written["Resources"]).iter().filter(|(_, part)| part["Type"] == "AWS::Serverless::Function");
    let mut queues = 0;
    for (name, function) in functions {
        let made = &plain["Resources"][name];
        assert_eq!(made["Type"], "AWS::Lambda::Function");
        assert_eq!(
            (made.get("Condition"), metadata(made)),
            (function.get("Condition"), metadata(function)),
            "{name}"
        );
        let key = json!({"Fn::If": ["HasCodeKey", {"Ref": "CodeKey"}, {"Fn::Sub": "ecs-triage-1.2.3-function-${Architecture}.zip"}]});
        assert_eq!(
            made["Properties"]["Code"],
            json!({"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": key}),
            "{name}"
        );
        assert_eq!(
            without(&made["Properties"], &["Code"]),
            without(&function["Properties"], &["CodeUri", "Events"]),
            "{name}"
        );
        for (event, source) in function["Properties"]["Events"].as_object().into_iter().flatten() {
            let source = &source["Properties"];
            let mapping = &plain["Resources"][format!("{name}{event}")];
            assert_eq!(mapping["Type"], "AWS::Lambda::EventSourceMapping");
            let mut wanted = without(source, &["Queue"]);
            wanted["EventSourceArn"] = source["Queue"].clone();
            wanted["FunctionName"] = json!({"Ref": name});
            assert_eq!(mapping["Properties"], wanted, "{name}");
            queues += 1;
        }
    }
    assert_eq!(queues, 1);
}

/// The Terraform module deploys the plain template and nothing beside it, by parameters, outputs and file names that there
/// are; so it has every resource, permission and pattern of it.
#[test]
fn the_terraform_module_deploys_the_plain_template() {
    let parser = python_environment("snippets", "requirements-snippets.txt").join("python");
    let read = "import glob, hcl2, json; print(json.dumps([hcl2.load(open(f)) for f in sorted(glob.glob('deploy/terraform/*.tf'))]))";
    let parsed: Value =
        serde_json::from_slice(&succeed(Command::new(parser).args(["-c", read])).stdout).expect("JSON");
    // The parser leaves names in their quotes.
    let blocks = |kind: &str| -> Vec<(String, Value)> {
        let files = parsed.as_array().into_iter().flatten();
        let labeled = files.flat_map(|file| file[kind].as_array().cloned().unwrap_or_default());
        labeled
            .flat_map(|block| object(&block).clone())
            .map(|(label, body)| (label.replace('"', ""), body))
            .collect()
    };
    let resources: BTreeSet<String> = blocks("resource")
        .iter()
        .flat_map(|(kind, named)| {
            object(named).keys().map(|name| format!("{kind}.{}", name.replace('"', ""))).collect::<Vec<_>>()
        })
        .collect();
    let expected = ["aws_cloudformation_stack.this", "aws_s3_object.code", "aws_s3_object.template"];
    assert_eq!(resources, expected.map(str::to_owned).into());

    let (plain, text) = (plain(), parsed.to_string().replace('\\', ""));
    let words = |from: &str, to: &str| -> BTreeSet<String> {
        text.split(from).skip(1).filter_map(|rest| rest.split(to).next()).map(str::to_owned).collect()
    };
    let outputs = words("outputs[\"", "\"");
    assert!(
        outputs.len() > 1 && outputs.iter().all(|name| plain["Outputs"].get(name).is_some()),
        "{outputs:?}"
    );
    let set = words("merge(var.parameters, {", "}");
    let set = set.first().expect("parameters are set").split(", ").filter_map(|one| one.split(" = ").next());
    let set: Vec<&str> = set.collect();
    assert_eq!(set, ["Architecture", "CodeBucket", "CodeKey"]);
    assert!(set.iter().all(|name| plain["Parameters"].get(*name).is_some()));

    let script = fs::read_to_string(Path::new(ROOT).join(".ci/release")).expect("it can be read");
    let files = words("fileset(var.release, \"", "\"");
    assert_eq!(files.len(), 2);
    for file in files {
        let made = file.replace('*', "$version").replace("${var.architecture}", "$architecture");
        assert!(script.contains(&format!("/{made}\"")), "{made}");
    }
}

/// The module of members sets parameters that their template has, and no account but theirs.
#[test]
fn the_terraform_module_of_members_deploys_their_template() {
    let parser = python_environment("snippets", "requirements-snippets.txt").join("python");
    let read = "import glob, hcl2, json; print(json.dumps([hcl2.load(open(f)) for f in sorted(glob.glob('deploy/terraform-member/*.tf'))]))";
    let parsed = succeed(Command::new(parser).args(["-c", read])).stdout;
    let parsed = String::from_utf8_lossy(&parsed).replace('\\', "");
    for part in [
        "aws_cloudformation_stack_set_instance",
        "${path.module}/../member.yaml",
        "SERVICE_MANAGED",
        "DIFFERENCE",
    ] {
        assert!(parsed.contains(part), "{part}");
    }
    let member = python(&[
        "-c",
        "import json, samtranslator.yaml_helper as y; print(json.dumps(y.yaml_parse(open('deploy/member.yaml').read())))",
    ]);
    let (_, set) = parsed.split_once("merge(var.parameters, {").expect("parameters are set");
    let set = set.split('}').next().unwrap_or(set);
    let set: BTreeSet<&str> =
        set.split(", ").filter_map(|one| one.split(" = ").next()).map(str::trim).collect();
    let needed: BTreeSet<&str> = object(&member["Parameters"])
        .iter()
        .filter(|(_, parameter)| parameter.get("Default").is_none())
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(set, needed, "all that have no default");
    assert!(member.get("Transform").is_none(), "service-managed stack sets refuse it");
    assert!(member.to_string().len() < 51_200, "a longer template cannot be given in a request");
}

/// It fits its schema, nothing in it runs that is not named by its commit, and only a person publishes.
#[test]
fn workflows_are_pinned_and_the_release_is_a_draft() {
    let snippets = python_environment("snippets", "requirements-snippets.txt");
    for entry in fs::read_dir(Path::new(ROOT).join(".github/workflows")).expect("it can be listed") {
        let path = entry.expect("it can be listed").path();
        let mut check = Command::new(snippets.join("check-jsonschema"));
        succeed(check.args(["--builtin-schema", "vendor.github-workflows"]).arg(&path));
        let text = fs::read_to_string(&path).expect("it can be read");
        for used in
            text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "))
        {
            let (_, pinned) = used.split_once('@').unwrap_or_else(|| panic!("{used}"));
            let commit = pinned.split(' ').next().unwrap_or_default();
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{used}");
        }
        assert!(text.contains("\npermissions: {}\n"), "{}: a job asks for what it needs", path.display());
    }
    let release =
        fs::read_to_string(Path::new(ROOT).join(".github/workflows/release.yml")).expect("it can be read");
    let made: Vec<&str> = release.lines().filter(|line| line.contains("gh release ")).collect();
    assert!(made.len() == 1 && made[0].contains("gh release create --draft "), "{made:?}");
    assert!(!release.contains("cargo publish"), "{release}");
}
