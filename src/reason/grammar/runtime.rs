//! What the container runtime says, and the agent around it.

use super::{Section, section};
use crate::reason::phrase::Names::{Nothing, Resource};
use crate::reason::phrase::Strength::{Hint, Proof, Said};
use crate::reason::phrase::say;
use crate::reason::symptom::Wanted::File;
use crate::reason::symptom::{Fault as F, Step as S};

pub(super) const SAYS: &[Section] = &[
    section(
        Said,
        &["moby/moby distribution", "containerd/containerd core/remotes/docker"],
        &[
            say("pull access denied for ")
                .means(S::ImagePull, F::AccessDenied)
                .word(Resource, &[", repository", ","]),
            say("pull access denied").means(S::ImagePull, F::AccessDenied),
            say("error from registry: denied").means(S::ImagePull, F::AccessDenied),
            say("no such image").means(S::ImagePull, F::NotFound),
            say("no such image: ").means(S::ImagePull, F::NotFound).word(Resource, &[]),
        ],
    ),
    section(
        Hint,
        &["moby/moby distribution", "containerd/containerd core/remotes/docker"],
        &[
            say("api error (404): repository ").means(S::ImagePull, F::NotFound).word(Resource, &[]),
            say("repository does not exist").means(S::ImagePull, F::NotFound),
            say("api error (404)").fault(F::NotFound),
        ],
    ),
    section(
        Proof,
        &["moby/moby distribution", "containerd/containerd core/remotes/docker"],
        &[
            say("does not contain descriptor matching platform").means(S::ImagePull, F::PlatformMismatch),
            say("no matching manifest for ").means(S::ImagePull, F::PlatformMismatch),
            say("no match for platform in manifest").means(S::ImagePull, F::PlatformMismatch),
            say("you have reached your pull rate limit").means(S::ImagePull, F::Throttled),
            say("you have reached your unauthenticated pull rate limit").means(S::ImagePull, F::Throttled),
            say("pull rate limit").means(S::ImagePull, F::Throttled),
        ],
    ),
    section(
        Said,
        &[
            "moby/moby daemon",
            "opencontainers/runc libcontainer",
            "containerd/containerd",
            "aws/amazon-ecs-agent agent/api/task, agent/engine",
        ],
        &[
            say("oci runtime create failed").step(S::Container),
            say("unable to create new container").step(S::Container),
            say("failed to create new container runtime task").step(S::Container),
            say("failed to create shim task").step(S::Container),
            say("executable file not found in $path").means(S::Container, F::NotFound),
            // The container's own words: of a command only the first word is reported, and the mask ends it
            // where more was said.
            say("exec: \"").word(Resource, &["\"", "%"]),
            say("\": stat ").word(Nothing, &[": ", "%"]),
            say("exec /").word(Nothing, &[": ", "%"]),
            say("chdir to cwd (").within(Nothing, &[")"]),
            say("the working directory '").within(Nothing, &["'"]),
            say("mkdir ").word(Nothing, &[": ", "%"]),
            say("unable to find group ").step(S::Container).within(Nothing, &[": "]),
            say("...no such file or direct").means(S::Container, F::NotFound).wants(File),
            say("no such file or directory").fault(F::NotFound).wants(File),
            say("such file or directory").fault(F::NotFound).wants(File),
            say("\": permission denied").means(S::Container, F::Misconfigured),
            say("permission denied: unknown").means(S::Container, F::Misconfigured),
            say("exec format error").means(S::Container, F::PlatformMismatch),
            say("operation not permitted").fault(F::AccessDenied),
            say("running prestart hook").means(S::Container, F::Misconfigured),
            say("port is already allocated").means(S::Container, F::Misconfigured),
            say("driver failed programming external connectivity").means(S::Container, F::Misconfigured),
            say("address already in use").fault(F::Misconfigured),
            say("bind: address already in use").means(S::Container, F::Misconfigured),
            say("failed to get container status").step(S::Container),
            say("range of cpus is from ").means(S::Container, F::Misconfigured),
            say("minimum memory limit").means(S::Container, F::Misconfigured),
            say("no command specified").means(S::Container, F::Misconfigured),
            say("conflict. the container name \"")
                .means(S::Container, F::Misconfigured)
                .within(Resource, &["\""]),
            say("could not select device driver ").means(S::Container, F::Misconfigured),
            say("unknown or invalid runtime name").means(S::Container, F::Misconfigured),
            say("unable to find user ").means(S::Container, F::NotFound).within(Nothing, &[": "]),
            say("no such container").means(S::Container, F::NotFound),
            say("encountered an error during createprocess").step(S::Container),
            say("failure in a windows system call").step(S::Container),
            say("the system cannot find the file specified").means(S::Container, F::NotFound).wants(File),
            // As the name of a field it says nothing, also where its value is cut off; `docker inspect`
            // prints it of every container.
            say("oomkilled:"),
            say("oomkilled="),
            say("oomkilled\":"),
            say("cannot allocate memory").means(S::Container, F::OutOfMemory),
            say("nvidia-container-cli").means(S::Container, F::Misconfigured),
            say("cannot link to ").means(S::Container, F::Misconfigured),
            say("hcsshim::").step(S::Container),
            say("cannot connect to the docker daemon").step(S::Container),
            say("http://%2fvar%2frun%2fdocker.sock/").step(S::Container).word(Nothing, &["\"", ": "]),
            say("cannot start container ").step(S::Container).word(Nothing, &[": "]),
            say("failed to create endpoint ").means(S::Container, F::Misconfigured),
            say("bind for ").means(S::Container, F::Misconfigured),
            say("thin pool has").means(S::Container, F::NoSpace),
            say("link target not available").means(S::Container, F::Misconfigured),
            say("invalid link format").means(S::Container, F::Misconfigured),
            say("greater than task memory limit").means(S::Container, F::Misconfigured),
            say("error gathering device information").step(S::Container),
            say("dependent container ").step(S::Container).word(Nothing, &[" exited", " failed"]),
            say("exited with non-zero status").means(S::Container, F::Exited),
            say("no space left on device").fault(F::NoSpace),
        ],
    ),
    section(
        Proof,
        &[
            "moby/moby daemon",
            "opencontainers/runc libcontainer",
            "containerd/containerd",
            "aws/amazon-ecs-agent agent/api/task, agent/engine",
        ],
        &[
            say("oom-killed").means(S::Container, F::OutOfMemory),
            say("oom killed").means(S::Container, F::OutOfMemory),
            say("oomkilled").means(S::Container, F::OutOfMemory),
            say("oomkilled: true").means(S::Container, F::OutOfMemory),
            say("oomkilled=true").means(S::Container, F::OutOfMemory),
            say("oomkilled\": true").means(S::Container, F::OutOfMemory),
            say("the container operating system does not match the host operating system")
                .means(S::Container, F::PlatformMismatch),
            say("container killed due to memory usage").means(S::Container, F::OutOfMemory),
            say("unable to decode given docker config").means(S::Container, F::Misconfigured),
            say("unable to decode host config").means(S::Container, F::Misconfigured),
        ],
    ),
    section(
        Hint,
        &[
            "moby/moby daemon",
            "opencontainers/runc libcontainer",
            "containerd/containerd",
            "aws/amazon-ecs-agent agent/api/task, agent/engine",
        ],
        &[
            say("error running hook").means(S::Container, F::Misconfigured),
            say("stopped (reason: null)").step(S::ExecAgent),
            say("stopped (reason: null) for ").step(S::ExecAgent).word(Resource, &[]),
        ],
    ),
];
