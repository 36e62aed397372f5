//! Policy documents, judged beside another engine, `@cloud-copilot/iam-simulate`: a tool of this test alone,
//! which npm installs under `target/`.
//!
//! Documents are put together from `tests/policies/peer/vocabulary.json` by a generator with a fixed seed.
//! Where the two differ, one element of the document must be judged differently alone too, and that
//! difference must be one that `differences.jsonl` lists, with who is right and why. So nothing may come of
//! how values, statements and effects are put together.

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use ecs_triage::policy_document::{
    Decision, Grantee, KeySide, NamedRole, Principal, Request, ResourceSide, decide, endpoint_policy,
    key_policy, resource_policy,
};
use ecs_triage::question::facts::VpcEndpoint;
use serde_json::{Map, Value, json};

const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policies/peer");
const VOCABULARY: &str = include_str!("policies/peer/vocabulary.json");
const DIFFERENCES: &str = include_str!("policies/peer/differences.jsonl");
/// Requests for each word of the vocabulary.
const ASKS: usize = 12;
/// Documents that are asked about with all facts known.
const KNOWN: usize = 5_000;
/// Documents that are asked about with facts withheld.
const WITHHELD: usize = 1_500;
const ACCOUNT: &str = "111122223333";
const VIA: &str = "secretsmanager.us-east-1.amazonaws.com";

// What a document may say to a request, one bit each: an answer that is not sure of all has several.
const DENIED: u8 = 1;
const NOT: u8 = 2;
const ACCOUNTS: u8 = 4;
const ROLES: u8 = 8;
const SESSIONS: u8 = 16;
const ALLOWED: u8 = ACCOUNTS | ROLES | SESSIONS;
const UNSURE: u8 = DENIED | NOT | ALLOWED;

/// Which of the functions is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Decide,
    KeyPolicy,
    /// With the account of the resource.
    ResourcePolicy(&'static str),
    EndpointPolicy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    /// What is not known of a role is absent.
    Role {
        account: &'static str,
        path: Option<&'static str>,
        session: Option<&'static str>,
    },
    Service,
    Anonymous,
}

const READER: Caller = Caller::Role { account: ACCOUNT, path: Some(""), session: Some("5f0c") };

/// One request, with all that is known of it.
#[derive(Debug, Clone)]
struct Ask {
    function: Function,
    caller: Caller,
    action: String,
    resource: String,
    facts: BTreeMap<String, Vec<String>>,
}

/// A `SplitMix64`: the same documents on every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("it is below a usize")
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// One of a list's values, mostly of the usual ones.
    fn word(&mut self, words: &Value) -> Value {
        let group = if self.one_in(12) { "odd" } else { "usual" };
        self.pick(list(&words[group])).clone()
    }

    /// One value, or a list of a few.
    fn words(&mut self, words: &Value) -> Value {
        if self.one_in(3) {
            (0..=self.below(3)).map(|_| self.word(words)).collect()
        } else {
            self.word(words)
        }
    }
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("it is a list")
}

fn text(value: &Value) -> String {
    value.as_str().expect("it is a text").to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    list(value).iter().map(text).collect()
}

fn vocabulary() -> Value {
    serde_json::from_str(VOCABULARY).expect("the vocabulary is JSON")
}

fn any_document(random: &mut Random, vocabulary: &Value) -> Value {
    let statements: Value = (0..=random.below(3)).map(|_| any_statement(random, vocabulary)).collect();
    let version = if random.one_in(12) { "2008-10-17" } else { "2012-10-17" };
    json!({"Version": version, "Statement": statements})
}

