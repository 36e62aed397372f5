//! What mounts says of a mount: the helpers for file systems, the agent around them, and the runtime.

use super::{Section, section};
use crate::reason::phrase::Names::{Nothing, Resource};
use crate::reason::phrase::Strength::{Hint, Proof, Said};
use crate::reason::phrase::say;
use crate::reason::symptom::{Fault as F, Step as S};

pub(super) const SAYS: &[Section] = &[
    section(
        Said,
        &["aws/efs-utils src", "AWS: Amazon ECS troubleshooting"],
        &[
            say("failed to invoke efs utils commands").step(S::EfsVolume),
            say("efs utils").step(S::EfsVolume),
            say("volumedriver.create: mounting volume failed").step(S::EfsVolume),
            say("mount.nfs4: ").step(S::EfsVolume),
            say("mount.nfs4: mounting ").step(S::EfsVolume).within(Resource, &[" failed, reason given"]),
            say("access denied by server while mounting ")
                .means(S::EfsVolume, F::AccessDenied)
                .word(Resource, &["'"]),
            say("access denied by server").means(S::EfsVolume, F::AccessDenied),
            say("failed due to timeout after").means(S::EfsVolume, F::NetworkTimeout),
            say("mount attempt 1/3 failed due to timeout").means(S::EfsVolume, F::NetworkTimeout),
            say("reason given by server: no such file or directory").means(S::EfsVolume, F::NotFound),
            say("reason given by server: permission denied").means(S::EfsVolume, F::AccessDenied),
            say("failed to resolve \"").fault(F::Dns).word(Resource, &["\""]),
            say("failed to resolve fs-").means(S::EfsVolume, F::Dns).word(Resource, &[]).back(3),
            say("failed to resolve <filesystem").means(S::EfsVolume, F::Dns).word(Resource, &[]).back(11),
            say("check that your file system id is correct").means(S::EfsVolume, F::Dns),
            say("cannot find mount target").means(S::EfsVolume, F::NotFound),
            say("no matching mount target").means(S::EfsVolume, F::NotFound),
            say("no mount target created").means(S::EfsVolume, F::NotFound),
            say("mount target in the az").means(S::EfsVolume, F::NotFound),
            say("mount target in the availability zone").means(S::EfsVolume, F::NotFound),
            say("mount target ip address").step(S::EfsVolume),
            say("cannot connect to file system mount target").means(S::EfsVolume, F::NetworkTimeout),
            say("unauthorized to perform operation ").means(S::EfsVolume, F::AccessDenied),
            say("please confirm your aws credentials are properly configured").fault(F::BadCredentials),
            say("unsuccessful retrieval of aws security credentials").means(S::EfsVolume, F::BadCredentials),
            say("failed to retrieve aws security credentials using lookup method")
                .means(S::EfsVolume, F::BadCredentials),
            say("to retrieve aws security credentials").means(S::EfsVolume, F::BadCredentials),
            say("aws security credentials not found").means(S::EfsVolume, F::BadCredentials),
            say("failed to locate an available port").means(S::EfsVolume, F::Misconfigured),
            say("access point id ").step(S::EfsVolume).within(Resource, &[" is malformed"]),
            say("awscredsuri ").means(S::EfsVolume, F::Misconfigured).within(Nothing, &[" is malformed"]),
            say("aws access key id and secret access key are not found")
                .means(S::EfsVolume, F::BadCredentials),
            say("error retrieving region. please set the \"region\" parameter")
                .means(S::EfsVolume, F::Misconfigured),
            say("http://%2frun%2fdocker%2fplugins%2famazon-ecs-volume-plugin.sock/")
                .step(S::EfsVolume)
                .word(Nothing, &["\"", ": "]),
            say("when using an efs access point, the root directory must")
                .means(S::EfsVolume, F::Misconfigured),
        ],
    ),
    section(
        Proof,
        &["aws/efs-utils src", "AWS: Amazon ECS troubleshooting"],
        &[
            say("s3files").step(S::Volume),
            say("s3 files mount target").step(S::Volume),
            say("'fs-").word(Resource, &["'"]).back(3),
        ],
    ),
    section(
        Said,
        &["moby/moby volume, daemon", "opencontainers/runc libcontainer"],
        &[
            say("error response from daemon: create ").word(Nothing, &[": "]),
            say("volume plugin").step(S::Volume),
            say("rootfs_linux.go").step(S::Volume),
            say("error mounting ").means(S::Volume, F::Misconfigured),
            say("error mounting \"").means(S::Volume, F::Misconfigured).within(Nothing, &["\" to rootfs"]),
            say("mounting \"").within(Nothing, &["\" to rootfs"]),
            say("to rootfs at \"").word(Resource, &["\""]),
            say("error creating device nodes").step(S::Volume),
            say("/var/lib/ecs/volumes/").step(S::Volume).word(Resource, &[": "]).back(21),
            say("failed to copy file info for ").step(S::Volume).word(Resource, &[": "]),
            say("invalid volume specification").means(S::Volume, F::Misconfigured),
            say("invalid mount config for type").step(S::Volume),
            say("bind source path does not exist").means(S::Volume, F::NotFound),
            say("bind source path does not exist: ").means(S::Volume, F::NotFound).word(Resource, &[]),
            say("are you trying to mount a directory onto a file").means(S::Volume, F::Misconfigured),
            say("includes invalid characters for a local volume name").means(S::Volume, F::Misconfigured),
            say("error while mounting volume '").step(S::Volume).within(Nothing, &["'"]),
            say("failed to mount local volume").step(S::Volume),
            say("create volume").step(S::Volume),
        ],
    ),
    section(
        Hint,
        &["moby/moby volume, daemon", "opencontainers/runc libcontainer"],
        &[say("not a directory: unknown").means(S::Volume, F::Misconfigured)],
    ),
];
