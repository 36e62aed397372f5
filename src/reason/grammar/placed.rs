//! What log drivers, the helpers that mount file systems, and ECS say of what a task is given: logs, volumes
//! and a network interface.

use crate::reason::phrase::Names::{Nothing, Resource};
use crate::reason::phrase::Weight::{Code, Hint, Name, Proof, Said};
use crate::reason::phrase::{Phrase, say};
use crate::reason::symptom::{Fault as F, Step as S};

pub(super) const LOGS: &[Phrase] = &[
    say("failed to validate logger args").step(S::LogDriver, Said),
    say("failed to validate logger args: : signal: killed")
        .step(S::LogDriver, Said)
        .fault(F::NetworkTimeout, Said),
    say("failed to initialize logging driver").step(S::LogDriver, Said),
    say("the task cannot find the amazon cloudwatch log group").step(S::LogDriver, Said),
    say("connection issue between the task and amazon cloudwatch")
        .step(S::LogDriver, Name)
        .fault(F::NetworkTimeout, Name),
    say("failed to create cloudwatch").step(S::LogDriver, Said),
    say("the specified log group does not exist").step(S::LogDriver, Hint).fault(F::NotFound, Said),
    say("requestnotfoundexception").fault(F::NotFound, Code),
    say("operation error cloudwatch logs").step(S::LogDriver, Hint),
    say("because there's no firelens container").step(S::LogDriver, Proof).fault(F::Misconfigured, Said),
    say("cannot get region for awslogs driver").step(S::LogDriver, Said).fault(F::Misconfigured, Said),
    say("is not enabled on this host").step(S::LogDriver, Hint).fault(F::Misconfigured, Name),
    say("fluentbit init process").step(S::LogDriver, Said),
    say("fluent bit init process").step(S::LogDriver, Said),
    say("unable to initialize firelens resource").step(S::LogDriver, Proof).fault(F::Misconfigured, Hint),
    say("error parsing firelens options").step(S::LogDriver, Proof).fault(F::Misconfigured, Said),
    say("unable to download firelens s3 config file").step(S::LogDriver, Said),
    say("unable to generate firelens config file").step(S::LogDriver, Said).fault(F::Misconfigured, Hint),
    say("invalid firelens configuration type").step(S::LogDriver, Said).fault(F::Misconfigured, Said),
    say("unable to download s3 config ").within(Nothing, Hint, &[" from bucket "]),
    say("firelens").step(S::LogDriver, Hint),
    say("unable to initialize resource directory ").word(Nothing, Hint, &[": "]).step(S::LogDriver, Hint),
    say("logging driver specified of container ").step(S::LogDriver, Hint).word(Resource, Name, &[","]),
    say("requires options: ").step(S::LogDriver, Hint).fault(F::Misconfigured, Said).word(Nothing, Hint, &[]),
    say("at least one container has to be configured with the awsfirelens log driver")
        .step(S::LogDriver, Said)
        .fault(F::Misconfigured, Said),
    say("no log configuration specified").step(S::LogDriver, Hint).fault(F::Misconfigured, Said),
    say("unknown log opt").step(S::LogDriver, Said).fault(F::Misconfigured, Said),
    say("must specify a value for log opt").step(S::LogDriver, Said).fault(F::Misconfigured, Said),
    say("splunk-token is expected").step(S::LogDriver, Said).fault(F::Misconfigured, Said),
    say("splunk-url is expected").step(S::LogDriver, Said).fault(F::Misconfigured, Said),
    say("gelf-address is a required parameter").step(S::LogDriver, Said).fault(F::Misconfigured, Said),
    say("gelf: endpoint needs to be").step(S::LogDriver, Said).fault(F::Misconfigured, Said),
    say("awslogs-datetime-format and awslogs-multiline-pattern cannot")
        .step(S::LogDriver, Said)
        .fault(F::Misconfigured, Said),
    say("logger: no log driver named").step(S::LogDriver, Said).fault(F::Misconfigured, Said),
    say("log driver").step(S::LogDriver, Hint),
    say("unable to get bridgeip for task in bridge mode")
        .step(S::LogDriver, Name)
        .fault(F::Misconfigured, Said),
];

