//! Creates the queues on SQS and sets their attributes as configured. Idempotent.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context as _;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata as _;
use aws_sdk_sqs::types::QueueAttributeName as Name;
use serde_json::{Value, json};

use super::{Part, SqsConfig, error, find, max_receives};
use crate::message::Queue;

/// The longest retention of SQS.
const RETENTION_SECONDS: u32 = 14 * 24 * 3600;
const LONG_POLL_SECONDS: u32 = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateMode {
    Apply,
    /// Reports what would be done and changes nothing.
    DryRun,
}

/// The result for one queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    New,
    Unchanged,
    Changed(Vec<AttributeChange>),
}

/// An attribute that is not as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeChange {
    pub attribute: String,
    pub from: String,
    pub to: String,
}

/// Creates or corrects every queue, one after the other, and reports each as it goes.
pub async fn run(
    client: &Client,
    config: &SqsConfig,
    queues: &[Queue],
    mode: CreateMode,
    mut report: impl FnMut(&str, &Created) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for ((queue, part), name) in config.physical_queues(queues) {
        let created = create_one(client, config, queue, part, mode).await;
        let created = created.with_context(|| format!("the queue {name} at {}", config.server))?;
        report(&name, &created)?;
    }
    Ok(())
}

async fn create_one(
    client: &Client,
    config: &SqsConfig,
    queue: Queue,
    part: Part,
    mode: CreateMode,
) -> anyhow::Result<Created> {
    let name = config.physical_name(queue, part);
    let found = find(client, &name).await?;
    let url = match (&found, mode) {
        (Some(url), _) => url.clone(),
        (None, CreateMode::DryRun) => return Ok(Created::New),
        (None, CreateMode::Apply) => create(client, &name, common_attributes(config)).await?,
    };
    let current = attributes(client, &url).await?;
    let mut wanted = common_attributes(config);
    wanted.extend([policy(config, queue, part, &name, &current)?]);
    wanted.retain(|attribute, value| !is_as_wanted(attribute, value, &current));
    if mode == CreateMode::Apply {
        set(client, &url, &wanted).await?;
    }
    Ok(match found {
        None => Created::New,
        Some(_) if wanted.is_empty() => Created::Unchanged,
        Some(_) => Created::Changed(changes(&wanted, &current)),
    })
}

/// The attributes that all queues share.
fn common_attributes(config: &SqsConfig) -> BTreeMap<Name, String> {
    BTreeMap::from([
        (Name::VisibilityTimeout, config.visibility_seconds.to_string()),
        (Name::MessageRetentionPeriod, RETENTION_SECONDS.to_string()),
        (Name::ReceiveMessageWaitTimeSeconds, LONG_POLL_SECONDS.to_string()),
        (Name::MaximumMessageSize, config.max_bytes.to_string()),
        (Name::SqsManagedSseEnabled, "true".to_owned()),
    ])
}

/// The redrive policy of a queue; for a dead-letter queue, the queues that may use it.
fn policy(
    config: &SqsConfig,
    queue: Queue,
    part: Part,
    name: &str,
    current: &HashMap<Name, String>,
) -> anyhow::Result<(Name, String)> {
    let arn = current.get(&Name::QueueArn).context("SQS did not say its ARN")?;
    let common = arn.strip_suffix(name).context("its ARN does not end with its name")?;
    let arn_of = |part| format!("{common}{}", config.physical_name(queue, part));
    Ok(match part {
        Part::Dead => {
            let sources = [arn_of(Part::Interactive), arn_of(Part::Bulk)];
            let policy = json!({ "redrivePermission": "byQueue", "sourceQueueArns": sources });
            (Name::RedriveAllowPolicy, policy.to_string())
        }
        Part::Interactive | Part::Bulk => {
            let policy =
                json!({ "deadLetterTargetArn": arn_of(Part::Dead), "maxReceiveCount": max_receives(config.attempts) });
            (Name::RedrivePolicy, policy.to_string())
        }
    })
}

