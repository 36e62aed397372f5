//! Profiles of the AWS configuration: which there are, and what to type where one gives no credentials.

use std::error::Error;

use aws_config::SdkConfig;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_sdk_sns::config::ProvideCredentials as _;
use aws_types::os_shim_internal::{Env, Fs};
use strsim::damerau_levenshtein;

use super::innermost;

/// Letters that a name may be wrong in.
const SLIP: usize = 2;

/// The profiles of the shared configuration, in the order of their names; none where it cannot be read.
pub async fn names() -> Vec<String> {
    let mut names: Vec<String> = sections(None)
        .await
        .map(|sections| sections.profiles().map(str::to_owned).collect())
        .unwrap_or_default();
    names.sort_unstable();
    names
}

/// Whether there are credentials to ask with.
///
/// # Errors
///
/// Why not, and what to type.
pub(crate) async fn check(config: &SdkConfig, profile: Option<&str>) -> Result<(), String> {
    let Ok(sections) = sections(profile).await else {
        return Err("the AWS configuration cannot be read: see ~/.aws/config".to_owned());
    };
    let name = sections.selected_profile();
    if name != "default" && sections.get_profile(name).is_none() {
        return Err(missing(name, &sections));
    }
    let Some(provider) = config.credentials_provider() else {
        return Err(advice(name, &sections, "none are configured"));
    };
    match provider.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(error) => Err(advice(name, &sections, &innermost(&error as &dyn Error))),
    }
}

async fn sections(profile: Option<&str>) -> Result<EnvConfigSections, Box<dyn Error>> {
    let mut source = source::load(&Env::real(), &Fs::real(), &EnvConfigFiles::default()).await?;
    if let Some(profile) = profile {
        source.profile = profile.to_owned().into();
    }
    Ok(EnvConfigSections::parse(source)?)
}

/// A profile that there is none of.
fn missing(name: &str, sections: &EnvConfigSections) -> String {
    let near = sections
        .profiles()
        .filter(|other| damerau_levenshtein(other, name) <= SLIP)
        .min_by_key(|other| damerau_levenshtein(other, name));
    let meant = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    format!("there is no AWS profile {name}{meant}; these are:\n    aws configure list-profiles")
}

/// What to type to get credentials.
fn advice(name: &str, sections: &EnvConfigSections, why: &str) -> String {
    let why = why.lines().next().and_then(|line| line.split(". ").next()).unwrap_or_default();
    let has = |key: &str| sections.get_profile(name).is_some_and(|profile| profile.get(key).is_some());
    let login = if has("sso_session") || has("sso_start_url") {
        format!("log in:\n    aws sso login --profile {name}")
    } else if has("login_session") {
        format!("log in:\n    aws login --profile {name}")
    } else {
        "name a profile with --profile, or log in:\n    aws login\nAny other login is handed on:\n    eval \"$(aws configure export-credentials --format env)\""
            .to_owned()
    };
    format!("there are no AWS credentials to ask with ({why}): {login}")
}
