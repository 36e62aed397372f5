//! Publishes every event to a topic, as it comes.

use std::env;

use aws_config::BehaviorVersion;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let topic = &env::var("TOPIC_ARN")?;
    let client = &aws_sdk_sns::Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        client.publish().topic_arn(topic).message(event.payload.get()).send().await?;
        Ok::<_, Error>(())
    }))
    .await
}
