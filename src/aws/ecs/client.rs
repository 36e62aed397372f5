//! The SDK's client of ECS, which sends what the table of operations knows and nothing else, with its answers
//! as AWS's own JSON.

use std::error::Error;
use std::future::Future;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_ecs::Client;
use aws_sdk_ecs::config::{Builder, ConfigBag, Intercept};
use aws_sdk_ecs::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_smithy_json::codec::{JsonCodec, JsonCodecSettings};
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_schema::codec::Codec as _;
use aws_smithy_schema::serde::{SerializableStruct, ShapeSerializer as _};
use serde_json::Value;

use crate::aws::call::{Caller, timeouts};
use crate::aws::endpoint::permitted;
use crate::aws::failure::{Failure, Refusal, failure, unreadable};
use crate::aws::operation::Operation;

impl Caller {
    /// Makes one call of ECS; `on` names in words what it is about.
    pub(super) async fn ecs<T, E, S>(
        &self,
        operation: Operation,
        region: &str,
        on: &str,
        send: impl FnOnce(&Client) -> S,
    ) -> Result<Value, Failure>
    where
        T: SerializableStruct,
        E: Error + ProvideErrorMetadata + 'static,
        S: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        permitted(&self.config, region).map_err(Failure::Unknown)?;
        let client = self
            .ecs
            .known(&region.to_owned())
            .unwrap_or_else(|| self.ecs.keep(region.to_owned(), self.ecs_client(region)));
        if let Some(why) = client.silence() {
            return Err(why);
        }
        // On the heap: the nested futures of the SDK are too deep for the compiler's layout queries.
        let sent = Box::pin(send(&client.calls)).await;
        let output =
            client.note(sent, |error| failure(operation, region, on, error, Refusal::typed(error)))?;
        as_json(&output).ok_or_else(|| unreadable(operation))
    }

    fn ecs_client(&self, region: &str) -> Client {
        let mut config = Builder::from(&self.config)
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .timeout_config(timeouts(self.config.timeout_config()))
            .interceptor(OnlyReads);
        config.set_http_client(self.http_client.clone());
        Client::from_conf(config.build())
    }
}

/// An answer as AWS wrote it, as far as the SDK knows its fields.
fn as_json(output: &impl SerializableStruct) -> Option<Value> {
    let mut serializer = JsonCodec::new(JsonCodecSettings::default()).create_serializer();
    serializer.write_struct(output.schema(), output).ok()?;
    serde_json::from_slice(&serializer.finish()).ok()
}

/// Sends no call that is not in the table: the SDK's client could also change a service.
#[derive(Debug)]
struct OnlyReads;

impl Intercept for OnlyReads {
    fn name(&self) -> &'static str {
        "OnlyReads"
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let name = config.load::<Metadata>().map(Metadata::name).unwrap_or_default();
        let is_known = Operation::ALL
            .iter()
            .any(|operation| operation.service().name == "ecs" && operation.name() == name);
        if is_known {
            Ok(())
        } else {
            Err(format!("{name} is not one of the reads that ecs-triage makes").into())
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{Region, SdkConfig};
    use serde_json::json;

    use super::{Caller, as_json};
    use crate::aws::innermost;

    #[tokio::test]
    async fn nothing_but_reads_is_sent() {
        let config =
            SdkConfig::builder().region(Region::new("eu-west-1")).endpoint_url("http://127.0.0.1:1").build();
        let client = Caller::new(&config).ecs_client("eu-west-1");
        let refused = [
            client
                .update_service()
                .service("api")
                .desired_count(0)
                .send()
                .await
                .map(drop)
                .map_err(|error| innermost(&error)),
            client.stop_task().task("1").send().await.map(drop).map_err(|error| innermost(&error)),
            client
                .execute_command()
                .task("1")
                .command("sh")
                .interactive(true)
                .send()
                .await
                .map(drop)
                .map_err(|error| innermost(&error)),
        ];
        for said in refused.map(|sent| sent.expect_err("it is refused")) {
            assert!(said.ends_with("is not one of the reads that ecs-triage makes"), "{said}");
        }
        let read = client.list_clusters().send().await.expect_err("nobody listens");
        assert!(!innermost(&read).contains("not one of the reads"), "{read:?}");
    }

    #[test]
    fn answers_keep_awss_names_times_and_unknown_words() {
        let service = aws_sdk_ecs::types::Service::builder()
            .service_name("api")
            .launch_type("ORBITAL".into())
            .created_at(aws_sdk_ecs::primitives::DateTime::from_secs_f64(1_750_000_000.5))
            .build();
        let output = aws_sdk_ecs::operation::describe_services::DescribeServicesOutput::builder()
            .services(service)
            .build();
        let written = as_json(&output).expect("it is written");
        let expected = json!({"serviceName": "api", "launchType": "ORBITAL", "createdAt": 1_750_000_000.5});
        for (name, value) in expected.as_object().expect("an object") {
            assert_eq!(written.pointer(&format!("/services/0/{name}")), Some(value), "{written}");
        }
    }
}
