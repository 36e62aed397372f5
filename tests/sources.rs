//! What pipelines have, read as it lies there: each file of `tests/sources`, and hostile ones.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ecs_triage::source::{Given, Source, read};

fn told(source: &Source) -> String {
    let mut told = String::new();
    for found in &source.found {
        let start = found.places.start().map(|at| format!(" at {}:{}", at.line, at.column)).unwrap_or_default();
        let _ = writeln!(told, "definition {:?}{start}, family {:?}, {} containers", found.name, found.definition.family, found.definition.containers.len());
        for reference in found.definition.references() {
            let at = found.places.of(&found.definition, &reference).map(|at| format!("{}:{}", at.line, at.column)).unwrap_or_default();
            let pending = found.plan.pending(&found.definition, &reference).map(|pending| format!("  [{}]", pending.why)).unwrap_or_default();
            let _ = writeln!(told, "  {at:>7} {:?} {} {}{pending}", reference.kind, reference.name.as_deref().unwrap_or("-"), reference.value_from);
        }
        for (path, pending) in found.plan.pending_parts(&found.definition) {
            let _ = writeln!(told, "     open {path}: {} [{}]", pending.shown, pending.why);
        }
    }
    for service in &source.services {
        let network = service.network.as_ref().map(|network| (network.subnets.join(","), network.security_groups.join(",")));
        let _ = writeln!(told, "service {:?} starts {:?}, {:?}, {network:?} {:?}", service.name, service.runs, service.launch_type, service.network_open);
    }
    source.faults.iter().for_each(|fault| {
        let _ = writeln!(told, "fault {fault}");
    });
    source.notes.iter().for_each(|note| {
        let _ = writeln!(told, "note {note}");
    });
    told
}

#[test]
fn files_read_as_their_snapshots_say() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources");
    let mut files: Vec<_> = fs::read_dir(&directory).expect("it can be read").map(|entry| entry.expect("it can be read").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension != "snap" && extension != "new"));
    files.sort();
    for path in files {
        let text = fs::read_to_string(&path).expect("it is text");
        let given = Given { region: Some("eu-west-1".to_owned()), ..Given::default() };
        let told = read(&text, &given).map_or_else(|error| format!("{error}\n"), |source| told(&source));
        let name = path.file_name().and_then(|name| name.to_str()).expect("its name is UTF-8");
        insta::with_settings!({snapshot_path => &directory, prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, told);
        });
    }
}
