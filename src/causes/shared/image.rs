//! An image that a case can be about.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::command::Command;
use super::fix::Fix;
use super::name::Kind;
use super::proof::{Complete, Gap, Identity, Proof, Time};
use crate::question::facts::{CacheRule, Image, Moment};
use crate::question::{Known, Question, ask};
use crate::task_definition::{ImageName, ReferenceKind};

/// An image in a private registry of Amazon ECR.
#[derive(PartialEq, Eq)]
pub(in crate::causes) struct EcrImage {
    pub(in crate::causes) region: String,
    pub(in crate::causes) registry: String,
    /// The repository's name.
    pub(in crate::causes) path: String,
    /// Its tag or digest.
    pub(in crate::causes) reference: String,
}

/// What became of an image.
pub(in crate::causes) enum Pulled<'c> {
    /// The repository does not exist.
    NoRepository,
    /// It has no such tag or digest.
    NoImage,
    /// It is there, pushed at that time.
    There(Option<Moment>),
    /// It is unknown, and why.
    Unknown(Known<'c, Vec<Image>>),
}

impl EcrImage {
    /// The images that the case is about, as far as ECR keeps them.
    pub(in crate::causes) fn all(case: &Case<'_>) -> Vec<Self> {
        let named = case
            .references
            .iter()
            .filter(|reference| reference.kind == ReferenceKind::Image)
            .map(|reference| reference.value_from.clone());
        let mut names: Vec<String> = named.collect();
        if names.is_empty() {
            names.extend(case.name());
        }
        let mut images: Vec<Self> = Vec::new();
        for image in names.iter().filter_map(|name| Self::parse(name)) {
            if !images.contains(&image) {
                images.push(image);
            }
        }
        images
    }

    /// The first of them.
    pub(in crate::causes) fn of(case: &Case<'_>) -> Option<Self> {
        Self::all(case).into_iter().next()
    }

    /// Takes the name of an image in ECR apart; `None` for other registries.
    pub(in crate::causes) fn parse(name: &str) -> Option<Self> {
        let image = ImageName::parse(name);
        let (registry, region) = image.ecr()?;
        Some(Self {
            region: region.to_owned(),
            registry: registry.to_owned(),
            reference: image.reference().to_owned(),
            path: image.path,
        })
    }

    pub(in crate::causes) fn repository(&self) -> ask::Repository {
        ask::Repository {
            region: self.region.clone(),
            registry: self.registry.clone(),
            name: self.path.clone(),
        }
    }

    pub(in crate::causes) fn policy(&self) -> ask::RepositoryPolicy {
        ask::RepositoryPolicy {
            region: self.region.clone(),
            registry: self.registry.clone(),
            name: self.path.clone(),
        }
    }

    pub(in crate::causes) fn question(&self) -> ask::Image {
        ask::Image {
            region: self.region.clone(),
            registry: self.registry.clone(),
            repository: self.path.clone(),
            reference: self.reference.clone(),
        }
    }

    fn rules(&self) -> ask::CacheRules {
        ask::CacheRules { region: self.region.clone(), registry: self.registry.clone() }
    }

    /// Asks for it, and once it is missing for what could make it at the first pull.
    pub(in crate::causes) fn ask(&self, case: &Case<'_>) -> Vec<Question> {
        let is_missing = matches!(self.pulled(case), Pulled::NoRepository | Pulled::NoImage);
        let mut questions = vec![self.repository().into(), self.question().into()];
        questions.extend(is_missing.then(|| self.rules().into()));
        questions
    }