fn any_statement(random: &mut Random, vocabulary: &Value) -> Value {
    let mut statement = json!({"Effect": if random.one_in(3) { "Deny" } else { "Allow" }});
    let name = if random.one_in(15) { "NotPrincipal" } else { "Principal" };
    let named = if random.one_in(3) { json!("*") } else { any_principals(random, &vocabulary["Principal"]) };
    if !named.is_null() {
        statement[name] = named;
    }
    // Most requests would come to nothing if all their elements were drawn alike.
    for (element, not_element) in [("Action", "NotAction"), ("Resource", "NotResource")] {
        let name = if random.one_in(6) { not_element } else { element };
        statement[name] =
            if name == element && random.one_in(2) { json!("*") } else { random.words(&vocabulary[element]) };
    }
    if random.one_in(2) {
        let mut condition = Map::new();
        for _ in 0..=random.below(2) {
            let (operator, key, wants) = any_condition(random, &vocabulary["Condition"]);
            condition.insert(operator, json!({key: wants}));
        }
        statement["Condition"] = Value::Object(condition);
    }
    statement
}

/// One principal, or some in the lists of their kinds.
fn any_principals(random: &mut Random, words: &Value) -> Value {
    let picked: Vec<Value> = (0..=random.below(3)).map(|_| random.word(words)).collect();
    if let Some(alone) = picked.iter().find(|principal| !principal.is_object()) {
        return alone.clone();
    }
    let mut kinds = Map::new();
    for (kind, name) in picked.iter().flat_map(|principal| principal.as_object().into_iter().flatten()) {
        kinds
            .entry(kind)
            .or_insert_with(|| json!([]))
            .as_array_mut()
            .expect("it is a list")
            .push(name.clone());
    }
    Value::Object(kinds)
}

fn any_condition(random: &mut Random, groups: &Value) -> (String, String, Value) {
    let group = random.pick(list(groups));
    let base = text(random.pick(list(&group["operators"])));
    let key = text(random.pick(list(&group["keys"])));
    let quantifier = match random.below(if key == "aws:CalledVia" { 3 } else { 12 }) {
        _ if base == "Null" => "",
        0 => "ForAnyValue:",
        1 => "ForAllValues:",
        _ => "",
    };
    let if_exists = if base != "Null" && random.one_in(6) { "IfExists" } else { "" };
    (format!("{quantifier}{base}{if_exists}"), key, random.words(group))
}

/// A request with all its facts.
fn any_ask(random: &mut Random, vocabulary: &Value) -> Ask {
    let foreign = Caller::Role { account: "999988887777", path: Some(""), session: Some("5f0c") };
    let caller = *random.pick(&[READER, READER, READER, READER, foreign, Caller::Service, Caller::Anonymous]);
    let is_role = matches!(caller, Caller::Role { .. });
    let function = match random.below(8) {
        0 => Function::EndpointPolicy,
        1 => Function::ResourcePolicy("999988887777"),
        2 => Function::ResourcePolicy(ACCOUNT),
        3 if is_role => Function::KeyPolicy,
        _ => Function::Decide,
    };
    let calls = list(&vocabulary["calls"]);
    let call = if function == Function::KeyPolicy { &calls[3] } else { random.pick(calls) };
    let facts = vocabulary["facts"].as_object().expect("facts have names");
    let mut facts: BTreeMap<String, Vec<String>> =
        facts.iter().map(|(key, values)| (key.clone(), texts(random.pick(list(values))))).collect();
    if !is_role {
        facts.extend(["aws:PrincipalArn", "aws:PrincipalAccount"].map(|key| (key.to_owned(), Vec::new())));
    }
    Ask { function, caller, action: text(&call[0]), resource: text(&call[1]), facts }
}