fn is_as_wanted(attribute: &Name, wanted: &str, current: &HashMap<Name, String>) -> bool {
    let has = |name: &Name| current.get(name).is_some_and(|value| !value.is_empty());
    match (attribute, current.get(attribute)) {
        // A customer managed key is stronger than SSE-SQS.
        (Name::SqsManagedSseEnabled, _) if has(&Name::KmsMasterKeyId) => true,
        (_, None) => false,
        (Name::RedrivePolicy | Name::RedriveAllowPolicy, Some(value)) => normal(value) == normal(wanted),
        (_, Some(value)) => value.eq_ignore_ascii_case(wanted),
    }
}

/// Normalizes a policy: numbers become text, lists are sorted.
fn normal(policy: &str) -> Option<Value> {
    let mut policy: Value = serde_json::from_str(policy).ok()?;
    for value in policy.as_object_mut()?.values_mut() {
        match value {
            Value::Number(number) => *value = Value::String(number.to_string()),
            Value::Array(list) => list.sort_by_key(ToString::to_string),
            _ => {}
        }
    }
    Some(policy)
}

fn changes(wanted: &BTreeMap<Name, String>, current: &HashMap<Name, String>) -> Vec<AttributeChange> {
    let change = |(attribute, value): (&Name, &String)| AttributeChange {
        attribute: attribute.as_str().to_owned(),
        from: current
            .get(attribute)
            .cloned()
            .unwrap_or_else(|| "(not set)".to_owned()),
        to: value.clone(),
    };
    wanted.iter().map(change).collect()
}

async fn create(client: &Client, name: &str, attributes: BTreeMap<Name, String>) -> anyhow::Result<String> {
    let made = client
        .create_queue()
        .queue_name(name)
        .set_attributes(Some(attributes.into_iter().collect()))
        .send()
        .await
        .map_err(error::from_sdk)
        .context("creating it")?;
    made.queue_url.context("SQS gave no URL")
}

async fn attributes(client: &Client, url: &str) -> anyhow::Result<HashMap<Name, String>> {
    let request = client.get_queue_attributes().queue_url(url).attribute_names(Name::All);
    let answer = request
        .send()
        .await
        .map_err(error::from_sdk)
        .context("reading its attributes")?;
    Ok(answer.attributes.unwrap_or_default())
}

/// Sets each attribute by itself, so that an error names it. Not every server knows `RedriveAllowPolicy`.
async fn set(client: &Client, url: &str, wanted: &BTreeMap<Name, String>) -> anyhow::Result<()> {
    for (attribute, value) in wanted {
        let request = client
            .set_queue_attributes()
            .queue_url(url)
            .attributes(attribute.clone(), value);
        match request.send().await {
            Err(error) if *attribute == Name::RedriveAllowPolicy && error.code() == Some("InvalidAttributeName") => {
                tracing::warn!("the server does not know {}", attribute.as_str());
            }
            Err(error) => {
                return Err(error::from_sdk(error)).with_context(|| format!("setting {}", attribute.as_str()));
            }
            Ok(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_compared_by_what_they_mean() {
        let ours = r#"{"deadLetterTargetArn":"a","maxReceiveCount":12}"#;
        assert_eq!(
            normal(ours),
            normal(r#"{ "maxReceiveCount": "12", "deadLetterTargetArn": "a" }"#)
        );
        assert_ne!(
            normal(ours),
            normal(r#"{"deadLetterTargetArn":"a","maxReceiveCount":13}"#)
        );
        assert_eq!(
            normal(r#"{"sourceQueueArns":["b","a"]}"#),
            normal(r#"{"sourceQueueArns":["a","b"]}"#)
        );
        assert_ne!(normal(ours), normal("no policy"));
    }

    #[test]
    fn key_of_the_owner_is_left_alone() {
        let key = HashMap::from([(Name::KmsMasterKeyId, "alias/ours".to_owned())]);
        assert!(is_as_wanted(&Name::SqsManagedSseEnabled, "true", &key));
        assert!(!is_as_wanted(&Name::SqsManagedSseEnabled, "true", &HashMap::new()));
    }
}
