//! What other programs make of the command line: shells complete it, and `man` shows it.
//!
//! bash is needed. zsh and fish are tried where they are installed, and the test says where they are not;
//! with `SHELLS=required` they must be.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "shells need the caller's path, and what is not tried is told"
)]

use std::env;
use std::path::Path;
use std::process::{Command, Output};

use ecs_triage::causes::CAUSES;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ecs-triage");
/// Commands that people see.
#[cfg(feature = "aws")]
const COMMANDS: &[&str] = &["diagnose", "check", "ps", "history", "completions", "explain"];
#[cfg(not(feature = "aws"))]
const COMMANDS: &[&str] = &["diagnose", "check", "completions", "explain"];

fn text(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("the output is UTF-8")
}

fn printed(arguments: &[&str]) -> String {
    text(Command::new(PROGRAM).args(arguments).output().expect("the program runs"))
}

/// Runs a script of a shell, with the program on the path; none where the shell is not installed.
fn run(shell: &str, arguments: &[&str], script: &str) -> Option<Output> {
    let directory = Path::new(PROGRAM).parent().expect("it lies in a directory");
    let path = env::join_paths(
        [directory.to_owned()].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap_or_default())),
    )
    .expect("a path");
    let mut command = Command::new(shell);
    command.args(arguments).args(["-c", script]).env("PATH", path).env("HOME", env!("CARGO_TARGET_TMPDIR"));
    command
        .env("AWS_CONFIG_FILE", root("tests/live/aws-config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", root("tests/live/none"))
        .env_remove("AWS_PROFILE");
    match command.output() {
        Ok(output) => Some(output),
        Err(error) => {
            assert!(
                shell != "bash" && env::var_os("SHELLS").is_none_or(|wanted| wanted != "required"),
                "{shell}: {error}"
            );
            println!("{shell} is not installed: its completions were NOT tried");
            None
        }
    }
}

fn root(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}

/// What each shell offers for a line whose last word is being typed.
fn offered(shell: &str, line: &[&str]) -> Option<Vec<String>> {
    let script = match shell {
        "bash" => {
            let words: Vec<String> = line.iter().map(|word| format!("'{word}'")).collect();
            let (at, last) = (line.len() - 1, line.last().unwrap_or(&""));
            format!(
                "source <(ecs-triage completions bash)\ncomplete -p ecs-triage >&2 || exit 1\nexec 2>&1\nCOMP_WORDS=({}) COMP_CWORD={at} COMP_TYPE=9\n\
                 _clap_complete_ecs_triage ecs-triage '{last}' ''\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
                words.join(" ")
            )
        }
        // `_describe` is what shows the menu; here it prints the list that it is given.
        "zsh" => {
            let words: Vec<String> = line.iter().map(|word| format!("'{word}'")).collect();
            format!(
                "compdef() {{ }}\n_describe() {{ local list=${{@[-1]}}; [[ $list == -* ]] && list=other; print -rl -- ${{(P)list}} }}\n\
                 source <(ecs-triage completions zsh)\nwords=({}) CURRENT={}\n_clap_dynamic_completer_ecs_triage",
                words.join(" "),
                line.len()
            )
        }
        _ => format!("ecs-triage completions fish | source\ncomplete --do-complete '{}'", line.join(" ")),
    };
    let arguments: &[&str] = match shell {
        "bash" => &["--noprofile", "--norc"],
        "zsh" => &["-f"],
        _ => &["--no-config"],
    };
    let output = run(shell, arguments, &script)?;
    assert!(output.status.success(), "{shell} {line:?}: {output:?}");
    let said = String::from_utf8(output.stdout).expect("the output is UTF-8");
    // Explanations stand behind a colon in zsh, and behind a tab in fish.
    Some(
        said.lines()
            .map(|line| line.split(['\t', ':']).next().unwrap_or_default().trim().to_owned())
            .collect(),
    )
}

#[test]
fn shells_complete_commands_options_values_and_names() {
    for shell in ["bash", "zsh", "fish"] {
        for (line, wanted) in [
            (&["ecs-triage", ""][..], COMMANDS),
            (&["ecs-triage", "diag"], &["diagnose"]),
            (
                &["ecs-triage", "diagnose", "--"],
                &["--reason", "--task-definition", "--evidence", "--full", "--color", "--width"],
            ),
            (&["ecs-triage", "diagnose", "--format", ""], &["text", "json", "jsonl", "markdown"]),
            (&["ecs-triage", "check", "--fail-on", ""], &["confirmed", "likely", "possible", "not-checked"]),
            (&["ecs-triage", "--color", "n"], &["never"]),
            (&["ecs-triage", "explain", "secret-key"], &["secret-key-missing"]),
            (&["ecs-triage", "completions", ""], &["bash", "zsh", "fish"]),
        ] {
            let Some(offered) = offered(shell, line) else { break };
            for wanted in wanted {
                assert!(
                    offered.iter().any(|word| word == wanted),
                    "{shell} {line:?}: {wanted} is not among {offered:?}"
                );
            }
        }
        if let Some(causes) = offered(shell, &["ecs-triage", "explain", ""]) {
            assert!(
                CAUSES.iter().all(|cause| causes.iter().any(|word| word == cause.id)),
                "{shell}: {causes:?}"
            );
            println!("{shell}: completions were tried");
        }
    }
}

#[cfg(feature = "aws")]
#[test]
fn shells_complete_profiles() {
    for shell in ["bash", "zsh", "fish"] {
        let Some(offered) = offered(shell, &["ecs-triage", "ps", "--profile", ""]) else { continue };
        for profile in ["default", "prod", "sandbox"] {
            assert!(
                offered.iter().any(|word| word == profile),
                "{shell}: {profile} is not among {offered:?}"
            );
        }
    }
}

#[test]
fn the_manual_holds_every_command_and_option() {
    let whole = printed(&["man"]);
    assert!(whole.contains(".TH ecs\\-triage 1") || whole.contains(".TH ecs-triage 1"), "{whole}");
    for command in COMMANDS {
        assert!(whole.contains(&format!("ecs\\-triage\\-{command}(1)")), "{command} is not in {whole}");
        let page = printed(&["man", command]);
        let help = printed(&[command, "--help"]);
        let options = help
            .split_whitespace()
            .filter(|word| word.starts_with("--"))
            .map(|word| word.trim_end_matches([',', '.', ':', ')', '`', '\'']));
        for option in options.filter(|option| option.len() > 2) {
            let escaped = option.split(['=', '[']).next().unwrap_or(option).replace('-', "\\-");
            assert!(
                page.contains(&escaped) || page.contains(option),
                "{command}: {option} is not in its page"
            );
        }
    }
    assert_eq!(
        Command::new(PROGRAM).args(["man", "nothing"]).output().expect("the program runs").status.code(),
        Some(2)
    );
}

#[test]
fn every_help_tells_the_exit_statuses() {
    for command in COMMANDS {
        let help = printed(&[command, "--help"]);
        assert!(help.contains("Exit status: 0"), "{command}: {help}");
    }
    for form in [&["--help"][..], &["help"], &["help", "--help"]] {
        assert!(printed(form).contains("Usage: ecs-triage"), "{form:?}");
    }
    assert_eq!(printed(&["help", "check"]), printed(&["check", "--help"]));
}
