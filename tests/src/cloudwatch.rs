//! CloudWatch on the server that `sqs.rs` starts: the metrics of one test's daemon, and the alarms of `deploy/cloudwatch/`.

use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{ComparisonOperator, Datapoint, Dimension, Statistic};

use crate::Options;
use crate::sqs::{REGION, Sqs, credentials};

const HOUR: Duration = Duration::from_secs(3_600);

/// The metrics of one test's namespace.
pub struct Metrics {
    pub client: Client,
    pub namespace: String,
    prefix: String,
}

/// The configuration of a daemon that sends to CloudWatch at this endpoint, with a period of a second.
pub fn options(endpoint: &str, namespace: &str) -> Options {
    let mut options = Options::default()
        .set("CLOUDWATCH__NAMESPACE", namespace)
        .set("CLOUDWATCH__PERIOD_SECONDS", 1)
        .set("AWS__REGION", REGION)
        .set("AWS__ENDPOINT", endpoint);
    let keys = credentials().map(|(name, value)| (name.to_owned(), value.to_owned()));
    options.variables.extend(keys);
    options
}

impl Metrics {
    pub fn new(server: &Sqs) -> Self {
        let [(_, id), (_, key)] = credentials();
        let config = aws_sdk_cloudwatch::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(&server.endpoint)
            .credentials_provider(Credentials::new(id, key, None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        Self {
            client: Client::from_conf(config.build()),
            namespace: format!("Tradepost/{}", server.prefix),
            prefix: server.prefix.clone(),
        }
    }

    /// Number and maximum of the values of a metric.
    pub async fn values(&self, name: &str, dimensions: &[(&str, &str)]) -> (f64, f64) {
        let statistics = [Statistic::SampleCount, Statistic::Maximum];
        let points = self.points(name, dimensions, HOUR, &statistics, None).await;
        let count = points.iter().filter_map(|point| point.sample_count).sum();
        let maximum = points.iter().filter_map(|point| point.maximum).fold(0.0, f64::max);
        (count, maximum)
    }

    /// The figures that an alarm looks at, in steps of so many seconds, the oldest first.
    pub async fn figures(&self, alarm: &Alarm, dimensions: &[(&str, &str)], step: Duration) -> Vec<f64> {
        let percentile = alarm.statistic.starts_with('p').then_some(alarm.statistic.as_str());
        let basic = [Statistic::from(alarm.statistic.as_str())];
        let basic = if percentile.is_some() { &[][..] } else { &basic[..] };
        let mut points = self.points(&alarm.metric, dimensions, step, basic, percentile).await;
        points.sort_by_key(|point| point.timestamp.map(|at| at.secs()));
        let value = |point: &Datapoint| match percentile {
            Some(percentile) => point.extended_statistics()?.get(percentile).copied(),
            None => point.maximum,
        };
        points.iter().filter_map(value).collect()
    }

    /// Puts an alarm there that tells this topic. The server knows no expressions and looks at no dimensions, so that the largest value of a
    /// metric is that of all queues, as `MAX(METRICS())` says.
    pub async fn watch(&self, alarm: &Alarm, topic: &str) {
        let put = self
            .client
            .put_metric_alarm()
            .alarm_name(format!("{}{}", self.prefix, alarm.name))
            .namespace(&self.namespace)
            .metric_name(&alarm.metric)
            .period(1)
            .evaluation_periods(alarm.evaluation_periods)
            .threshold(alarm.threshold)
            .comparison_operator(ComparisonOperator::from(alarm.operator.as_str()))
            .alarm_actions(topic)
            .ok_actions(topic);
        let put = if alarm.statistic.starts_with('p') {
            put.extended_statistic(&alarm.statistic)
        } else {
            put.statistic(Statistic::from(alarm.statistic.as_str()))
        };
        put.send().await.expect("CloudWatch takes the alarm");
    }

    async fn points(
        &self,
        name: &str,
        dimensions: &[(&str, &str)],
        step: Duration,
        statistics: &[Statistic],
        percentile: Option<&str>,
    ) -> Vec<Datapoint> {
        let now = SystemTime::now();
        let dimensions = dimensions
            .iter()
            .map(|(name, value)| Dimension::builder().name(*name).value(*value).build());
        let asked = self
            .client
            .get_metric_statistics()
            .namespace(&self.namespace)
            .metric_name(name)
            .set_dimensions(Some(dimensions.collect()))
            .start_time(DateTime::from(now - HOUR))
            .end_time(DateTime::from(now + HOUR))
            .period(step.as_secs() as i32)
            .set_statistics(Some(statistics.to_vec()))
            .set_extended_statistics(percentile.map(|percentile| vec![percentile.to_owned()]));
        let answer = asked.send().await.expect("CloudWatch answers");
        answer.datapoints.unwrap_or_default()
    }
}

/// An alarm of `deploy/cloudwatch/alarms.yaml`.
#[derive(Debug, Clone)]
pub struct Alarm {
    pub name: String,
    pub metric: String,
    /// `Maximum`, `p95`.
    pub statistic: String,
    pub threshold: f64,
    operator: String,
    evaluation_periods: i32,
}

impl Alarm {
    pub fn deployed(name: &str) -> Self {
        let template = include_str!("../../deploy/cloudwatch/alarms.yaml");
        let (_, rest) = template
            .split_once(&format!("\n  {name}:\n"))
            .expect("there is this alarm");
        // The next resource is indented as far.
        let end = rest
            .match_indices("\n  ")
            .find(|(at, _)| rest[at + 3..].starts_with(|c: char| c.is_ascii_uppercase()));
        let block = end.map_or(rest, |(at, _)| &rest[..at]);
        let property = |key: &str| {
            let (_, value) = block.split_once(&format!(" {key}: "))?;
            value.split([',', '}', '\n']).next().map(str::to_owned)
        };
        let required = |key: &str| property(key).unwrap_or_else(|| panic!("{name} has no {key}"));
        Self {
            name: name.to_owned(),
            metric: required("MetricName"),
            statistic: property("Statistic")
                .or_else(|| property("ExtendedStatistic"))
                .unwrap_or_else(|| required("Stat")),
            threshold: required("Threshold").parse().expect("a number"),
            operator: required("ComparisonOperator"),
            evaluation_periods: required("EvaluationPeriods").parse().expect("a number"),
        }
    }
}
