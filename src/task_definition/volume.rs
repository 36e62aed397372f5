//! The volumes of a task definition, as ECS writes them.

use super::{Credentials, facts};

facts! { "camelCase"
    /// A volume, as far as something is in it that no container of the task wrote.
    Volume {
        /// Its name.
        name: Option<String>,
        /// A file system of Amazon EFS.
        efs_volume_configuration: Option<EfsVolume>,
        /// A file system of Amazon `FSx` for Windows File Server.
        #[serde(skip_serializing_if = "Option::is_none")]
        fsx_windows_file_server_volume_configuration: Option<FsxVolume>,
        /// A directory of the host, which is there before the task.
        #[serde(skip_serializing_if = "Option::is_none")]
        host: Option<HostVolume>,
        /// A volume of Docker, which may outlive its task.
        #[serde(skip_serializing_if = "Option::is_none")]
        docker_volume_configuration: Option<OtherVolume>,
        /// Another file system.
        #[serde(skip_serializing_if = "Option::is_none")]
        s3files_volume_configuration: Option<OtherVolume>,
        /// Whether the service says what it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        configured_at_launch: Option<bool>,
    }

    /// `host` of a volume.
    HostVolume {
        /// The directory; without one the volume is the task's own.
        source_path: Option<String>,
    }

    /// The configuration of a volume, of which only that it is there matters.
    OtherVolume {}

    /// `fsxWindowsFileServerVolumeConfiguration`.
    FsxVolume {
        /// The secret or parameter with the login.
        authorization_config: Option<Credentials>,
    }

    /// `efsVolumeConfiguration`.
    EfsVolume {
        /// The file system.
        file_system_id: Option<String>,
        /// The directory to mount.
        root_directory: Option<String>,
        /// `ENABLED` or `DISABLED`: whether the mount is encrypted on its way.
        #[serde(skip_serializing_if = "Option::is_none")]
        transit_encryption: Option<String>,
        /// How the mount is authorized.
        authorization_config: Option<EfsAuthorization>,
    }

    /// `authorizationConfig` of an EFS volume.
    EfsAuthorization {
        /// The access point.
        access_point_id: Option<String>,
        /// `ENABLED` or `DISABLED`: whether the task role authorizes the mount.
        iam: Option<String>,
    }
}

impl Volume {
    /// Whether it is empty when the task starts.
    #[must_use]
    pub fn is_empty_at_start(&self) -> bool {
        let of_host = self.host.as_ref().is_some_and(|host| host.source_path.is_some());
        !of_host
            && self.efs_volume_configuration.is_none()
            && self.fsx_windows_file_server_volume_configuration.is_none()
            && self.docker_volume_configuration.is_none()
            && self.s3files_volume_configuration.is_none()
            && self.configured_at_launch != Some(true)
    }
}

impl EfsVolume {
    /// Whether the task role authorizes the mount.
    #[must_use]
    pub fn is_by_role(&self) -> bool {
        self.authorization_config.as_ref().is_some_and(|config| config.iam.as_deref() == Some("ENABLED"))
    }

    /// The access point through which it is mounted.
    #[must_use]
    pub fn access_point(&self) -> Option<&str> {
        self.authorization_config.as_ref()?.access_point_id.as_deref()
    }
}
