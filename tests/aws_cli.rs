//! Every command of every case is one that the AWS CLI takes: its words, options and values, checked against
//! the services' own models.

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

mod environment;
mod recorded;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use ecs_triage::diagnosis::diagnose;
use ecs_triage::event::{Task, read_record};
use environment::{python_environment, succeed};
use recorded::{cases, investigated, read_case, text_of};

#[test]
fn every_command_of_every_case_parses_in_the_aws_cli() {
    let mut commands = BTreeSet::new();
    for path in cases() {
        let case = read_case(&path);
        let tasks: Vec<Task> = read_record(&text_of(&case["event"]))
            .into_iter()
            .flat_map(|entry| entry.tasks)
            .flatten()
            .collect();
        // With what AWS tells, and with nothing: the fixes differ.
        for evidence in
            [investigated(&case, &path, &tasks, &mut Vec::new()), ecs_triage::question::Evidence::default()]
        {
            let reports: Vec<_> = tasks.iter().map(|task| diagnose(task, &evidence)).collect();
            let of_reports = reports
                .iter()
                .flat_map(|report| &report.diagnoses)
                .flat_map(|diagnosis| diagnosis.fix.commands());
            commands.extend(
                of_reports
                    .map(|command| command.as_str().to_owned())
                    .filter(|command| command.starts_with("aws ")),
            );
        }
    }
    assert!(commands.len() > 150, "{} commands are too few", commands.len());
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("aws_cli");
    fs::create_dir_all(&directory).expect("the directory can be made");
    let list = directory.join("commands.json");
    fs::write(&list, serde_json::to_string(&commands).expect("they are texts"))
        .expect("the list can be written");
    let python = python_environment("awscli", "requirements-awscli.txt").join("python");
    let output = succeed(Command::new(python).arg("-B").arg("tests/stack/aws_cli.py").arg(&list));
    print!("{}", String::from_utf8_lossy(&output.stdout));
}
