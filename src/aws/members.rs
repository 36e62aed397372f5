//! Other accounts, each looked into with the credentials of a role there.
//!
//! A caller is made for the credentials of one account and never gets others, so that no question can be asked
//! with those of another account.

use std::collections::HashMap;
use std::error::Error;
use std::iter::successors;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_sdk_sns::config::{Credentials, IdentityCache, ProvideCredentials as _, SharedCredentialsProvider};
use aws_smithy_types::error::metadata::ErrorMetadata;
use tokio::time::Instant;

use super::call::{Caller, timeouts};
use super::failure::Failure;
use super::innermost;
use crate::arn::{is_account, partition_of};

/// The shortest session that there is: what leaks does not last.
const SESSION: Duration = Duration::from_mins(15);
/// Credentials that end sooner than this are renewed; the questions of one diagnosis take seconds.
const RENEWED_BEFORE: Duration = Duration::from_mins(5);
/// Where a role cannot be assumed, it is not tried again for so long.
const SILENCE: Duration = Duration::from_secs(15);
/// Accounts come from events; callers of more than this are not kept.
const KEPT_ACCOUNTS: usize = 64;
/// The name of the session in the other account's trail.
const SESSION_NAME: &str = "ecs-triage";

/// The clients for other accounts.
#[derive(Debug)]
pub(super) struct Members {
    config: SdkConfig,
    /// The path and name of the role.
    role: String,
    /// Whether the tags of services and definitions are asked for.
    tags: bool,
    kept: Mutex<HashMap<String, Slot>>,
}

/// What is known of one account; who holds the lock is assuming its role.
type Slot = Arc<tokio::sync::Mutex<Member>>;

#[derive(Debug, Default)]
struct Member {
    session: Option<Session>,
    /// Since when, and why, its role cannot be assumed.
    refused: Option<(Instant, Failure)>,
}

#[derive(Debug, Clone)]
struct Session {
    caller: Arc<Caller>,
    ends: SystemTime,
}

impl Members {
    pub(super) fn new(config: &SdkConfig, role: String, tags: bool) -> Self {
        let config = config.to_builder().timeout_config(timeouts(config.timeout_config())).build();
        Self { config, role, tags, kept: Mutex::default() }
    }

    /// The client for an account.
    pub(super) async fn caller(&self, account: &str) -> Result<Arc<Caller>, Failure> {
        let slot = self.slot(account);
        let mut member = slot.lock().await;
        let now = SystemTime::now();
        if let Some(session) = member.session.as_ref().filter(|session| session.ends > now + RENEWED_BEFORE) {
            return Ok(Arc::clone(&session.caller));
        }
        if member.refused.as_ref().is_none_or(|(since, _)| since.elapsed() >= SILENCE) {
            match self.assume(account).await {
                Ok(session) => *member = Member { session: Some(session), refused: None },
                Err(why) => member.refused = Some((Instant::now(), why)),
            }
        }
        // What could not be renewed serves to its end.
        match (&member.session, &member.refused) {
            (Some(session), _) if session.ends > now => Ok(Arc::clone(&session.caller)),
            (_, Some((_, why))) => Err(why.clone()),
            _ => Err(Failure::Unknown("its credentials have ended".to_owned())),
        }
    }

    fn slot(&self, account: &str) -> Slot {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_ACCOUNTS && !kept.contains_key(account) {
            kept.clear();
        }
        Arc::clone(kept.entry(account.to_owned()).or_default())
    }

    async fn assume(&self, account: &str) -> Result<Session, Failure> {
        // It becomes a part of the role's ARN.
        if !is_account(account) {
            return Err(Failure::Unknown("its account is not the number of one".to_owned()));
        }
        let region = self.config.region().map(ToString::to_string).unwrap_or_default();
        let arn = format!("arn:{}:iam::{account}:role{}", partition_of(&region), self.role);
        let provider = AssumeRoleProvider::builder(&arn)
            .configure(&self.config)
            .session_name(SESSION_NAME)
            .session_length(SESSION)
            .build()
            .await;
        let credentials = provider.provide_credentials().await.map_err(|error| refused(&arn, &error))?;
        let of_another = credentials.account_id().is_some_and(|of| of.as_str() != account);
        match credentials.expiry() {
            Some(ends) if !of_another => Ok(Session { caller: Arc::new(self.with(credentials)), ends }),
            _ => {
                Err(Failure::Unknown(format!("the credentials of {arn} are of another account or never end")))
            }
        }
    }

