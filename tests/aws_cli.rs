//! Every command of every case and of every page is one that the AWS CLI takes: its words, options and values,
//! checked against the services' own models.

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
    taken("of-cases", &commands);
}

/// Those that a page gives a person to type, for whose Region the person's own setting counts.
#[test]
fn every_command_of_the_pages_parses_in_the_aws_cli() {
    let pages = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")).expect("they can be listed");
    let pages = pages.map(|page| page.expect("they can be listed").path()).filter(|page| page.is_file());
    let mut commands = BTreeSet::new();
    for page in pages {
        let text = fs::read_to_string(&page).expect("the page can be read");
        for block in text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            let block = block.replace("\\\n", " ");
            let lines = block.lines().map(|line| line.split(['>', '#']).next().unwrap_or_default().trim());
            // The first version of the AWS CLI, which this is, reads binary values in no other format.
            let lines = lines.filter(|line| !line.contains("--cli-binary-format"));
            let typed = lines.filter(|line| line.starts_with("aws ") && !line.contains('|'));
            commands.extend(typed.map(|line| {
                if line.contains("--region ") {
                    line.to_owned()
                } else {
                    format!("{line} --region eu-west-1")
                }
            }));
        }
    }
    assert!(commands.len() > 15, "{} commands are too few", commands.len());
    taken("of-pages", &commands);
}

/// The AWS CLI makes a request of each.
fn taken(list: &str, commands: &BTreeSet<String>) {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("aws_cli");
    fs::create_dir_all(&directory).expect("the directory can be made");
    let list = directory.join(list).with_extension("json");
    fs::write(&list, serde_json::to_string(commands).expect("they are texts"))
        .expect("the list can be written");
    let python = python_environment("awscli", "requirements-awscli.txt").join("python");
    succeed(Command::new(python).arg("-B").arg("tests/stack/aws_cli.py").arg(&list));
}
