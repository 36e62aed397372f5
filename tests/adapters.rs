//! The answers of AWS, read: against a scripted server.

#[path = "adapters/server.rs"]
mod server;

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider};
use ecs_triage::aws::prober::AwsProber;
use ecs_triage::question::{Answer, Question};
use ecs_triage::triage::Prober as _;
use server::{Reply, Server};

fn config(url: &str) -> SdkConfig {
    let credentials = Credentials::new("AKIDEXAMPLE", "none", Some("token".to_owned()), None, "test");
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(300)).operation_timeout(Duration::from_millis(900));
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .timeout_config(timeouts.build())
        .build()
}

#[tokio::test]
async fn it_works() {
    let server = Server::start(|_, n| {
        if n < 2 {
            Reply::new(400, r#"{"__type": "com.x#ThrottlingException", "message": "Rate exceeded"}"#)
        } else {
            Reply::new(200, r#"{"ARN": "arn:x", "Name": "prod/db", "CreatedDate": 1.5e9}"#)
        }
    });
    let prober = AwsProber::new(&config(&server.url));
    let answer = prober.ask(&Question::Secret { region: "eu-west-1".to_owned(), id: "prod/db".to_owned() }).await;
    println!("{answer:?} {:#?}", server.heard());
    assert!(matches!(answer, Answer::Secret(_)));
}