    pub(in crate::causes) fn pulled<'c>(&self, case: &Case<'c>) -> Pulled<'c> {
        match (case.look(&self.repository()), case.look(&self.question())) {
            (Known::Missing, _) => Pulled::NoRepository,
            (_, Known::Missing) => Pulled::NoImage,
            (_, Known::Found(images)) => {
                Pulled::There(images.first().and_then(|image| image.image_pushed_at))
            }
            (_, known) => Pulled::Unknown(known),
        }
    }

    /// The rule of a pull-through cache under which the first pull makes the repository and imports the
    /// image.
    pub(in crate::causes) fn cache_rule<'c>(&self, case: &Case<'c>) -> Option<&'c CacheRule> {
        case.look(&self.rules()).found()?.iter().find(|rule| {
            let prefix = rule.ecr_repository_prefix.as_deref().unwrap_or_default().trim_end_matches('/');
            prefix == "ROOT" || self.path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'))
        })
    }

    /// That no such rule counts for it. A name without a slash is under one of the whole registry only, which
    /// few have.
    pub(in crate::causes) fn not_cached(&self, case: &Case<'_>) -> Result<Complete, Gap> {
        let known = case.look(&self.rules());
        let rule = self.cache_rule(case).map(|rule| rule.ecr_repository_prefix.clone().unwrap_or_default());
        match (rule, known) {
            (Some(prefix), _) => Complete::unless(Some(format!(
                "what the upstream of the pull-through cache rule {prefix} has"
            ))),
            (None, Known::NotAsked) if !self.path.contains('/') => Complete::alone(),
            (None, known) => {
                Complete::of("whether a pull-through cache rule makes it at the first pull", [known])
            }
        }
    }

    /// What is to be said where the repository has no such image, or is not there itself; `among` are all
    /// that are not there.
    pub(in crate::causes) fn gone(&self, case: &Case<'_>, among: &[&Self]) -> Option<Assessment> {
        let Self { path, reference, region, registry } = self;
        let no_repository = matches!(self.pulled(case), Pulled::NoRepository);
        let found = if no_repository {
            Finding::missing(format!("repository {path} in {region}, {registry}"), "DescribeRepositories")
        } else {
            Finding::missing(format!("{reference} in repository {path}"), "DescribeImages")
        };
        if let Some(rule) = self.cache_rule(case) {
            // The first pull makes it.
            return (!case.forecast).then(|| self.not_imported(case, rule).finding(found));
        }
        let cached = self.not_cached(case);
        let (title, fix) = if no_repository {
            (format!("ECR repository {path} does not exist"), self.no_repository(case, cached.is_err()))
        } else {
            let text = "push the image, or name one that exists in a new revision";
            let name = case.name().unwrap_or_else(|| format!("{path}:{reference}"));
            (
                format!("image {name} does not exist"),
                Fix::words(text).run([self.describe(case)]).then_again(case),
            )
        };
        let proof =
            Proof::by(vec![found], Identity::only_one(among, "missing image"), cached, Time::as_ecs_said());
        Some(Assessment::confirmed(title, proof).fix(fix))
    }

    /// What is to be said where the image comes through a cache.
    fn not_imported(&self, case: &Case<'_>, rule: &CacheRule) -> Assessment {
        let Self { path, reference, region, registry } = self;
        let prefix = rule.ecr_repository_prefix.as_deref().unwrap_or_default();
        let upstream = rule.upstream_registry_url.as_deref().unwrap_or("its upstream registry");
        let says = format!(
            "{prefix} is the prefix of a pull-through cache rule: the first pull makes the repository and imports the image from {upstream}"
        );
        let text = format!(
            "see that {upstream} has the image and takes the rule's login, and that the execution role is allowed to call ecr:CreateRepository and \
             ecr:BatchImportUpstreamImage on the repository"
        );
        let look = Command::aws("ecr describe-pull-through-cache-rules", Some(region)).name(
            "--registry-id",
            Kind::Account,
            registry.as_str(),
        );
        Assessment::likely(format!("image {path}:{reference} could not be had through the cache"))
            .finding(Finding::found(says, "DescribePullThroughCacheRules"))
            .fix(Fix::words(text).run([look]).then_again(case))
    }

    /// What to do where the repository itself is missing. Under a pull through cache rule ECR creates it.
    fn no_repository(&self, case: &Case<'_>, may_be_cached: bool) -> Fix {
        let Self { path, region, registry, .. } = self;
        if may_be_cached {
            let text = "name an image that exists in a new revision, or see whether a pull-through cache rule is to make the repository";
            let look = Command::aws("ecr describe-pull-through-cache-rules", Some(region));
            return Fix::words(text)
                .run([look.name("--registry-id", Kind::Account, registry.as_str())])
                .then_again(case);
        }
        let whose = if case.task.account.as_ref() == Some(registry) { "" } else { " in the owner's account" };
        let create = Command::aws("ecr create-repository", Some(region)).name(
            "--repository-name",
            Kind::Repository,
            path.as_str(),
        );
        let text = format!(
            "create the repository{whose} and push the image, or name one that exists in a new revision"
        );
        Fix::words(text).run([create]).then_again(case)
    }

    /// How to see what the repository holds.
    pub(in crate::causes) fn describe(&self, case: &Case<'_>) -> Command {
        let foreign = case
            .task
            .account
            .as_deref()
            .is_some_and(|own| own != self.registry)
            .then_some(self.registry.as_str());
        let look = Command::aws("ecr describe-images", Some(&self.region)).maybe(
            "--registry-id",
            Kind::Account,
            foreign,
        );
        let look = look.name("--repository-name", Kind::Repository, self.path.as_str());
        look.words("--query 'sort_by(imageDetails,&imagePushedAt)[-5:].imageTags'")
    }
}
