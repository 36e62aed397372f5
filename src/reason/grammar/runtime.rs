//! What the container runtime and the agent say of containers, and ECS itself of tasks.

use crate::reason::phrase::Names::{Nothing, Resource};
use crate::reason::phrase::Weight::{Code, Hint, Name, Proof, Said};
use crate::reason::phrase::{Phrase, say};
use crate::reason::symptom::{Fault as F, Step as S};

/// Docker, containerd, runc and the agent's own errors around them.
pub(super) const RUNTIME: &[Phrase] = &[
    say("cannotstartcontainererror").opens(),
    say("cannotstartcontainererror: secret ").word(Resource, Name, &[": "]),
    say("cannotcreatecontainererror").opens().step(S::Container, Name),
    say("cannotinspectcontainererror").opens().step(S::Container, Name),
    say("cannotstopcontainererror").step(S::Container, Name),
    say("cgrouperror").step(S::Container, Name),
    say("cannotcreatevolumeerror").opens().step(S::Volume, Name),
    say("cannotlistcontainerserror").step(S::Container, Name),
    say("containervanishederror").step(S::Container, Name).fault(F::NotFound, Code),
    say("outofmemoryerror").opens().step(S::Container, Name).fault(F::OutOfMemory, Proof),
    say("dockertimeouterror").opens().step(S::Container, Name).fault(F::TimedOut, Name),
    say("dockerclientconfigerror").step(S::Container, Hint),
    say("hostconfigerror").step(S::Container, Hint),
    say("taskstateerror").step(S::Container, Name),
    say("unrecogniedtaskerror").fault(F::Misconfigured, Hint),
    say("oci runtime create failed").step(S::Container, Name),
    say("unable to create new container").step(S::Container, Name),
    say("failed to create new container runtime task").step(S::Container, Name),
    say("failed to create shim task").step(S::Container, Name),
    say("executable file not found in $path").step(S::Container, Name).fault(F::NotFound, Said),
    // The container's own words: of a command the first word is told, and the mask ends it where more was
    // said.
    say("exec: \"").word(Resource, Name, &["\"", "%"]),
    say("\": stat ").word(Nothing, Hint, &[": ", "%"]),
    say("exec /").word(Nothing, Hint, &[": ", "%"]),
    say("chdir to cwd (").within(Nothing, Hint, &[")"]),
    say("the working directory '").within(Nothing, Hint, &["'"]),
    say("mkdir ").word(Nothing, Hint, &[": ", "%"]),
    say("unable to find group ").step(S::Container, Name).within(Nothing, Hint, &[": "]),
    say("...no such file or direct").step(S::Container, Hint).fault(F::NotFound, Said),
    say("no such file or directory").fault(F::NotFound, Code),
    say("such file or directory").fault(F::NotFound, Code),
    say("\": permission denied").step(S::Container, Hint).fault(F::Misconfigured, Said),
    say("permission denied: unknown").step(S::Container, Hint).fault(F::Misconfigured, Said),
    say("exec format error").step(S::Container, Name).fault(F::PlatformMismatch, Said),
    say("operation not permitted").fault(F::AccessDenied, Name),
    say("running prestart hook").step(S::Container, Hint).fault(F::Misconfigured, Said),
    say("port is already allocated").step(S::Container, Name).fault(F::Misconfigured, Said),
    say("driver failed programming external connectivity")
        .step(S::Container, Name)
        .fault(F::Misconfigured, Hint),
    say("address already in use").fault(F::Misconfigured, Name),
    say("bind: address already in use").step(S::Container, Name).fault(F::Misconfigured, Said),
    say("failed to get container status").step(S::Container, Name),
    say("range of cpus is from ").step(S::Container, Name).fault(F::Misconfigured, Said),
    say("minimum memory limit").step(S::Container, Name).fault(F::Misconfigured, Said),
    say("no command specified").step(S::Container, Name).fault(F::Misconfigured, Said),
    say("conflict. the container name \"").step(S::Container, Name).fault(F::Misconfigured, Said).within(
        Resource,
        Name,
        &["\""],
    ),
    say("could not select device driver ").step(S::Container, Name).fault(F::Misconfigured, Said),
    say("unknown or invalid runtime name").step(S::Container, Name).fault(F::Misconfigured, Said),
    say("unable to find user ").step(S::Container, Name).fault(F::NotFound, Said).within(
        Nothing,
        Hint,
        &[": "],
    ),
    say("no such container").step(S::Container, Hint).fault(F::NotFound, Said),
    say("encountered an error during createprocess").step(S::Container, Name),
    say("failure in a windows system call").step(S::Container, Name),
    say("the system cannot find the file specified").step(S::Container, Hint).fault(F::NotFound, Said),
    say("oom-killed").step(S::Container, Name).fault(F::OutOfMemory, Proof),
    say("oom killed").step(S::Container, Name).fault(F::OutOfMemory, Proof),
    say("oomkilled").step(S::Container, Name).fault(F::OutOfMemory, Proof),
    // As the name of a field it says nothing, also where its value is cut off; `docker inspect` prints it of
    // every container.
    say("oomkilled:"),
    say("oomkilled="),
    say("oomkilled\":"),
    say("oomkilled: true").step(S::Container, Name).fault(F::OutOfMemory, Proof),
    say("oomkilled=true").step(S::Container, Name).fault(F::OutOfMemory, Proof),
    say("oomkilled\": true").step(S::Container, Name).fault(F::OutOfMemory, Proof),
    say("cannot allocate memory").step(S::Container, Hint).fault(F::OutOfMemory, Said),
    say("error running hook").step(S::Container, Hint).fault(F::Misconfigured, Name),
    say("nvidia-container-cli").step(S::Container, Name).fault(F::Misconfigured, Name),
    say("cannot link to ").step(S::Container, Name).fault(F::Misconfigured, Said),
    say("hcsshim::").step(S::Container, Name),
    say("the container operating system does not match the host operating system")
        .step(S::Container, Name)
        .fault(F::PlatformMismatch, Proof),
    say("cannot connect to the docker daemon").step(S::Container, Name),
    say("http://%2fvar%2frun%2fdocker.sock/").step(S::Container, Name).word(Nothing, Hint, &["\"", ": "]),
    say("cannot start container ").step(S::Container, Name).word(Nothing, Hint, &[": "]),
    say("failed to create endpoint ").step(S::Container, Name).fault(F::Misconfigured, Name),
    say("bind for ").step(S::Container, Name).fault(F::Misconfigured, Name),
    say("thin pool has").step(S::Container, Name).fault(F::NoSpace, Said),
    say("container killed due to memory usage").step(S::Container, Name).fault(F::OutOfMemory, Proof),
    say("link target not available").step(S::Container, Name).fault(F::Misconfigured, Said),
    say("invalid link format").step(S::Container, Name).fault(F::Misconfigured, Said),
    say("unable to decode given docker config").step(S::Container, Name).fault(F::Misconfigured, Proof),
    say("unable to decode host config").step(S::Container, Name).fault(F::Misconfigured, Proof),
    say("greater than task memory limit").step(S::Container, Name).fault(F::Misconfigured, Said),
    say("error gathering device information").step(S::Container, Name),
    say("task stopped before image pull could begin").step(S::ImagePull, Said),
    say("task dependencies cannot be resolved").step(S::Container, Said).fault(F::Misconfigured, Said),
    say("could not transition to").step(S::Container, Name).fault(F::TimedOut, Name),
    say("timed out after waiting").fault(F::TimedOut, Name),
    say("dependent container ").step(S::Container, Name).word(Nothing, Hint, &[" exited", " failed"]),
    say("exited with non-zero status").step(S::Container, Name).fault(F::Exited, Said),
    say("essential container in task exited").opens().step(S::Container, Hint).fault(F::Exited, Hint),
    say("essential container in the task exited").step(S::Container, Hint).fault(F::Exited, Hint),
    say("executecommandagent").step(S::ExecAgent, Said),
    say("executecommandagent process exited").step(S::ExecAgent, Said).fault(F::Exited, Said),
    say("the execute command failed").step(S::ExecAgent, Said),
    say("the execute command failed due to an internal error")
        .step(S::ExecAgent, Said)
        .fault(F::ServiceError, Said),
    say("when calling the executecommand operation").step(S::ExecAgent, Proof),
    say("execute command agent").step(S::ExecAgent, Said),
    say("execute command was not enabled").step(S::ExecAgent, Said).fault(F::Misconfigured, Said),
    say("stopped (reason: null)").step(S::ExecAgent, Hint),
    say("stopped (reason: null) for ").step(S::ExecAgent, Hint).word(Resource, Name, &[]),
];

