//! The name of a container image, taken apart as Docker does.

/// `registry/path:tag@digest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageName<'a> {
    /// The registry's host; `docker.io` where none is named.
    pub registry: &'a str,
    /// The repository, with the `library/` that Docker Hub puts before its own.
    pub path: String,
    /// The tag, if one is named.
    pub tag: Option<&'a str>,
    /// The digest, if one is named.
    pub digest: Option<&'a str>,
}

const DOCKER_HUB: &str = "docker.io";

impl<'a> ImageName<'a> {
    /// Takes a name apart.
    #[must_use]
    pub fn parse(name: &'a str) -> Self {
        let (name, digest) = name.split_once('@').map_or((name, None), |(name, digest)| (name, Some(digest)));
        let is_host = |first: &&str| first.contains(['.', ':']) || *first == "localhost";
        let (registry, rest) =
            name.split_once('/').filter(|(first, _)| is_host(first)).unwrap_or((DOCKER_HUB, name));
        let registry = if matches!(registry, "registry-1.docker.io" | "index.docker.io") {
            DOCKER_HUB
        } else {
            registry
        };
        let (path, tag) = rest.split_once(':').map_or((rest, None), |(path, tag)| (path, Some(tag)));
        let path = if registry == DOCKER_HUB && !path.contains('/') {
            format!("library/{path}")
        } else {
            path.to_owned()
        };
        Self { registry, path, tag, digest }
    }

    /// The tag or digest that is pulled.
    #[must_use]
    pub fn reference(&self) -> &'a str {
        self.digest.or(self.tag).unwrap_or("latest")
    }

    /// Whether `named`, which may leave out tag or digest, is this image.
    #[must_use]
    pub fn is_named_by(&self, named: &ImageName<'_>) -> bool {
        let tag = |image: &ImageName<'_>| {
            image.tag.map(str::to_owned).or_else(|| image.digest.is_none().then(|| "latest".to_owned()))
        };
        let same = match (self.digest, named.digest) {
            (Some(own), Some(named)) => own == named,
            _ => named.tag.is_none() || tag(self).is_none_or(|own| Some(own.as_str()) == named.tag),
        };
        same && self.registry == named.registry && self.path == named.path
    }

    /// The account and the Region of a private registry of Amazon ECR:
    /// `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, or `ACCOUNT.dkr-ecr.REGION.on.aws`.
    #[must_use]
    pub fn ecr(&self) -> Option<(&'a str, &'a str)> {
        let (account, rest) = self.registry.split_once('.')?;
        let hosts = ["dkr.ecr.", "dkr.ecr-fips.", "dkr-ecr.", "dkr-ecr-fips."];
        let rest = hosts.into_iter().find_map(|host| rest.strip_prefix(host))?;
        Some((account, rest.split('.').next()?))
    }
}
