//! The Python environments of the tests, and programs run in them. An environment is made under
//! `target/test-venv`, when it is missing or when its requirements changed. They name everything, with
//! hashes, so pip has nothing to resolve. Where Python or a package cannot be had, the test fails and says
//! so.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Of a program that failed; the stack's logs are long.
const SHOWN_LINES: usize = 120;
/// As often as packages are asked for, where an index of them fails now and then.
const INSTALLATIONS: usize = 3;

/// The programs of a Python environment with these requirements, made where it is not there yet.
#[track_caller]
pub(crate) fn python_environment(name: &str, requirements: &str) -> PathBuf {
    let environments = Path::new(ROOT).join("target/test-venv");
    let (directory, requirements) =
        (environments.join(name), Path::new(ROOT).join("tests/stack").join(requirements));
    fs::create_dir_all(&environments)
        .unwrap_or_else(|error| panic!("cannot make {}: {error}", environments.display()));
    let lock =
        File::create(environments.join(format!("{name}.lock"))).and_then(|file| file.lock().map(|()| file));
    let _held = lock.unwrap_or_else(|error| panic!("cannot lock the Python environment {name}: {error}"));
    let wanted = fs::read_to_string(&requirements).expect("the requirements can be read");
    let stamp = directory.join("requirements.txt");
    if fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        match fs::remove_dir_all(&directory) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                panic!("cannot remove {}: {error}", directory.display())
            }
            _ => succeed(Command::new("python3").args(["-m", "venv"]).arg(&directory)),
        };
        let mut install = Command::new(directory.join("bin/python"));
        install
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r"])
            .arg(&requirements);
        if !(1..INSTALLATIONS).any(|_| run(&mut install).status.success()) {
            succeed(&mut install);
        }
        fs::write(&stamp, wanted).expect("the stamp can be written");
    }
    directory.join("bin")
}

/// Runs a program that must not fail.
#[track_caller]
pub(crate) fn succeed(command: &mut Command) -> Output {
    let output = run(command);
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, said(&output));
    output
}

/// Runs a program in the checkout, to its end.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Output {
    command
        .current_dir(ROOT)
        .output()
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", command.get_program().display()))
}

/// The end of what a program wrote.
pub(crate) fn said(output: &Output) -> String {
    let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
}
