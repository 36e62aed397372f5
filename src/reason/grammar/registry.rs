//! What a registry of images answers, in the words of the runtime that asked it.

use super::{FARGATE, Section, section};
use crate::reason::phrase::Names::{Nothing, Resource, Retries};
use crate::reason::phrase::Strength::Said;
use crate::reason::phrase::say;
use crate::reason::symptom::{Fault as F, Step as S};

pub(super) const SAYS: &[Section] = &[section(
    Said,
    &["moby/moby distribution", "containerd/containerd core/remotes/docker", FARGATE],
    &[
        say("the task cannot pull '").step(S::ImagePull).within(Resource, &["' from the "]),
        say("the task cannot pull ")
            .step(S::ImagePull)
            .within(Resource, &[" from the registry", " from the amazon ecr repository"]),
        say("failed to resolve ref ").step(S::ImagePull).word(Resource, &[": "]),
        say("failed to resolve reference ").step(S::ImagePull).word(Resource, &[": "]),
        say("failed to resolve ref: ").step(S::ImagePull).within(Resource, &[": ", " not found"]),
        say("failed to resolve ref").step(S::ImagePull),
        say("unable to pull image").step(S::ImagePull),
        say("failed to pull image").step(S::ImagePull),
        say("error while pulling image ").step(S::ImagePull).word(Resource, &[]),
        say("failed to pull and unpack image ").step(S::ImagePull).word(Resource, &[": "]),
        say("pull image manifest has been retried ").step(S::ImagePull).within(Retries, &[" time"]),
        say("ref pull has been retried ").step(S::ImagePull).within(Retries, &[" time"]),
        say("inspect image has been retried ").step(S::ImagePull).within(Retries, &[" time"]),
        say("pull image manifest has been retried").step(S::ImagePull),
        say("ref pull has been retried").step(S::ImagePull),
        say("inspect image has been retried").step(S::ImagePull),
        say("error pulling image configuration").step(S::ImagePull),
        // A registry's or a proxy's page, not a secret.
        say("response body: invalid character '")
            .step(S::ImagePull)
            .within(Nothing, &["' looking for", "' after", "' in "]),
        say("response body: invalid character").step(S::ImagePull),
        say("response body: unexpected end of json input").step(S::ImagePull),
        say("error parsing http ").step(S::ImagePull),
        say("error parsing http 503").means(S::ImagePull, F::ServiceError),
        say("redacted ecr url related to ").step(S::ImagePull).word(Resource, &[": "]),
        say("requested access to the resource is denied").means(S::ImagePull, F::AccessDenied),
        say("insufficient_scope").means(S::ImagePull, F::AccessDenied),
        say("unauthorized: authentication required").means(S::ImagePull, F::AccessDenied),
        say("unauthorized: access ").means(S::ImagePull, F::AccessDenied),
        say("error from registry: unauthorized").means(S::ImagePull, F::AccessDenied),
        say("\": unauthorized").means(S::ImagePull, F::AccessDenied),
        say("\": denied").means(S::ImagePull, F::AccessDenied),
        say("\" denied on resource \"").means(S::ImagePull, F::AccessDenied),
        say("unauthorized: incorrect username or password").means(S::ImagePull, F::BadCredentials),
        say("incorrect username or password").means(S::ImagePull, F::BadCredentials),
        say("no basic auth credentials").means(S::ImagePull, F::BadCredentials),
        say("your authorization token has expired").means(S::ImagePull, F::BadCredentials),
        say("manifest unknown").means(S::ImagePull, F::NotFound),
        say("manifest for ").step(S::ImagePull).word(Resource, &[]),
        say("name unknown: ").means(S::ImagePull, F::NotFound),
        say("the repository with name '")
            .means(S::ImagePull, F::NotFound)
            .within(Resource, &["' does not exist"]),
        say("error response from daemon: repository ").step(S::ImagePull).word(Resource, &[]),
        say("error response from daemon: repository does not exist").means(S::ImagePull, F::NotFound),
        say("unknown blob").means(S::ImagePull, F::NotFound),
        say("blob unknown").means(S::ImagePull, F::NotFound),
        say("error: image ").step(S::ImagePull).word(Resource, &[]),
        say("image not found").means(S::ImagePull, F::NotFound),
        say("not found in repository ").means(S::ImagePull, F::NotFound).word(Resource, &[]),
        say("failed to find a repo digest matching").means(S::ImagePull, F::NotFound),
        say("failed to find a repo digest matching '")
            .means(S::ImagePull, F::NotFound)
            .word(Resource, &["'"]),
        say("error response from daemon: get ").step(S::ImagePull),
        say("error response from daemon: head ").step(S::ImagePull),
        say("invalid reference format").means(S::ImagePull, F::BadReference),
        say("invalid tag format").means(S::ImagePull, F::BadReference),
        say("error parsing reference").means(S::ImagePull, F::BadReference),
        say("image operating system ").means(S::ImagePull, F::PlatformMismatch),
        say("-based image is incompatible with a ").means(S::ImagePull, F::PlatformMismatch),
        say("failed to register layer").step(S::ImagePull),
        say("failed to extract layer sha256:").step(S::ImagePull).word(Resource, &[": "]).back(7),
        say("failed to extract layer").step(S::ImagePull),
        say("failed to unpack image").step(S::ImagePull),
        say("no processor for media-type").means(S::ImagePull, F::Misconfigured),
        say("unsupported media type").means(S::ImagePull, F::Misconfigured),
    ],
)];
