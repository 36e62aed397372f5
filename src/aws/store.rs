//! Amazon DynamoDB: the table of incidents. One item for each document, written only over the version that
//! was read.

use std::collections::HashMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::{Client, Config};
use jiff::Timestamp;

use super::connecting::{Emptied, once};
use super::describe;
use crate::incident::store::{Kept, NotSaved, Store, Unreachable};
use crate::redact::redact;

/// A table with the key `key`, and `expires` for its time to live.
#[derive(Debug)]
pub struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// The table `name`, reached with `config`.
    #[must_use]
    pub fn new(config: &SdkConfig, name: String) -> Self {
        Self { client: Client::new(config), name }
    }

    /// Opens a connection, so that the first failure waits for none.
    pub async fn connect(&self) {
        let get = self.client.get_item().table_name(&self.name).key("key", text("-")).customize();
        let nothing = get.interceptor(Emptied).config_override(Config::builder().retry_config(once()));
        let _ = Box::pin(nothing.send()).await;
    }

    fn unreachable(&self, why: &str) -> String {
        format!("table {}: {}", self.name, redact(why))
    }
}

impl Store for Table {
    async fn load(&self, key: &str) -> Result<Option<Kept>, Unreachable> {
        let get =
            self.client.get_item().table_name(&self.name).key("key", text(key)).consistent_read(true).send();
        let item =
            Box::pin(get).await.map_err(|error| Unreachable(self.unreachable(&describe(&error))))?.item;
        let Some(item) = item else { return Ok(None) };
        // The table removes what has expired within days; until then it must not count.
        if number(&item, "expires").is_some_and(|expires| expires <= Timestamp::now().as_second()) {
            let version =
                number(&item, "version").and_then(|version| u64::try_from(version).ok()).unwrap_or_default();
            return Ok(Some(Kept { body: String::new(), version }));
        }
        let body = item.get("body").and_then(|body| body.as_s().ok()).cloned();
        let version = number(&item, "version").and_then(|version| u64::try_from(version).ok());
        Ok(body.zip(version).map(|(body, version)| Kept { body, version }))
    }

    async fn save(
        &self,
        key: &str,
        body: String,
        read: Option<u64>,
        expires: Timestamp,
    ) -> Result<(), NotSaved> {
        let put =
            self.client.put_item().table_name(&self.name).item("key", text(key)).item("body", text(&body));
        let put = put
            .item("version", count(read.map_or(1, |read| read + 1)))
            .item("expires", AttributeValue::N(expires.as_second().to_string()));
        let put = match read {
            Some(read) => put
                .condition_expression("#version = :read")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":read", count(read)),
            None => put
                .condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", "key"),
        };
        match Box::pin(put.send()).await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Err(NotSaved::Conflict)
            }
            Err(error) => Err(NotSaved::Unavailable(self.unreachable(&describe(&error)))),
        }
    }

    async fn give_way(&self, times: u32) {
        // No two wait as long, and the longer the more come between.
        let most = 10_u64 << times.min(6);
        let now = Timestamp::now().subsec_nanosecond().unsigned_abs();
        let mixed = u64::from(now.wrapping_mul(0x9e37_79b9).rotate_left(7)) ^ u64::from(std::process::id());
        tokio::time::sleep(Duration::from_millis(mixed % most)).await;
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn count(count: u64) -> AttributeValue {
    AttributeValue::N(count.to_string())
}

fn number(item: &HashMap<String, AttributeValue>, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}
