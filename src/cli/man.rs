//! The help of a command, and the manual, which is made of it.

use clap::Command;
use clap_mangen::Man;

use super::error::CliError;

/// What `--help` says, of the program or of one of its commands.
pub(super) fn help(mut program: Command, command: Option<&str>) -> Result<String, CliError> {
    Ok(named(&mut program, command)?.render_long_help().to_string())
}

/// The page of the program, or of one of its commands.
pub(super) fn page(mut program: Command, command: Option<&str>) -> Result<String, CliError> {
    let page = Man::new(named(&mut program, command)?.clone());
    let page = command.into_iter().fold(page, |page, name| page.title(format!("ecs-triage-{name}")));
    let mut text = Vec::new();
    page.render(&mut text)?;
    String::from_utf8(text).map_err(|error| CliError::Unwritable(std::io::Error::other(error)))
}

fn named<'c>(program: &'c mut Command, command: Option<&str>) -> Result<&'c mut Command, CliError> {
    program.build();
    match command {
        None => Ok(program),
        Some(name) => program.find_subcommand_mut(name).ok_or_else(|| CliError::NoCommand(name.to_owned())),
    }
}
