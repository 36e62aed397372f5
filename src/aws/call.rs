//! One call: built, signed, sent and retried by the SDK's own machinery, with the answer as a JSON value.
//!
//! The SDK's crates for most of the services asked here would take most of the build and read answers into
//! types of their own, only to be taken over field by field. What they add to the machinery below is small:
//! the form of a request, and where an error's code is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::recursion_detection::RecursionDetectionInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::defaults::{
    DefaultPluginParams, default_http_client_plugin_v2, default_plugins,
};
use aws_smithy_runtime::client::http::connection_poisoning::ConnectionPoisoningInterceptor;
use aws_smithy_runtime::client::orchestrator::endpoints::StaticUriEndpointResolver;
use aws_smithy_runtime::client::orchestrator::invoke;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::endpoint::EndpointResolverParams;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::Input as Erased;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::{
    RuntimePlugin as _, RuntimePlugins, StaticRuntimePlugin,
};
use aws_smithy_runtime_api::client::ser_de::{
    SerializeRequest, SharedRequestSerializer, SharedResponseDeserializer,
};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer, Layer};
use aws_smithy_types::retry::RetryConfig;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::bounded::Bounded;
use super::client::{Client, Clients};
use super::endpoint::{Endpoint, endpoint};
use super::failure::{Failure, Received, Refusal, failure, unreadable};
use super::operation::{Operation, Protocol, Service};
use super::{innermost, xml};

/// A diagnosis does not wait longer for one fact.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(6);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// An account has three calls of `DescribeParameters` a second.
const BETWEEN_PARAMETERS: Duration = Duration::from_millis(350);
/// What need not be escaped anywhere in a URI.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What a call takes, by the protocol of its service.
#[derive(Debug)]
pub(crate) enum Input {
    /// For JSON protocols.
    Json(Value),
    /// For Query protocols.
    Form(Fields),
    /// For REST: the name in the path, and more of the query.
    Get(String, Fields),
}

/// Names and values, in order.
pub(crate) type Fields = Vec<(String, String)>;

/// Calls AWS with the credentials and settings of one configuration.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(super) config: SdkConfig,
    pub(super) http_client: Option<SharedHttpClient>,
    clients: Clients<(&'static str, String), RuntimePlugins>,
    pub(super) ecs: Clients<String, aws_sdk_ecs::Client>,
    next_parameters: Mutex<Instant>,
    /// Whether the tags of services and definitions are asked for.
    pub(super) tags: bool,
}

impl Caller {
    pub(crate) fn new(config: &SdkConfig) -> Self {
        let http_client = config.http_client().or_else(http_client);
        Self {
            config: config.clone(),
            http_client,
            clients: Clients::default(),
            ecs: Clients::default(),
            next_parameters: Mutex::new(Instant::now()),
            tags: false,
        }
    }

    /// The Region that is configured.
    pub(crate) fn region(&self) -> Option<&str> {
        self.config.region().map(Region::as_ref)
    }

    /// Makes one call; `on` names in words what it is about.
    pub(crate) async fn call(
        &self,
        operation: Operation,
        region: &str,
        on: &str,
        input: Input,
    ) -> Result<Value, Failure> {
        let service = operation.service();
        let client = self.client(service, region).await.map_err(Failure::Unknown)?;
        let request =
            request(operation, input).map_err(|error| Failure::unknown(&innermost(error.as_ref())))?;
        if let Some(why) = client.silence() {
            return Err(why);
        }
        if operation == Operation::DescribeParameters {
            self.await_turn().await;
        }
        let plugins = client
            .calls
            .clone()
            .with_operation_plugin(StaticRuntimePlugin::new().with_config(operation_layer(operation)));
        // On the heap: the nested futures of the SDK are too deep for the compiler's layout queries.
        let sent = Box::pin(invoke(service.id, operation.name(), Erased::erase(request), &plugins)).await;
        let output =
            client.note(sent, |error| failure(operation, region, on, error, Refusal::erased(error)))?;
        let body = output.downcast::<Vec<u8>>().unwrap_or_default();
        parsed(service.protocol, &body).ok_or_else(|| unreadable(operation))
    }