    /// A client that calls with these credentials alone.
    fn with(&self, credentials: Credentials) -> Caller {
        let config = self.config.to_builder();
        let mut caller = Caller::new(
            &config
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                // They never change, and a cache of all accounts' would grow.
                .identity_cache(IdentityCache::no_cache())
                .build(),
        );
        caller.tags = self.tags;
        caller
    }
}

/// Why a role was not assumed.
fn refused(arn: &str, error: &(dyn Error + 'static)) -> Failure {
    let metadata = successors(Some(error), |&error| error.source())
        .find_map(|error| error.downcast_ref::<ErrorMetadata>());
    match metadata.and_then(|metadata| Some((metadata.code()?, metadata.message()))) {
        // STS does not tell a role that does not exist from one that trusts others.
        Some(("AccessDenied", _)) => Failure::Unknown(format!(
            "ecs-triage could not assume the role {arn}: deploy the member stack to that account, or look at the role's trust policy"
        )),
        Some((code, message)) => {
            let message = message.map(|message| format!(": {message}")).unwrap_or_default();
            Failure::unknown(&format!("ecs-triage could not assume the role {arn}: {code}{message}"))
        }
        None => {
            Failure::unknown(&format!("ecs-triage could not assume the role {arn}: {}", innermost(error)))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use aws_config::{BehaviorVersion, Region};
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_types::body::SdkBody;
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    /// An STS that gives credentials which name their account, and end after so many seconds; none for 0.
    #[derive(Debug, Default)]
    struct Sts {
        lasts: AtomicU64,
        /// The account of the role of its answers, where it is not that of the request.
        answers_for: Option<&'static str>,
        /// Where it was asked, and for which role.
        asked: Mutex<Vec<(String, String)>>,
    }

    #[derive(Debug, Clone)]
    struct Connected(Arc<Sts>);

    impl HttpConnector for Connected {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
            let role = body.split('&').find_map(|field| field.strip_prefix("RoleArn=")).unwrap_or_default();
            let role = role.replace("%3A", ":").replace("%2F", "/");
            let account = role.split(':').nth(4).unwrap_or_default().to_owned();
            assert!(
                body.contains("DurationSeconds=900") && body.contains("RoleSessionName=ecs-triage"),
                "{body}"
            );
            self.0.asked.lock().expect("nobody panicked").push((request.uri().to_owned(), role));
            let lasts = self.0.lasts.load(Ordering::Relaxed);
            let (status, body) = if lasts == 0 {
                let denied = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
                (403, denied.to_owned())
            } else {
                let ends =
                    Timestamp::now() + SignedDuration::from_secs(i64::try_from(lasts).expect("it is short"));
                let of = self.0.answers_for.unwrap_or(&account);
                (
                    200,
                    format!(
                        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials><AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>{}</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:aws:sts::{of}:assumed-role/x/ecs-triage</Arn></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>",
                        ends.strftime("%Y-%m-%dT%H:%M:%SZ")
                    ),
                )
            };
            let status = status.try_into().expect("a status");
            HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
        }
    }

    async fn members(sts: &Arc<Sts>, region: &'static str, fips: bool) -> Members {
        let connected = Connected(Arc::clone(sts));
        let client = http_client_fn(move |_, _| SharedHttpConnector::new(connected.clone()));
        let own = Credentials::new("AKIAOWN", "none", None, None, "test");
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(own)
            .use_fips(fips)
            .http_client(client);
        Members::new(&config.load().await, "/team/ecs-triage-reader-x".to_owned(), false)
    }

    fn sts(lasts: u64) -> Arc<Sts> {
        Arc::new(Sts { lasts: lasts.into(), ..Sts::default() })
    }

    /// The access key with which questions in an account are signed.
    async fn key(members: &Members, account: &str) -> Result<String, Failure> {
        let caller = members.caller(account).await?;
        let provider = caller.config.credentials_provider().expect("it has credentials");
        Ok(provider.provide_credentials().await.expect("they are there").access_key_id().to_owned())
    }

    #[tokio::test]
    async fn credentials_are_of_the_account_that_is_asked_and_are_kept() {
        let (sts, accounts) =
            (sts(900), (0..100).map(|account| format!("{account:012}")).collect::<Vec<_>>());
        let members = members(&sts, "eu-west-1", false).await;
        // More accounts than are kept, each met again at some time, in an order of its own.
        for step in 0..400_usize {
            let account = &accounts[(step * step * 7 + step / 3) % accounts.len()];
            assert_eq!(key(&members, account).await, Ok(format!("ASIA{account}")), "{step}");
            assert!(members.kept.lock().expect("nobody panicked").len() <= KEPT_ACCOUNTS);
        }
        let asked = sts.asked.lock().expect("nobody panicked").len();
        let all = futures_util::future::join_all((0..20).map(|_| key(&members, "999988887777"))).await;
        assert!(all.into_iter().all(|key| key == Ok("ASIA999988887777".to_owned())));
        assert_eq!(sts.asked.lock().expect("nobody panicked").len(), asked + 1, "one assumes for all");
    }

    #[tokio::test]
    async fn credentials_are_renewed_before_they_end_and_serve_until_then() {
        let sts = sts(200);
        let members = members(&sts, "eu-west-1", false).await;
        let asked = || sts.asked.lock().expect("nobody panicked").len();
        for times in 1..4 {
            assert!(key(&members, "222233334444").await.is_ok());
            assert_eq!(asked(), times, "so near to their end they are renewed each time");
        }
        sts.lasts.store(0, Ordering::Relaxed);
        assert!(key(&members, "222233334444").await.is_ok(), "what is left of them serves");
        assert!(key(&members, "222233334444").await.is_ok());
        assert_eq!(asked(), 4, "a refusal is not asked for again at once");
        assert!(key(&members, "333344445555").await.is_err(), "and nobody else's serve");
    }

    #[tokio::test]
    async fn a_role_that_cannot_be_assumed_is_named_and_left_alone_for_a_while() {
        let sts = sts(0);
        let members = members(&sts, "eu-west-1", false).await;
        for _ in 0..3 {
            let Err(Failure::Unknown(why)) = key(&members, "222233334444").await else {
                unreachable!("it was refused")
            };
            assert!(
                why.contains(
                    "could not assume the role arn:aws:iam::222233334444:role/team/ecs-triage-reader-x: "
                ),
                "{why}"
            );
        }
        assert_eq!(sts.asked.lock().expect("nobody panicked").len(), 1);
    }

    #[tokio::test]
    async fn what_is_no_account_or_of_another_is_not_used() {
        let sts = Arc::new(Sts { lasts: 900.into(), answers_for: Some("999988887777"), ..Sts::default() });
        let members = members(&sts, "eu-west-1", false).await;
        for account in ["", "*", "2222", "222233334444:role/admin", "../222233334444"] {
            assert!(key(&members, account).await.is_err(), "{account}");
        }
        assert!(sts.asked.lock().expect("nobody panicked").is_empty());
        assert!(key(&members, "222233334444").await.is_err(), "the answer is another account's");
    }

    #[tokio::test]
    async fn sts_is_that_of_the_region_and_the_role_one_of_its_partition() {
        for (region, fips, host, partition) in [
            ("eu-west-1", false, "sts.eu-west-1.amazonaws.com", "aws"),
            ("us-east-1", false, "sts.us-east-1.amazonaws.com", "aws"),
            ("us-east-1", true, "sts-fips.us-east-1.amazonaws.com", "aws"),
            ("cn-north-1", false, "sts.cn-north-1.amazonaws.com.cn", "aws-cn"),
            ("us-gov-west-1", true, "sts.us-gov-west-1.amazonaws.com", "aws-us-gov"),
        ] {
            let sts = sts(900);
            let members = members(&sts, region, fips).await;
            assert!(key(&members, "222233334444").await.is_ok(), "{region}");
            let role = format!("arn:{partition}:iam::222233334444:role/team/ecs-triage-reader-x");
            let asked = sts.asked.lock().expect("nobody panicked").clone();
            assert_eq!(asked, [(format!("https://{host}/"), role)]);
        }
    }
}
