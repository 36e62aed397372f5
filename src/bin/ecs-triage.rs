//! The command line: thin; everything it says comes from the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ecs_triage::cli::main()
}