    /// Waits until parameters may be described again.
    async fn await_turn(&self) {
        let turn = {
            let mut next = self.next_parameters.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = (*next).max(Instant::now());
            *next = turn + BETWEEN_PARAMETERS;
            turn
        };
        sleep_until(turn).await;
    }

    /// The client of a service in a Region; made once.
    pub(super) async fn client(
        &self,
        service: &Service,
        region: &str,
    ) -> Result<Arc<Client<RuntimePlugins>>, String> {
        let key = (service.name, region.to_owned());
        if let Some(client) = self.clients.known(&key) {
            return Ok(client);
        }
        let endpoint = endpoint(&self.config, service, region).await?;
        Ok(self.clients.keep(key, self.plugins(service, region, &endpoint)))
    }

    fn plugins(&self, service: &Service, region: &str, endpoint: &Endpoint) -> RuntimePlugins {
        let version = BehaviorVersion::latest();
        let defaults = DefaultPluginParams::new().with_behavior_version(version).with_is_aws_sdk(true);
        let defaults =
            default_plugins(defaults.with_retry_partition_name(format!("{}-{region}", service.name)));
        let components = RuntimeComponentsBuilder::new("ecs-triage")
            .with_auth_scheme(SigV4AuthScheme::new())
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
            .with_endpoint_resolver(Some(StaticUriEndpointResolver::uri(endpoint.url.clone())))
            .with_interceptor(ConnectionPoisoningInterceptor::new())
            .with_interceptor(ServiceClockSkewInterceptor::new())
            .with_interceptor(RequestInfoInterceptor::new())
            .with_interceptor(UserAgentInterceptor::new())
            .with_interceptor(InvocationIdInterceptor::new())
            .with_interceptor(RecursionDetectionInterceptor::new())
            .with_retry_classifier(HttpStatusCodeClassifier::default())
            .with_retry_classifier(TransientErrorClassifier::<Refusal>::new())
            .with_retry_classifier(AwsErrorCodeClassifier::<Refusal>::new())
            .with_retry_classifier(ServiceClockSkewClassifier::<Refusal>::new());
        RuntimePlugins::new().with_client_plugins(defaults).with_client_plugin(
            StaticRuntimePlugin::new()
                .with_config(self.client_layer(service, endpoint))
                .with_runtime_components(self.configured(components)),
        )
    }

    /// Adds what the configuration brings along.
    fn configured(&self, mut components: RuntimeComponentsBuilder) -> RuntimeComponentsBuilder {
        if let Some(credentials) = self.config.credentials_provider() {
            components.set_identity_resolver(SCHEME_ID, credentials);
        }
        // What is not set must not replace a default.
        if let Some(cache) = self.config.identity_cache() {
            components.set_identity_cache(Some(cache));
        }
        if let Some(client) = &self.http_client {
            components.set_http_client(Some(client.clone()));
        }
        if let Some(sleep) = self.config.sleep_impl() {
            components.set_sleep_impl(Some(sleep));
        }
        if let Some(time) = self.config.time_source() {
            components.set_time_source(Some(time));
        }
        components
    }

    fn client_layer(&self, service: &Service, endpoint: &Endpoint) -> FrozenLayer {
        let is_s3 = matches!(service.protocol, Protocol::RestXml);
        let mut signing_options = SigningOptions::default();
        (
            signing_options.double_uri_encode,
            signing_options.normalize_uri_path,
            signing_options.content_sha256_header,
        ) = (!is_s3, !is_s3, is_s3);
        let mut layer = Layer::new("ecs-triage");
        layer.store_put(SigV4OperationSigningConfig {
            signing_options,
            ..SigV4OperationSigningConfig::default()
        });
        layer.store_put(SigningName::from(service.name));
        layer.store_put(SigningRegion::from(Region::new(endpoint.signing_region.clone())));
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(EndpointResolverParams::new(()));
        layer.store_put(SharedRequestSerializer::new(AsBuilt));
        layer.store_put(SharedResponseDeserializer::new(Received { service: service.protocol }));
        layer.store_put(ApiMetadata::new(service.name, env!("CARGO_PKG_VERSION")));
        layer.store_put(self.config.retry_config().cloned().unwrap_or_else(RetryConfig::standard));
        layer.store_put(timeouts(self.config.timeout_config()));
        layer.freeze()
    }
}