/// What this project says, as bits.
fn ours(document: &Value, ask: &Ask) -> u8 {
    let values: Vec<(&str, Vec<&str>)> = ask
        .facts
        .iter()
        .map(|(key, values)| (key.as_str(), values.iter().map(String::as_str).collect()))
        .collect();
    let context: Vec<(&str, &[&str])> =
        values.iter().map(|(key, values)| (*key, values.as_slice())).collect();
    let role =
        |account, path, session| NamedRole { partition: "aws", account, path, name: "reader", session };
    let principal = match ask.caller {
        Caller::Role { account, path, session } => Principal::Role(role(account, path, session)),
        Caller::Service => Principal::Service("ecs-tasks.amazonaws.com"),
        Caller::Anonymous => Principal::Anonymous,
    };
    let request = Request { principal, action: &ask.action, resource: &ask.resource, context: &context };
    let refused = |may_deny: Option<String>| if may_deny.is_some() { NOT | DENIED } else { NOT };
    let by_decision = |decision| match decision {
        Decision::Allowed(_) => ALLOWED,
        Decision::Denied(_) => DENIED,
        Decision::NotAllowed { may_deny, .. } => refused(may_deny),
        Decision::Unsure(_) => UNSURE,
    };
    let granted = |to| match to {
        Grantee::Role => ROLES,
        Grantee::RoleAtLeast(_) => ROLES | SESSIONS,
        Grantee::Session => SESSIONS,
    };
    let abroad = |owner: &str| matches!(ask.caller, Caller::Role { account, .. } if account != owner);
    match (ask.function, principal) {
        (Function::KeyPolicy, Principal::Role(role)) => {
            match key_policy(document, &role, &ask.resource, VIA, &context) {
                KeySide::Direct(_, to) => granted(to),
                KeySide::Delegated(_) if abroad(ACCOUNT) => ALLOWED,
                KeySide::Delegated(_) => ACCOUNTS,
                KeySide::Refused { may_deny, .. } => refused(may_deny),
                KeySide::Denied(_) => DENIED,
                KeySide::Unsure(_) => UNSURE,
            }
        }
        (Function::ResourcePolicy(owner), _) => match resource_policy(Some(document), &request, owner) {
            ResourceSide::NotNeeded => NOT | ACCOUNTS,
            ResourceSide::Grants(..) if abroad(owner) => ALLOWED,
            ResourceSide::Grants(_, to) => granted(to),
            ResourceSide::Missing { may_deny, .. } => refused(may_deny),
            ResourceSide::Denied(_) => DENIED,
            ResourceSide::Unsure(_) => UNSURE,
        },
        (Function::EndpointPolicy, _) => by_decision(endpoint_policy(
            &VpcEndpoint { policy_document: Some(document.to_string()), ..VpcEndpoint::default() },
            &request,
        )),
        _ => by_decision(decide(document, &request)),
    }
}

/// The request as the peer takes it, which derives no facts by itself.
fn for_peer(ask: &Ask) -> Value {
    let mut facts: Vec<(&str, Value)> = ask
        .facts
        .iter()
        .filter_map(|(key, values)| {
            let value = match values.as_slice() {
                [] => return None,
                [one] => json!(one),
                several => json!(several),
            };
            Some((key.as_str(), value))
        })
        .collect();
    let principal = match ask.caller {
        Caller::Role { account, path, session } => {
            let (path, session) = path.zip(session).expect("the peer is told all");
            facts.push(("aws:PrincipalArn", json!(format!("arn:aws:iam::{account}:role/{path}reader"))));
            facts.push(("aws:PrincipalAccount", json!(account)));
            json!(format!("arn:aws:sts::{account}:assumed-role/reader/{session}"))
        }
        Caller::Service => json!("ecs-tasks.amazonaws.com"),
        Caller::Anonymous => Value::Null,
    };
    let context: Map<String, Value> = facts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    json!({"endpoint": ask.function == Function::EndpointPolicy, "principal": principal, "action": ask.action, "resource": ask.resource, "context": context})
}

/// The peer's packages, installed where they are not there yet.
fn peer_modules() -> PathBuf {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-npm");
    fs::create_dir_all(&home).unwrap_or_else(|error| panic!("cannot make {}: {error}", home.display()));
    let lock = File::create(home.join("policy-peer.lock")).and_then(|file| file.lock().map(|()| file));
    let _held = lock.unwrap_or_else(|error| panic!("cannot lock {}: {error}", home.display()));
    let directory = home.join("policy-peer");
    let wanted = fs::read_to_string(format!("{PEER}/package-lock.json")).expect("the lock file can be read");
    let stamp = directory.join("installed.json");
    if fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        fs::create_dir_all(&directory).expect("the directory can be made");
        for file in ["package.json", "package-lock.json"] {
            fs::copy(format!("{PEER}/{file}"), directory.join(file)).expect("the file can be copied");
        }
        succeed(
            Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=5"])
                .current_dir(&directory),
        );
        fs::write(&stamp, wanted).expect("the stamp can be written");
    }
    directory.join("node_modules")
}