/// Sentences of the ECS service itself.
pub(super) const CONTROL_PLANE: &[Phrase] = &[
    say("task failed container health checks").opens().step(S::Container, Said).fault(F::Unhealthy, Said),
    say("failed container health checks").step(S::Container, Said).fault(F::Unhealthy, Said),
    say("failed elb health checks").step(S::Container, Said).fault(F::Unhealthy, Said),
    say("elb health checks in (target-group ").step(S::Container, Said).fault(F::Unhealthy, Said).within(
        Resource,
        Said,
        &[")"],
    ),
    say("failed elb health checks in (target-group ")
        .step(S::Container, Said)
        .fault(F::Unhealthy, Said)
        .within(Resource, Said, &[")"]),
    say("is unhealthy in (target-group ").opens().step(S::Container, Said).fault(F::Unhealthy, Said).within(
        Resource,
        Said,
        &[")"],
    ),
    say("is unhealthy in target-group ").opens().step(S::Container, Said).fault(F::Unhealthy, Said).word(
        Resource,
        Said,
        &[],
    ),
    say("is unhealthy in (load-balancer ").opens().step(S::Container, Said).fault(F::Unhealthy, Said).within(
        Resource,
        Said,
        &[")"],
    ),
    say("is unhealthy in (elb ").opens().step(S::Container, Said).fault(F::Unhealthy, Said).within(
        Resource,
        Said,
        &[")"],
    ),
    say("elb healthcheck failed").opens().step(S::Container, Said).fault(F::Unhealthy, Said),
    say("dependent container failed health check").step(S::Container, Said).fault(F::Unhealthy, Said),
    say("failed health check").step(S::Container, Hint).fault(F::Unhealthy, Hint),
    say("scaling activity initiated by").opens().step(S::Container, Said).fault(F::Normal, Said),
    say("task stopped by user").opens().step(S::Container, Said).fault(F::Normal, Said),
    say("task stopped by a call to").opens().step(S::Container, Said).fault(F::Normal, Said),
    say("container instance deregistration forced by user").step(S::Capacity, Said).fault(F::Normal, Said),
    say("ecs is performing maintenance on the underlying infrastructure")
        .step(S::Capacity, Said)
        .fault(F::Normal, Said),
    say("your spot task was interrupted").opens().step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("host ec2 (instance ").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("host ec2 (instance i-")
        .step(S::Capacity, Said)
        .fault(F::OutOfCapacity, Said)
        .within(Resource, Said, &[")"])
        .back(2),
    say("capacity is unavailable at this time").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("unable to launch instance").step(S::Capacity, Said),
    say("for capacity provider ").step(S::Capacity, Said).word(Resource, Name, &[". "]),
    say("unfulfillablecapacity").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("no container instance met all of its requirements")
        .step(S::Capacity, Name)
        .fault(F::OutOfCapacity, Name),
    say("no container instances were found in your cluster")
        .step(S::Capacity, Said)
        .fault(F::OutOfCapacity, Said),
    say("no container instances were found in your capacity provider")
        .step(S::Capacity, Said)
        .fault(F::OutOfCapacity, Said),
    say("the closest matching container-instance is ").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("the closest matching container-instance ")
        .step(S::Capacity, Said)
        .fault(F::OutOfCapacity, Said)
        .within(Resource, Name, &[" has ", " is ", " does", " encountered "])
        .back(19),
    say("the closest matching (").step(S::Capacity, Said).fault(F::OutOfCapacity, Said).within(
        Resource,
        Name,
        &[")"],
    ),
    say("no fargate configuration exists for given values")
        .step(S::Capacity, Said)
        .fault(F::Misconfigured, Said),
    say("authorization to access the specified platform")
        .step(S::Capacity, Said)
        .fault(F::AccessDenied, Said),
    say("failure reason: agent").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("encountered error \"agent\"").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("reason\": \"agent\"").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("reached the limit on the number of tasks").step(S::Capacity, Said).fault(F::Throttled, Said),
    say("reached the limit on the number of vcpus").step(S::Capacity, Said).fault(F::Throttled, Said),
    say("configuration is above your limit").step(S::Capacity, Said).fault(F::Throttled, Said),
    say("operations are being throttled").step(S::Capacity, Said).fault(F::Throttled, Said),
    say("was unable to place a task. reason: internal error")
        .step(S::Capacity, Said)
        .fault(F::ServiceError, Said),
    say("not compatible with the selected compute strategy")
        .step(S::Capacity, Said)
        .fault(F::Misconfigured, Said),
    say("resource:cpu").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("resource:memory").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("resource:eni").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("resource:ports").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("resource:ports_tcp").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("resource:fargate").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("resource:gpu").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("empty capacity provider").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
    say("no active instances").step(S::Capacity, Said).fault(F::OutOfCapacity, Said),
];