/// An HTTP client that may serve all services, and reads no answer without end: each makes its connections
/// and reads the certificates once.
pub(crate) fn http_client() -> Option<SharedHttpClient> {
    let client = default_http_client_plugin_v2(BehaviorVersion::latest())?
        .runtime_components(&RuntimeComponentsBuilder::new("ecs-triage"))
        .http_client()?;
    Some(SharedHttpClient::new(Bounded(client)))
}

/// The time that a call and each try of it may take.
pub(super) fn timeouts(configured: Option<&TimeoutConfig>) -> TimeoutConfig {
    let shorter = |configured: Option<Duration>, own: Duration| {
        configured.map_or(own, |configured| configured.min(own))
    };
    let builder = configured.map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
    let operation = shorter(configured.and_then(TimeoutConfig::operation_timeout), OPERATION_TIMEOUT);
    let attempt = shorter(configured.and_then(TimeoutConfig::operation_attempt_timeout), ATTEMPT_TIMEOUT);
    builder.operation_timeout(operation).operation_attempt_timeout(attempt).build()
}

fn operation_layer(operation: Operation) -> FrozenLayer {
    let mut layer = Layer::new(operation.name());
    layer.store_put(Metadata::new(operation.name(), operation.service().id));
    layer.freeze()
}

fn request(operation: Operation, input: Input) -> Result<HttpRequest, BoxError> {
    let (method, uri, kind, body) = match (operation.service().protocol, input) {
        (Protocol::Json(_), Input::Json(mut body)) => {
            // What is not said is left out: not every service takes a null for it.
            body.as_object_mut().into_iter().for_each(|fields| fields.retain(|_, value| !value.is_null()));
            ("POST", "/".to_owned(), "application/x-amz-json-1.1", body.to_string())
        }
        (Protocol::Query(version), Input::Form(fields)) => {
            let named = [("Action", operation.name()), ("Version", version)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
            (
                "POST",
                "/".to_owned(),
                "application/x-www-form-urlencoded",
                escaped_fields(named.into_iter().chain(fields)),
            )
        }
        // Without a name the path is that of another call.
        (Protocol::RestJson | Protocol::RestXml, Input::Get(name, _))
            if matches!(name.as_str(), "" | "." | "..") =>
        {
            return Err("it has no name".into());
        }
        (Protocol::RestJson | Protocol::RestXml, Input::Get(name, fields)) => {
            let path = operation.path().replace("{}", &escaped(&name));
            let more = if path.contains('?') { "&" } else { "?" };
            let query = escaped_fields(fields);
            ("GET", if query.is_empty() { path } else { path + more + &query }, "", String::new())
        }
        _ => return Err("the call is not one of its service".into()),
    };
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method(method)?;
    request.set_uri(uri)?;
    if !kind.is_empty() {
        request.headers_mut().insert("content-type", kind);
    }
    if let Protocol::Json(target) = operation.service().protocol {
        request.headers_mut().insert("x-amz-target", format!("{target}.{}", operation.name()));
    }
    Ok(request)
}

pub(super) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

fn escaped_fields(fields: impl IntoIterator<Item = (String, String)>) -> String {
    fields
        .into_iter()
        .map(|(name, value)| format!("{}={}", escaped(&name), escaped(&value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// The body of an answer as a value.
pub(super) fn parsed(protocol: Protocol, body: &[u8]) -> Option<Value> {
    match protocol {
        Protocol::Sdk | Protocol::Json(_) | Protocol::RestJson => serde_json::from_slice(body).ok(),
        Protocol::Query(_) | Protocol::RestXml => xml::read(str::from_utf8(body).ok()?),
    }
}

/// Requests are built before they come here.
#[derive(Debug)]
struct AsBuilt;

impl SerializeRequest for AsBuilt {
    fn serialize_input(&self, input: Erased, _: &mut ConfigBag) -> Result<HttpRequest, BoxError> {
        input.downcast().map_err(|_| "the input is not a request".into())
    }
}