fn succeed(command: &mut Command) {
    let program = command.get_program().display().to_string();
    let output = command.output().unwrap_or_else(|error| {
        panic!("cannot run {program}, and this test needs Node.js 20 or later with npm: {error}")
    });
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat();
    assert!(output.status.success(), "{program}: {}\n{said}", output.status);
}

/// What the peer says to each document's requests, as bits; none where it refuses to judge.
fn peer(name: &str, questions: &[(Value, Vec<Ask>)]) -> Vec<Vec<u8>> {
    let modules = peer_modules();
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policy_peer");
    fs::create_dir_all(&directory).expect("the directory can be made");
    let [asked, answered] =
        ["questions", "answers"].map(|kind| directory.join(format!("{name}-{kind}.jsonl")));
    let lines: Vec<String> = questions
        .iter()
        .map(|(document, asks)| {
            json!({"document": document, "requests": asks.iter().map(for_peer).collect::<Vec<_>>()})
                .to_string()
        })
        .collect();
    fs::write(&asked, lines.join("\n")).expect("the questions can be written");
    succeed(Command::new("node").arg(format!("{PEER}/judge.js")).arg(modules).args([&asked, &answered]));
    let answers = fs::read_to_string(&answered).expect("the answers can be read");
    let bits = |word: &str| match word {
        "denied" => DENIED,
        "not" => NOT,
        "account" => ACCOUNTS,
        "role" => ROLES,
        "session" => SESSIONS,
        _ => 0,
    };
    let answers: Vec<Vec<u8>> = answers
        .lines()
        .map(|line| texts(&serde_json::from_str(line).expect(line)).iter().map(|word| bits(word)).collect())
        .collect();
    assert!(
        answers.len() == questions.len()
            && answers.iter().zip(questions).all(|(answers, (_, asks))| answers.len() == asks.len()),
        "answers are missing"
    );
    answers
}

/// A document that says nothing but this.
fn alone(name: &str, value: &Value, version: &str) -> Value {
    let mut statement = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    if let Some(fields) = statement.as_object_mut() {
        fields.shift_remove(name.trim_start_matches("Not"));
        fields.extend((!value.is_null()).then(|| (name.to_owned(), value.clone())));
    }
    json!({"Version": version, "Statement": [statement]})
}

/// The elements of a document, each with one value, in documents of their own.
fn elements(document: &Value) -> Vec<(String, Value)> {
    let mut elements = Vec::new();
    for statement in list(&document["Statement"]) {
        let mut add = |name: &str, value: Value| {
            elements.push((
                format!("{name} {value}"),
                alone(name, &value, document["Version"].as_str().unwrap_or_default()),
            ));
        };
        let values = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        if statement.get("Principal").or_else(|| statement.get("NotPrincipal")).is_none() {
            add("Principal", Value::Null);
        }
        for (name, element) in statement.as_object().expect("a statement is an object") {
            match (name.as_str(), element) {
                ("Effect", _) => {}
                ("Condition", Value::Object(operators)) => {
                    for (operator, keys) in operators {
                        for (key, wants) in keys.as_object().expect("keys have values") {
                            for want in values(wants) {
                                add(name, json!({operator: {key: want}}));
                            }
                        }
                    }
                }
                (_, Value::Object(kinds)) => {
                    for (kind, names) in kinds {
                        for principal in values(names) {
                            add(name, json!({kind: principal}));
                        }
                    }
                }
                // A star for everything is the rest of every element's document.
                (_, one) => {
                    for value in
                        values(one).into_iter().filter(|value| *value != "*" || name.starts_with("Not"))
                    {
                        add(name, value);
                    }
                }
            }
        }
    }
    elements
}

