//! `[cloudwatch]`: figures for Amazon CloudWatch.

use serde::Deserialize;
use tradepost_common::latency::Scope;

/// Metrics once a period. Region, endpoint and credentials are those of `[aws]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CloudwatchConfig {
    /// `Tradepost`: sends metrics under this namespace. Default: none are sent.
    pub namespace: Option<String>,
    pub format: CloudwatchFormat,
    pub period_seconds: u32,
    /// Figures for each of these have a metric for each name, which Amazon bills; of the others there is one metric for all names.
    pub dimensions: Vec<CloudwatchDimension>,
}

impl Default for CloudwatchConfig {
    fn default() -> Self {
        Self {
            namespace: None,
            format: CloudwatchFormat::Api,
            period_seconds: 60,
            dimensions: vec![CloudwatchDimension::Queue, CloudwatchDimension::Stage],
        }
    }
}

/// The way of the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CloudwatchFormat {
    /// `PutMetricData`.
    Api,
    /// Lines of the embedded metric format on standard output, for the CloudWatch agent.
    Emf,
}

/// A name that tells metrics apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CloudwatchDimension {
    Queue,
    Stage,
    Route,
}

impl CloudwatchConfig {
    /// True if series of this scope have metrics of their own.
    pub fn tells_apart(&self, scope: Scope) -> bool {
        let dimension = match scope {
            Scope::QueueWait => CloudwatchDimension::Queue,
            Scope::Stage => CloudwatchDimension::Stage,
            Scope::Route => CloudwatchDimension::Route,
            Scope::Pool | Scope::Control => return false,
        };
        self.dimensions.contains(&dimension)
    }
}
