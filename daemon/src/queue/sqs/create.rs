//! Making the queues on SQS, and keeping their attributes as the configuration has them. Idempotent.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context as _;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata as _;
use aws_sdk_sqs::types::QueueAttributeName as Name;
use serde_json::{Value, json};

use super::{Part, client, find, max_receives, physical, physical_name, place};
use crate::config::{Config, QueuesConfig};
use crate::queue::QueueName;

/// The longest that SQS has.
const RETENTION_SECONDS: u32 = 14 * 24 * 3600;
const LONG_POLL_SECONDS: u32 = 20;

/// Whether anything is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Apply,
    /// Only say what would be done.
    DryRun,
}

/// What was done (or would be) about one queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    Created,
    Unchanged,
    Changed(Vec<Change>),
}

/// One attribute that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub attribute: String,
    pub from: String,
    pub to: String,
}

/// Creates or corrects every queue, one after the other, and tells of each as it goes.
///
/// # Errors
/// When SQS does not answer or does not take an attribute, or what is told of can not be told.
pub async fn run(
    config: &Config,
    mode: Mode,
    mut tell: impl FnMut(&str, &Done) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let client = client::build(&config.aws).await?;
    for ((queue, part), name) in physical(&config.queues.prefix) {
        let done = settle(&client, &config.queues, queue, part, mode).await;
        let done = done.with_context(|| format!("the queue {name} at {}", place(&config.aws)))?;
        tell(&name, &done)?;
    }
    Ok(())
}

async fn settle(
    client: &Client,
    queues: &QueuesConfig,
    queue: QueueName,
    part: Part,
    mode: Mode,
) -> anyhow::Result<Done> {
    let name = physical_name(&queues.prefix, queue, part);
    let found = find(client, &name).await?;
    let url = match (&found, mode) {
        (Some(url), _) => url.clone(),
        (None, Mode::DryRun) => return Ok(Done::Created),
        (None, Mode::Apply) => create(client, &name, plain(queues)).await?,
    };
    let there = attributes(client, &url).await?;
    let mut wanted = plain(queues);
    wanted.extend([policy(queues, queue, part, &name, &there)?]);
    wanted.retain(|attribute, value| !is_as_wanted(attribute, value, &there));
    if mode == Mode::Apply {
        set(client, &url, &wanted).await?;
    }
    Ok(match found {
        None => Done::Created,
        Some(_) if wanted.is_empty() => Done::Unchanged,
        Some(_) => Done::Changed(changes(&wanted, &there)),
    })
}

/// What every queue has.
fn plain(queues: &QueuesConfig) -> BTreeMap<Name, String> {
    BTreeMap::from([
        (Name::VisibilityTimeout, queues.visibility_seconds.to_string()),
        (Name::MessageRetentionPeriod, RETENTION_SECONDS.to_string()),
        (Name::ReceiveMessageWaitTimeSeconds, LONG_POLL_SECONDS.to_string()),
        (Name::MaximumMessageSize, queues.sqs_max_bytes.to_string()),
        (Name::SqsManagedSseEnabled, "true".to_owned()),
    ])
}

/// Where messages go that SQS gives up on; for the dead queue: from where they may come.
fn policy(
    queues: &QueuesConfig,
    queue: QueueName,
    part: Part,
    name: &str,
    there: &HashMap<Name, String>,
) -> anyhow::Result<(Name, String)> {
    let arn = there.get(&Name::QueueArn).context("SQS did not say its ARN")?;
    let common = arn.strip_suffix(name).context("its ARN does not end with its name")?;
    let arn_of = |part| format!("{common}{}", physical_name(&queues.prefix, queue, part));
    Ok(match part {
        Part::Dead => {
            let sources = [arn_of(Part::Interactive), arn_of(Part::Bulk)];
            let policy = json!({ "redrivePermission": "byQueue", "sourceQueueArns": sources });
            (Name::RedriveAllowPolicy, policy.to_string())
        }
        Part::Interactive | Part::Bulk => {
            let policy = json!({ "deadLetterTargetArn": arn_of(Part::Dead), "maxReceiveCount": max_receives(queues) });
            (Name::RedrivePolicy, policy.to_string())
        }
    })
}

fn is_as_wanted(attribute: &Name, wanted: &str, there: &HashMap<Name, String>) -> bool {
    let has = |name: &Name| there.get(name).is_some_and(|value| !value.is_empty());
    match (attribute, there.get(attribute)) {
        // A key of the owner's own is better still.
        (Name::SqsManagedSseEnabled, _) if has(&Name::KmsMasterKeyId) => true,
        (_, None) => false,
        (Name::RedrivePolicy | Name::RedriveAllowPolicy, Some(value)) => normal(value) == normal(wanted),
        (_, Some(value)) => value.eq_ignore_ascii_case(wanted),
    }
}

/// A policy without what makes no difference: numbers as text, the order of a list.
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

fn changes(wanted: &BTreeMap<Name, String>, there: &HashMap<Name, String>) -> Vec<Change> {
    let change = |(attribute, value): (&Name, &String)| Change {
        attribute: attribute.as_str().to_owned(),
        from: there.get(attribute).cloned().unwrap_or_else(|| "(not set)".to_owned()),
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
        .map_err(client::fault)
        .context("creating it")?;
    made.queue_url.context("SQS gave no URL")
}

async fn attributes(client: &Client, url: &str) -> anyhow::Result<HashMap<Name, String>> {
    let request = client.get_queue_attributes().queue_url(url).attribute_names(Name::All);
    let answer = request
        .send()
        .await
        .map_err(client::fault)
        .context("reading its attributes")?;
    Ok(answer.attributes.unwrap_or_default())
}

/// Sets each by itself, so that the error says which one. Not every server knows who may move messages to a dead queue.
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
            Err(error) => return Err(client::fault(error)).with_context(|| format!("setting {}", attribute.as_str())),
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