fn word(answer: u8) -> &'static str {
    match answer {
        0 => "refused",
        UNSURE => "unsure",
        answer if answer & ALLOWED == answer => "allowed",
        _ => "not",
    }
}

/// A document on which the two differ.
struct Difference {
    document: Value,
    ask: Ask,
    ours: u8,
    peers: u8,
}

fn listed() -> Vec<Value> {
    DIFFERENCES.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// Traces every difference to elements that are judged differently alone, and those to what is listed, which
/// is counted by its place.
fn traced(name: &str, differences: &[Difference]) -> BTreeMap<usize, usize> {
    let listed = listed();
    let questions: Vec<(Value, Vec<Ask>)> = differences
        .iter()
        .flat_map(|difference| {
            elements(&difference.document).into_iter().map(|(_, alone)| (alone, vec![difference.ask.clone()]))
        })
        .collect();
    let mut answers = peer(name, &questions).into_iter().flatten();
    let (mut counts, mut unlisted) = (BTreeMap::new(), BTreeSet::new());
    for Difference { document, ask, ours: our_answer, peers } in differences {
        let mut differs = false;
        for (element, alone) in elements(document) {
            let (ours, peers) = (ours(&alone, ask), answers.next().expect("every element is answered"));
            if ours != UNSURE && ours & peers != 0 {
                continue;
            }
            // What is not sure of an element is no reason to be wrong about the whole.
            differs |= *our_answer == UNSURE || ours & peers == 0;
            let key = element
                .split('"')
                .filter_map(|word| ask.facts.get(word).map(|values| format!(" given {word} {values:?}")))
                .collect::<String>();
            let version = document["Version"].as_str().unwrap_or_default();
            let described = format!(
                "{:?} by {:?}: {element}{key} in {version} of {}",
                ask.function, ask.caller, ask.resource
            );
            let (ours, peers) = (word(ours), word(peers));
            let answers = json!([ours, peers]);
            let is_it = |kind: &Value| {
                list(&kind["answers"]).contains(&answers)
                    && texts(&kind["has"]).iter().all(|part| described.contains(part))
            };
            match listed.iter().position(is_it) {
                Some(place) => *counts.entry(place).or_insert(0) += 1,
                None => drop(unlisted.insert(format!("{described}\n  ours {ours}, the peer's {peers}"))),
            }
        }
        if !differs {
            let (ours, peers) = (word(*our_answer), word(*peers));
            unlisted.insert(format!("no element explains it: ours {ours} ({our_answer}), the peer's {peers}\n  {document}\n  {ask:?}"));
        }
    }
    let unlisted: Vec<String> = unlisted.into_iter().collect();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("policy_peer/{name}-unlisted.txt"));
    fs::write(&file, unlisted.join("\n")).expect("the list can be written");
    let shown = &unlisted[..unlisted.len().min(20)];
    assert!(
        unlisted.is_empty(),
        "{} differences are not listed, all in {}:\n{}",
        unlisted.len(),
        file.display(),
        shown.join("\n")
    );
    counts
}

/// How often each kind is met.
fn by_kind(counts: &BTreeMap<usize, usize>) -> BTreeMap<String, usize> {
    let listed = listed();
    let mut kinds = BTreeMap::new();
    for (place, count) in counts {
        *kinds.entry(text(&listed[*place]["kind"])).or_default() += count;
    }
    kinds
}

/// Where the two differ, all facts given.
fn compared(name: &str, questions: &[(Value, Vec<Ask>)]) -> Vec<Difference> {
    let mut differences = Vec::new();
    for ((document, asks), answers) in questions.iter().zip(peer(name, questions)) {
        for (ask, peers) in asks.iter().zip(answers) {
            let ours = ours(document, ask);
            if ours == UNSURE || ours & peers == 0 {
                differences.push(Difference { document: document.clone(), ask: ask.clone(), ours, peers });
            }
        }
    }
    differences
}

