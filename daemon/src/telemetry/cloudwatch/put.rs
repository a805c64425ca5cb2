//! `PutMetricData`: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum};

use super::Datum;

/// Metrics in a call.
const MAX_METRICS: usize = 1_000;
/// A call may have 1 MB.
const MAX_BYTES: usize = 900_000;

/// Sends metrics in as many calls as the limits of the API ask for. Answers with the number that CloudWatch has taken, from the start.
///
/// # Errors
/// The error of the call that failed, with the number that was taken before it.
pub async fn put(client: &Client, namespace: &str, data: &[Datum]) -> Result<usize, (usize, anyhow::Error)> {
    let mut taken = 0;
    while taken < data.len() {
        let call = &data[taken..taken + calls_worth(&data[taken..])];
        let metrics = call.iter().map(metric).collect();
        let put = client
            .put_metric_data()
            .namespace(namespace)
            .set_metric_data(Some(metrics));
        if let Err(error) = put.send().await {
            return Err((taken, anyhow::Error::new(error.into_service_error())));
        }
        taken += call.len();
    }
    Ok(taken)
}

/// The number of metrics that fit into one call; at least one does.
fn calls_worth(data: &[Datum]) -> usize {
    let mut bytes = 0;
    let fitting = data.iter().take(MAX_METRICS).take_while(|datum| {
        bytes += size_bytes(datum);
        bytes <= MAX_BYTES
    });
    fitting.count().max(1)
}

/// More than the datum takes in any encoding of the API.
fn size_bytes(datum: &Datum) -> usize {
    let dimensions: usize = datum
        .dimensions
        .iter()
        .map(|(name, value)| 60 + name.len() + value.len())
        .sum();
    200 + dimensions + 40 * datum.values.len()
}

fn metric(datum: &Datum) -> MetricDatum {
    let (values, counts) = datum.values.iter().copied().unzip();
    let dimensions = datum
        .dimensions
        .iter()
        .map(|(name, value)| Dimension::builder().name(*name).value(value).build());
    MetricDatum::builder()
        .metric_name(datum.name)
        .unit(datum.unit.clone())
        .timestamp(DateTime::from_secs(datum.at.unix_timestamp()))
        .set_dimensions(Some(dimensions.collect()))
        .set_values(Some(values))
        .set_counts(Some(counts))
        .build()
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::types::StandardUnit;
    use time::OffsetDateTime;

    use super::*;

    #[test]
    fn calls_keep_the_limits_of_the_api() {
        let small = Datum::gauge("OpenCases", StandardUnit::Count, 1.0, OffsetDateTime::UNIX_EPOCH);
        assert_eq!(calls_worth(&vec![small.clone(); 2_500]), MAX_METRICS);
        let mut wide = small;
        wide.values = vec![(0.1, 1.0); 150];
        let fitting = calls_worth(&vec![wide; 1_000]);
        assert!((100..200).contains(&fitting), "{fitting}");
    }
}