pub(super) const VOLUMES: &[Phrase] = &[
    say("failed to invoke efs utils commands").step(S::EfsVolume, Said),
    say("efs utils").step(S::EfsVolume, Said),
    say("volumedriver.create: mounting volume failed").step(S::EfsVolume, Said),
    say("mount.nfs4: ").step(S::EfsVolume, Hint),
    say("mount.nfs4: mounting ").step(S::EfsVolume, Hint).within(Resource, Said, &[" failed, reason given"]),
    say("access denied by server while mounting ")
        .step(S::EfsVolume, Hint)
        .fault(F::AccessDenied, Said)
        .word(Resource, Said, &["'"]),
    say("access denied by server").step(S::EfsVolume, Hint).fault(F::AccessDenied, Said),
    say("failed due to timeout after").step(S::EfsVolume, Hint).fault(F::NetworkTimeout, Said),
    say("mount attempt 1/3 failed due to timeout").step(S::EfsVolume, Hint).fault(F::NetworkTimeout, Said),
    say("reason given by server: no such file or directory")
        .step(S::EfsVolume, Hint)
        .fault(F::NotFound, Proof),
    say("reason given by server: permission denied").step(S::EfsVolume, Hint).fault(F::AccessDenied, Proof),
    say("error response from daemon: create ").word(Nothing, Hint, &[": "]),
    say("failed to resolve \"").fault(F::Dns, Said).word(Resource, Said, &["\""]),
    say("failed to resolve fs-")
        .step(S::EfsVolume, Hint)
        .fault(F::Dns, Said)
        .word(Resource, Said, &[])
        .back(3),
    say("failed to resolve <filesystem")
        .step(S::EfsVolume, Hint)
        .fault(F::Dns, Said)
        .word(Resource, Said, &[])
        .back(11),
    say("check that your file system id is correct").step(S::EfsVolume, Hint).fault(F::Dns, Said),
    say("s3 files volume").step(S::Volume, Said),
    say("s3 files config").step(S::Volume, Said).fault(F::Misconfigured, Name),
    say("volumeerror").step(S::Volume, Name),
    say("task's volume resources").step(S::Volume, Name),
    say("task scoped volume could not be autoprovisioned")
        .step(S::Volume, Said)
        .fault(F::Misconfigured, Said),
    say("volume target not available").step(S::Volume, Said).fault(F::Misconfigured, Said),
    say("invalid volume referenced").step(S::Volume, Said).fault(F::Misconfigured, Said),
    say("volume plugin").step(S::Volume, Name),
    say("cannot find mount target").step(S::EfsVolume, Said).fault(F::NotFound, Said),
    say("no matching mount target").step(S::EfsVolume, Said).fault(F::NotFound, Said),
    say("no mount target created").step(S::EfsVolume, Said).fault(F::NotFound, Said),
    say("mount target in the az").step(S::EfsVolume, Said).fault(F::NotFound, Hint),
    say("mount target in the availability zone").step(S::EfsVolume, Said).fault(F::NotFound, Hint),
    say("mount target ip address").step(S::EfsVolume, Hint),
    say("cannot connect to file system mount target").step(S::EfsVolume, Said).fault(F::NetworkTimeout, Said),
    say("unauthorized to perform operation ").step(S::EfsVolume, Hint).fault(F::AccessDenied, Said),
    say("please confirm your aws credentials are properly configured").fault(F::BadCredentials, Said),
    say("unsuccessful retrieval of aws security credentials")
        .step(S::EfsVolume, Hint)
        .fault(F::BadCredentials, Said),
    say("to retrieve aws security credentials").step(S::EfsVolume, Hint).fault(F::BadCredentials, Said),
    say("aws security credentials not found").step(S::EfsVolume, Hint).fault(F::BadCredentials, Said),
    say("failed to locate an available port").step(S::EfsVolume, Hint).fault(F::Misconfigured, Said),
    say("access point id ").step(S::EfsVolume, Said).within(Resource, Name, &[" is malformed"]),
    say("awscredsuri ").step(S::EfsVolume, Said).fault(F::Misconfigured, Name).within(
        Nothing,
        Hint,
        &[" is malformed"],
    ),
    say("s3files").step(S::Volume, Proof),
    say("s3 files mount target").step(S::Volume, Proof),
    say("failed to retrieve aws security credentials using lookup method")
        .step(S::EfsVolume, Said)
        .fault(F::BadCredentials, Said),
    say("aws access key id and secret access key are not found")
        .step(S::EfsVolume, Hint)
        .fault(F::BadCredentials, Said),
    say("error retrieving region. please set the \"region\" parameter")
        .step(S::EfsVolume, Hint)
        .fault(F::Misconfigured, Said),
    say("http://%2frun%2fdocker%2fplugins%2famazon-ecs-volume-plugin.sock/").step(S::EfsVolume, Said).word(
        Nothing,
        Hint,
        &["\"", ": "],
    ),
    say("'fs-").step(S::EfsVolume, Hint).word(Resource, Proof, &["'"]).back(3),
    say("the file system id").step(S::EfsVolume, Hint),
    say("access point").step(S::EfsVolume, Hint),
    say("mount option").step(S::EfsVolume, Hint).fault(F::Misconfigured, Hint),
    say("when using an efs access point, the root directory must")
        .step(S::EfsVolume, Said)
        .fault(F::Misconfigured, Said),
    say("elasticfilesystem:").step(S::EfsVolume, Hint),
    say("fsxwindowsfileserver").step(S::FsxVolume, Said),
    say("fsx credential").step(S::FsxVolume, Said),
    say("expected fsx credential ssm arn but did not find")
        .step(S::FsxVolume, Said)
        .fault(F::BadReference, Said),
    say("fsx for windows file server").step(S::FsxVolume, Said),
    say("fsx describing filesystem").step(S::FsxVolume, Said),
    say("from the service for [").within(Resource, Said, &["]"]),
    say("operation error fsx").step(S::FsxVolume, Said),
    say("filesystemnotfound").fault(F::NotFound, Code),
    say("unsupported credentialsparameter, only ssm/secretsmanager arns are valid")
        .step(S::FsxVolume, Said)
        .fault(F::BadReference, Said),
    say("ebs volume").step(S::EbsVolume, Said),
    say("timeout waiting for ebs volume").step(S::EbsVolume, Said).fault(F::TimedOut, Said),
    say("timed out waiting for ebs volume").step(S::EbsVolume, Said).fault(F::TimedOut, Said),
    say("invalidvolume").step(S::EbsVolume, Hint),
    say("invalidvolume.notfound").step(S::EbsVolume, Hint).fault(F::NotFound, Said),
    say("invalidsnapshot.notfound").step(S::EbsVolume, Hint).fault(F::NotFound, Said),
    say("ecs timed out while configuring the ebs volume").step(S::EbsVolume, Said).fault(F::TimedOut, Said),
    say("rootfs_linux.go").step(S::Volume, Code),
    say("error mounting ").step(S::Volume, Code).fault(F::Misconfigured, Said),
    say("error mounting \"").step(S::Volume, Code).fault(F::Misconfigured, Said).within(
        Nothing,
        Hint,
        &["\" to rootfs"],
    ),
    say("mounting \"").within(Nothing, Hint, &["\" to rootfs"]),
    say("to rootfs at \"").word(Resource, Name, &["\""]),
    say("error creating device nodes").step(S::Volume, Code),
    say("failed to copy file info for ").step(S::Volume, Code).word(Resource, Name, &[": "]),
    say("invalid volume specification").step(S::Volume, Code).fault(F::Misconfigured, Said),
    say("invalid mount config for type").step(S::Volume, Code),
    say("bind source path does not exist").step(S::Volume, Code).fault(F::NotFound, Said),
    say("bind source path does not exist: ").step(S::Volume, Code).fault(F::NotFound, Said).word(
        Resource,
        Name,
        &[],
    ),
    say("not a directory: unknown").step(S::Volume, Hint).fault(F::Misconfigured, Name),
    say("are you trying to mount a directory onto a file")
        .step(S::Volume, Code)
        .fault(F::Misconfigured, Said),
    say("includes invalid characters for a local volume name")
        .step(S::Volume, Code)
        .fault(F::Misconfigured, Said),
    say("error while mounting volume '").step(S::Volume, Code).within(Nothing, Hint, &["'"]),
    say("failed to mount local volume").step(S::Volume, Code),
    say("timeout waiting for ephemeralstorage provisioning").step(S::Volume, Said).fault(F::TimedOut, Said),
    say("create volume").step(S::Volume, Hint),
];

