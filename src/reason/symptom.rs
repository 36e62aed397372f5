//! What a reason says, as values: the step, the fault, the kind of policy that refused, and the facts, each
//! with its place in the text.

use std::ops::{Deref, Range};

use crate::words::words;

words! {
    /// What ECS was doing when the task failed.
    Step {
        SecretsManager = "secrets-manager",
        ParameterStore = "parameter-store",
        RegistryCredentials = "registry-credentials",
        EcrAuth = "ecr-auth",
        ImagePull = "image-pull",
        EnvFile = "env-file",
        LogDriver = "log-driver",
        EfsVolume = "efs-volume",
        FsxVolume = "fsx-volume",
        EbsVolume = "ebs-volume",
        Volume = "volume",
        NetworkInterface = "network-interface",
        ServiceConnect = "service-connect",
        CredentialSpec = "credential-spec",
        ExecutionRole = "execution-role",
        SecretSidecar = "secret-sidecar",
        ExecAgent = "exec-agent",
        Container = "container",
        Capacity = "capacity",
        Unknown = "unknown",
    }
}

words! {
    /// What went wrong.
    Fault {
        AccessDenied = "access-denied",
        KmsDenied = "kms-denied",
        AssumeRoleDenied = "assume-role-denied",
        RoleMissing = "role-missing",
        NotFound = "not-found",
        PendingDeletion = "pending-deletion",
        VersionNotFound = "version-not-found",
        JsonKeyMissing = "json-key-missing",
        NotJson = "not-json",
        BadReference = "bad-reference",
        WrongShape = "wrong-shape",
        KmsKeyUnusable = "kms-key-unusable",
        NetworkTimeout = "network-timeout",
        Dns = "dns",
        Tls = "tls",
        ConnectionRefused = "connection-refused",
        Throttled = "throttled",
        ServiceError = "service-error",
        BadCredentials = "bad-credentials",
        TooLarge = "too-large",
        Misconfigured = "misconfigured",
        PlatformMismatch = "platform-mismatch",
        NoSpace = "no-space",
        Exited = "exited",
        TimedOut = "timed-out",
        OutOfMemory = "out-of-memory",
        OutOfCapacity = "out-of-capacity",
        Unhealthy = "unhealthy",
        Normal = "normal",
        Unknown = "unknown",
    }
}

words! {
    /// The kind of policy that refused, where the text says; set for [`Fault::AccessDenied`] only.
    Deny {
        /// No identity-based policy allows the action.
        Identity = "identity",
        /// An explicit deny, in an identity-based policy or in one that the text does not name.
        Explicit = "explicit",
        /// A service control policy.
        Scp = "scp",
        /// A resource control policy.
        Rcp = "rcp",
        /// A permissions boundary.
        Boundary = "boundary",
        /// A session policy.
        Session = "session",
        /// A resource-based policy.
        ResourcePolicy = "resource-policy",
        /// A VPC endpoint policy.
        EndpointPolicy = "endpoint-policy",
    }
}

/// A byte range of the original text; both ends lie on character boundaries.
pub type Span = Range<usize>;

/// A piece of the text that names something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The words of the text.
    pub text: String,
    /// Their place in the text.
    pub span: Span,
}

impl Deref for Fact {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// Where applications take secrets from, other than Secrets Manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A parameter of Parameter Store.
    Parameter,
    /// A file that another program writes.
    File,
}

/// One failure of a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symptom {
    /// What was being done.
    pub step: Step,
    /// What went wrong.
    pub fault: Fault,
    /// Which kind of policy refused.
    pub deny: Option<Deny>,
    /// The kind of policy that refused, also where it refused a key.
    pub refused_by: Option<Deny>,
    /// The words that decided the fault, or the step where no fault was proved.
    pub span: Span,
    /// The secret, parameters, image, log group, bucket or file system as named in the text.
    pub resource: Option<Fact>,
    /// The S3 bucket.
    pub bucket: Option<Fact>,
    /// The IAM action that was refused.
    pub action: Option<Fact>,
    /// Who was refused, usually an assumed-role ARN.
    pub principal: Option<Fact>,
    /// A role that the text names by its ARN.
    pub role: Option<Fact>,
    /// The role is the one that ECS makes for itself.
    pub service_linked: bool,
    /// The Region that the text names, or that of the resource's ARN.
    pub region: Option<Fact>,
    /// The account in the resource's ARN.
    pub account: Option<Fact>,
    /// The endpoint that was contacted.
    pub host: Option<Fact>,
    /// The IP address that was contacted.
    pub address: Option<Fact>,
    /// The port at that address.
    pub port: Option<u16>,
    /// The address is that of an HTTP proxy, not of the host.
    pub by_proxy: bool,
    /// The KMS key.
    pub key: Option<Fact>,
    /// The JSON key that was asked for.
    pub json_key: Option<Fact>,
    /// The version stage or version id that was asked for.
    pub version_stage: Option<Fact>,
    /// How often the call was made, where the text counts.
    pub retries: Option<u32>,
    /// AWS's request id.
    pub request_id: Option<Fact>,
    /// What an application did not get, where it is none of Secrets Manager's secrets.
    pub wants: Option<Wanted>,
    /// The text was cut before its end.
    pub truncated: bool,
}

impl Symptom {
    /// A failure without a text.
    #[must_use]
    pub const fn suspected(step: Step, fault: Fault) -> Self {
        Self {
            step,
            fault,
            deny: None,
            refused_by: None,
            span: 0..0,
            resource: None,
            bucket: None,
            action: None,
            principal: None,
            role: None,
            service_linked: false,
            region: None,
            account: None,
            host: None,
            address: None,
            port: None,
            by_proxy: false,
            key: None,
            json_key: None,
            version_stage: None,
            retries: None,
            request_id: None,
            wants: None,
            truncated: false,
        }
    }

    /// Whether it is about the layers of an image of Amazon ECR, which lie in a bucket of ECR's own
    /// (`prod-<region>-starport-layer-bucket`).
    #[must_use]
    pub fn is_of_layers(&self) -> bool {
        [&self.host, &self.resource]
            .into_iter()
            .flatten()
            .any(|fact| fact.text.contains("-starport-layer-bucket"))
    }

    /// Whether it is a parameter that an application did not get.
    #[must_use]
    pub fn is_of_parameter(&self) -> bool {
        self.wants == Some(Wanted::Parameter)
    }

    /// Whether it is a file, written by another program, that an application did not find.
    #[must_use]
    pub fn is_of_file(&self) -> bool {
        self.wants == Some(Wanted::File)
    }

    /// Whether the text is about a normal stop, which is not a failure.
    #[must_use]
    pub fn is_normal(&self) -> bool {
        self.fault == Fault::Normal
    }
}
