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
        say("error parsing http 503").step(S::ImagePull).fault(F::ServiceError),
        say("redacted ecr url related to ").step(S::ImagePull).word(Resource, &[": "]),
        say("requested access to the resource is denied").step(S::ImagePull).fault(F::AccessDenied),
        say("insufficient_scope").step(S::ImagePull).fault(F::AccessDenied),
        say("unauthorized: authentication required").step(S::ImagePull).fault(F::AccessDenied),
        say("unauthorized: access ").step(S::ImagePull).fault(F::AccessDenied),
        say("error from registry: unauthorized").step(S::ImagePull).fault(F::AccessDenied),
        say("\": unauthorized").step(S::ImagePull).fault(F::AccessDenied),
        say("\": denied").step(S::ImagePull).fault(F::AccessDenied),
        say("\" denied on resource \"").step(S::ImagePull).fault(F::AccessDenied),
        say("unauthorized: incorrect username or password").step(S::ImagePull).fault(F::BadCredentials),
        say("incorrect username or password").step(S::ImagePull).fault(F::BadCredentials),
        say("no basic auth credentials").step(S::ImagePull).fault(F::BadCredentials),
        say("your authorization token has expired").step(S::ImagePull).fault(F::BadCredentials),
        say("manifest unknown").step(S::ImagePull).fault(F::NotFound),
        say("manifest for ").step(S::ImagePull).word(Resource, &[]),
        say("name unknown: ").step(S::ImagePull).fault(F::NotFound),
        say("the repository with name '")
            .step(S::ImagePull)
            .fault(F::NotFound)
            .within(Resource, &["' does not exist"]),
        say("error response from daemon: repository ").step(S::ImagePull).word(Resource, &[]),
        say("error response from daemon: repository does not exist").step(S::ImagePull).fault(F::NotFound),
        say("unknown blob").step(S::ImagePull).fault(F::NotFound),
        say("blob unknown").step(S::ImagePull).fault(F::NotFound),
        say("error: image ").step(S::ImagePull).word(Resource, &[]),
        say("image not found").step(S::ImagePull).fault(F::NotFound),
        say("not found in repository ").step(S::ImagePull).fault(F::NotFound).word(Resource, &[]),
        say("failed to find a repo digest matching").step(S::ImagePull).fault(F::NotFound),
        say("failed to find a repo digest matching '")
            .step(S::ImagePull)
            .fault(F::NotFound)
            .word(Resource, &["'"]),
        say("error response from daemon: get ").step(S::ImagePull),
        say("error response from daemon: head ").step(S::ImagePull),
        say("invalid reference format").step(S::ImagePull).fault(F::BadReference),
        say("invalid tag format").step(S::ImagePull).fault(F::BadReference),
        say("error parsing reference").step(S::ImagePull).fault(F::BadReference),
        say("image operating system ").step(S::ImagePull).fault(F::PlatformMismatch),
        say("-based image is incompatible with a ").step(S::ImagePull).fault(F::PlatformMismatch),
        say("failed to register layer").step(S::ImagePull),
        say("failed to extract layer sha256:").step(S::ImagePull).word(Resource, &[": "]).back(7),
        say("failed to extract layer").step(S::ImagePull),
        say("failed to unpack image").step(S::ImagePull),
        say("no processor for media-type").step(S::ImagePull).fault(F::Misconfigured),
        say("unsupported media type").step(S::ImagePull).fault(F::Misconfigured),
    ],
)];