/// Every word of the vocabulary in a document of its own.
fn every_element(random: &mut Random, vocabulary: &Value) -> Vec<(Value, Vec<Ask>)> {
    let words = |words: &Value| [list(&words["usual"]).clone(), list(&words["odd"]).clone()].concat();
    let mut questions = Vec::new();
    let mut ask_about = |name: &str, value: Value, asks: Vec<Ask>| {
        questions
            .extend(["2012-10-17", "2008-10-17"].map(|version| (alone(name, &value, version), asks.clone())));
    };
    for name in ["Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"] {
        for word in words(&vocabulary[name.trim_start_matches("Not")]) {
            ask_about(name, word, (0..ASKS).map(|_| any_ask(random, vocabulary)).collect());
        }
    }
    for group in list(&vocabulary["Condition"]) {
        let keys = texts(&group["operators"])
            .into_iter()
            .flat_map(|operator| texts(&group["keys"]).into_iter().map(move |key| (operator.clone(), key)));
        for (operator, key) in keys {
            for want in words(group) {
                let form = *random.pick(if operator == "Null" {
                    &["{}"]
                } else {
                    &["ForAnyValue:{}", "ForAllValues:{}", "{}IfExists"] as &[&str]
                });
                // One request for each value of the key.
                let values = vocabulary["facts"]
                    .get(&key)
                    .map_or_else(|| vec![None], |values| list(values).iter().map(Some).collect());
                let asks: Vec<Ask> = values
                    .into_iter()
                    .map(|values| {
                        let mut ask = any_ask(random, vocabulary);
                        ask.facts.extend(values.map(|values| (key.clone(), texts(values))));
                        ask
                    })
                    .collect();
                for form in BTreeSet::from(["{}", form]) {
                    ask_about(
                        "Condition",
                        json!({form.replace("{}", &operator): {&key: want}}),
                        asks.clone(),
                    );
                }
            }
        }
    }
    questions
}

#[test]
fn elements_are_judged_as_the_peer_judges_them() {
    let questions = every_element(&mut Random(11), &vocabulary());
    let differences = compared("alone", &questions);
    let counts = traced("alone-elements", &differences);
    println!(
        "{} elements: {} answers differ, by kind {:?}",
        questions.len(),
        differences.len(),
        by_kind(&counts)
    );
    let unmet: Vec<Value> = listed()
        .into_iter()
        .enumerate()
        .filter(|(place, _)| !counts.contains_key(place))
        .map(|(_, kind)| kind)
        .collect();
    assert!(unmet.is_empty(), "these are listed and not met: {unmet:#?}");
}

#[test]
fn documents_are_judged_as_the_peer_judges_them() {
    let (vocabulary, mut random) = (vocabulary(), Random(2_024));
    let questions: Vec<(Value, Vec<Ask>)> = (0..KNOWN)
        .map(|_| (any_document(&mut random, &vocabulary), vec![any_ask(&mut random, &vocabulary)]))
        .collect();
    let differences = compared("known", &questions);
    let counts = traced("known-elements", &differences);
    let mut words: BTreeMap<&str, usize> = BTreeMap::new();
    for (document, asks) in &questions {
        *words.entry(word(ours(document, &asks[0]))).or_default() += 1;
    }
    println!(
        "{KNOWN} documents, {words:?}: {} answers differ, elements by kind {:?}",
        differences.len(),
        by_kind(&counts)
    );
    // A generator that says nothing would agree too.
    assert!(differences.len() * 4 < KNOWN, "{} of {KNOWN} differ", differences.len());
    assert!(words["allowed"] * 10 > KNOWN && words["not"] * 10 > KNOWN, "{words:?}");
}