pub(super) const NETWORK_INTERFACE: &[Phrase] = &[
    say("/ecs/appnet/").step(S::ServiceConnect, Name).word(Nothing, Hint, &[]),
    say("failed to configure eni").step(S::NetworkInterface, Said),
    say("failed to setup regular eni").step(S::NetworkInterface, Said),
    say("failed to setup network namespace").step(S::NetworkInterface, Said),
    say("has no ipv6 subnet gateway address").step(S::NetworkInterface, Hint).fault(F::Misconfigured, Said),
    say("unable to build cni configuration").step(S::NetworkInterface, Said),
    say("network interface provision complete error timeout")
        .step(S::NetworkInterface, Said)
        .fault(F::TimedOut, Said),
    say("timeout waiting for network interface provisioning")
        .step(S::NetworkInterface, Said)
        .fault(F::TimedOut, Said),
    say("timeout wait for network interface provision")
        .step(S::NetworkInterface, Said)
        .fault(F::TimedOut, Said),
    say("while preparing network interface").step(S::NetworkInterface, Said),
    say("create network interface in subnet '").step(S::NetworkInterface, Said).within(
        Resource,
        Name,
        &["'"],
    ),
    say("create network interface with public ip assignment enabled in subnet '")
        .step(S::NetworkInterface, Said)
        .within(Resource, Name, &["'"]),
    say("no such network interface").step(S::NetworkInterface, Hint).fault(F::NotFound, Said),
    say("invalidgroup.notfound").step(S::NetworkInterface, Said).fault(F::NotFound, Said),
    say("unexpected ec2 error").step(S::NetworkInterface, Said),
    say("create network interface").step(S::NetworkInterface, Said),
    say("insufficient free addresses").step(S::NetworkInterface, Hint).fault(F::OutOfCapacity, Said),
    say("not have enough free addresses").step(S::NetworkInterface, Hint).fault(F::OutOfCapacity, Said),
    say("insufficientfreeaddressesinsubnet").step(S::NetworkInterface, Said).fault(F::OutOfCapacity, Said),
    say("networkinterfacelimitexceeded").step(S::NetworkInterface, Said).fault(F::OutOfCapacity, Said),
    say("invalidsecuritygroupid.notfound").step(S::NetworkInterface, Said).fault(F::NotFound, Said),
    say("invalidsubnetid.notfound").step(S::NetworkInterface, Said).fault(F::NotFound, Said),
    say("unable to get device with hardware address '").step(S::NetworkInterface, Said).word(
        Resource,
        Name,
        &["'"],
    ),
    say("device with mac address not found").step(S::NetworkInterface, Said).fault(F::NotFound, Said),
    say("rate limit exceeded").fault(F::Throttled, Said),
    say("internalerror: <reason>").step(S::NetworkInterface, Hint).fault(F::ServiceError, Code),
    say("the ec2 instance's network interface").step(S::NetworkInterface, Hint),
    say("containernetworkingerror").opens().step(S::NetworkInterface, Name),
    say("sc bridge mode pause container").step(S::ServiceConnect, Said),
    say("service connect agent").step(S::ServiceConnect, Said),
    say("ecs service connect").step(S::ServiceConnect, Said),
    say("appnet agent").step(S::ServiceConnect, Said),
    say("service connect").step(S::ServiceConnect, Code),
];
