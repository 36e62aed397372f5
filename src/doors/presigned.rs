//! Accepts presigned URLs of Amazon S3 and refuses all others: a request names the URL, so a forged one would
//! choose which host the function calls.

use std::fmt;

use crate::arn::{is_region, partition_of};

/// A signature and a session token make it long; nothing makes it longer than this.
const LONGEST: usize = 8_192;

/// An HTTPS URL on a host of Amazon S3: nothing else can be made of it, so nothing else is called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Presigned<'u> {
    host: &'u str,
    path: &'u str,
}

/// The signature is somebody's right to read or write.
impl fmt::Debug for Presigned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presigned").field("host", &self.host).finish_non_exhaustive()
    }
}

/// The Region of the doors, and how the names of its hosts end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Such as `eu-west-1`.
    pub region: String,
    /// Such as `amazonaws.com`.
    pub suffix: String,
}

impl<'u> Presigned<'u> {
    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// In words that complete "the URL ...", where it leads anywhere but to Amazon S3 of the Region, or to
    /// S3's one host for all Regions of `aws`.
    pub fn read(url: &'u str, home: &Home) -> Result<Self, &'static str> {
        let is_plain = url.len() <= LONGEST
            && url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\#\"<>`".contains(&byte));
        let rest = url.strip_prefix("https://").filter(|_| is_plain).ok_or("is not one of HTTPS")?;
        let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if !path.starts_with('/') {
            return Err("names no object");
        }
        // A port, a user or an address in brackets has letters that no host's name has.
        let is_name = host
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte));
        if is_name && is_of_s3(host, home) {
            Ok(Self { host, path })
        } else {
            Err("is not one of Amazon S3 in this Region")
        }
    }

    /// The host's name.
    #[must_use]
    pub const fn host(&self) -> &'u str {
        self.host
    }

    /// The path and the query, with the signature.
    #[must_use]
    pub const fn path(&self) -> &'u str {
        self.path
    }
}

/// Whether a host is S3 itself, or a bucket of it.
fn is_of_s3(host: &str, Home { region, suffix }: &Home) -> bool {
    let Some(name) = host
        .strip_suffix(suffix.as_str())
        .and_then(|name| name.strip_suffix('.'))
        .filter(|_| is_region(region))
    else {
        return false;
    };
    let of_region = ["s3.", "s3-", "s3.dualstack.", "s3-fips.", "s3-fips.dualstack."]
        .map(|service| format!("{service}{region}"));
    let for_all = (partition_of(region) == "aws").then(|| "s3".to_owned());
    let is_bucket = |bucket: &str| bucket.split('.').all(|label| !label.is_empty());
    of_region.iter().chain(&for_all).any(|service| match name.strip_suffix(service.as_str()) {
        Some("") => true,
        Some(bucket) => bucket.strip_suffix('.').is_some_and(is_bucket),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::{Home, Presigned};

    fn home(region: &str, suffix: &str) -> Home {
        Home { region: region.to_owned(), suffix: suffix.to_owned() }
    }

    #[test]
    fn hosts_of_s3_are_told_by_region_and_partition() {
        for (region, suffix, host) in [
            (
                "eu-west-1",
                "amazonaws.com",
                "cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com",
            ),
            (
                "eu-west-1",
                "amazonaws.com",
                "cloudformation-custom-resource-response-euwest1.s3.eu-west-1.amazonaws.com",
            ),
            (
                "us-east-1",
                "amazonaws.com",
                "cloudformation-custom-resource-response-useast1.s3.amazonaws.com",
            ),
            ("eu-west-1", "amazonaws.com", "hooks.s3.dualstack.eu-west-1.amazonaws.com"),
            ("us-gov-west-1", "amazonaws.com", "a.b.s3-fips.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", "amazonaws.com.cn", "bucket.s3.cn-north-1.amazonaws.com.cn"),
            ("us-iso-east-1", "c2s.ic.gov", "s3.us-iso-east-1.c2s.ic.gov"),
        ] {
            let url = format!("https://{host}/key?X-Amz-Signature=1");
            let read =
                Presigned::read(&url, &home(region, suffix)).unwrap_or_else(|why| panic!("{url} {why}"));
            assert_eq!((read.host(), read.path()), (host, "/key?X-Amz-Signature=1"));
            assert!(!format!("{read:?}").contains("Signature"));
        }
    }

    #[test]
    fn no_other_url_is_called() {
        let long = format!("https://b.s3.amazonaws.com/{}", "a".repeat(9000));
        for url in [
            "",
            "https://",
            "https://s3.amazonaws.com",
            "https://b.s3.amazonaws.com?X-Amz-Signature=1",
            "http://b.s3.amazonaws.com/key",
            "HTTPS://b.s3.amazonaws.com/key",
            "ftp://b.s3.amazonaws.com/key",
            "file:///etc/passwd",
            "https://169.254.169.254/latest/meta-data/",
            "https://[fd00:ec2::254]/latest/meta-data/",
            "https://localhost/b.s3.amazonaws.com/",
            "https://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
            "https://evil.example/b.s3.amazonaws.com/key",
            "https://evil.example/?b.s3.amazonaws.com/key",
            "https://evil.example#b.s3.amazonaws.com/key",
            "https://evil.example\\b.s3.amazonaws.com/key",
            "https://b.s3.amazonaws.com@evil.example/key",
            "https://user:pass@b.s3.amazonaws.com/key",
            "https://b.s3.amazonaws.com:8443/key",
            "https://b.s3.amazonaws.com./key",
            "https://b.s3.amazonaws.com.evil.example/key",
            "https://b.s3.amazonaws.com%2f.evil.example/key",
            "https://.s3.amazonaws.com/key",
            "https://b..s3.amazonaws.com/key",
            "https://s3.amazonaws.com.cn/b/key",
            "https://evils3.amazonaws.com/key",
            "https://b.s3.us-east-2.amazonaws.com/key",
            "https://b.s3-website-eu-west-1.amazonaws.com/key",
            "https://b.s3-accesspoint.eu-west-1.amazonaws.com/key",
            "https://abc.lambda-url.eu-west-1.on.aws/key",
            "https://abc.execute-api.eu-west-1.amazonaws.com/key",
            "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity",
            "https://b.s3.amazonaws.com/key\r\nHost: evil.example",
            "https://b.s3.amazonaws.com/a b",
            "https://b.s3.\u{430}mazonaws.com/key",
            &long,
        ] {
            assert!(Presigned::read(url, &home("eu-west-1", "amazonaws.com")).is_err(), "{url}");
        }
        assert!(
            Presigned::read(
                "https://b.s3.cn-north-1.amazonaws.com/key",
                &home("cn-north-1", "amazonaws.com.cn")
            )
            .is_err()
        );
        assert!(
            Presigned::read("https://b.s3.amazonaws.com.cn/key", &home("cn-north-1", "amazonaws.com.cn"))
                .is_err()
        );
        for (region, suffix) in [("", "amazonaws.com"), ("eu-west-1", ""), ("evil", "example")] {
            assert!(
                Presigned::read("https://b.s3.eu-west-1.amazonaws.com/key", &home(region, suffix)).is_err(),
                "{region} {suffix}"
            );
        }
    }
}