/// A request of which something is withheld, and all that it may be.
fn worlds(random: &mut Random, vocabulary: &Value, document: &Value) -> (Ask, Vec<Ask>) {
    let mut ask = any_ask(random, vocabulary);
    let whole = document.to_string();
    // These are known without being told.
    let derived: &[&str] = match ask.caller {
        Caller::Role { .. } => &["aws:SecureTransport", "aws:SourceArn"],
        Caller::Service => &[],
        Caller::Anonymous => &["aws:PrincipalOrgID", "aws:PrincipalArn", "aws:PrincipalAccount"],
    };
    let all: Vec<&String> = ask.facts.keys().filter(|key| !derived.contains(&key.as_str())).collect();
    let mentioned: Vec<&String> = all.iter().copied().filter(|key| whole.contains(key.as_str())).collect();
    let keys: BTreeSet<String> = (0..=random.below(3))
        .map(|_| (*random.pick(if mentioned.is_empty() { &all } else { &mentioned })).clone())
        .collect();
    let mut worlds = vec![ask.clone()];
    // Principals that are saved by name exist, so a path that is not theirs is not this role's.
    let names_role =
        whole.contains("role/reader\"") || whole.contains("role/old/reader") || whole.contains("role/Reader");
    if let Caller::Role { account, path, session } = ask.caller {
        let (paths, sessions): (&[_], &[_]) = match random.below(3) {
            0 if !names_role => (&["", "team/", "team/a/"], &["5f0c"]),
            1 => (&[""], &["5f0c", "other", "b"]),
            _ => (&[""], &["5f0c"]),
        };
        ask.caller = Caller::Role {
            account,
            path: path.filter(|_| paths.len() == 1),
            session: session.filter(|_| sessions.len() == 1),
        };
        let named = |path| {
            sessions.iter().map(move |session| Caller::Role {
                account,
                path: Some(path),
                session: Some(*session),
            })
        };
        worlds =
            paths.iter().copied().flat_map(named).map(|caller| Ask { caller, ..worlds[0].clone() }).collect();
    }
    for key in keys {
        ask.facts.remove(&key);
        let values: Vec<Vec<String>> = vocabulary["facts"]
            .get(&key)
            .map_or_else(|| vec![Vec::new()], |values| list(values).iter().map(texts).collect());
        let with = |world: &Ask, values: &Vec<String>| {
            let mut world = world.clone();
            world.facts.insert(key.clone(), values.clone());
            world
        };
        worlds =
            worlds.iter().flat_map(|world| values.iter().map(move |values| with(world, values))).collect();
    }
    (ask, worlds)
}

#[test]
fn no_definite_answer_fails_in_a_possible_world() {
    let (vocabulary, mut random) = (vocabulary(), Random(77));
    let (mut questions, mut answers_of_ours) = (Vec::new(), Vec::new());
    for _ in 0..WITHHELD {
        let document = any_document(&mut random, &vocabulary);
        let (ask, worlds) = worlds(&mut random, &vocabulary, &document);
        let answer = ours(&document, &ask);
        for world in worlds.iter().filter(|_| answer != UNSURE) {
            let whole = ours(&document, world);
            assert_eq!(
                whole & !answer,
                0,
                "{whole:05b} is more than {answer:05b}:\n{document}\n{ask:?}\n{world:?}"
            );
        }
        if answer != UNSURE {
            questions.push((document, worlds));
            answers_of_ours.push(answer);
        }
    }
    let mut differences = Vec::new();
    let mut judged = 0;
    for (((document, worlds), ours), peers) in
        questions.iter().zip(answers_of_ours).zip(peer("withheld", &questions))
    {
        judged += worlds.len();
        for (ask, peers) in worlds.iter().zip(peers).filter(|(_, peers)| ours & peers == 0) {
            differences.push(Difference { document: document.clone(), ask: ask.clone(), ours, peers });
        }
    }
    let counts = traced("withheld-elements", &differences);
    println!(
        "{WITHHELD} documents, {} answered definitely, in {judged} worlds: {} answers differ, elements by kind {:?}",
        questions.len(),
        differences.len(),
        by_kind(&counts)
    );
    assert!(questions.len() * 3 > WITHHELD, "{} answers are definite", questions.len());
}
