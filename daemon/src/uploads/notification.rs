//! Events of a bucket in the three shapes in which they reach a queue: from S3 itself, from S3 through SNS, from EventBridge.

use serde::Deserialize;
use serde_json::Value;

/// An object that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    pub bucket: String,
    pub key: String,
}

/// The objects that an event says were made; none for events of other kinds.
///
/// # Errors
/// It is no event of a bucket.
pub fn parse(body: &str) -> Result<Vec<Created>, &'static str> {
    let event: Value = serde_json::from_str(body).map_err(|_| "it is not JSON")?;
    if event["Type"] == "Notification" {
        let inner = event["Message"]
            .as_str()
            .ok_or("it is a notification without a message")?;
        let inner = serde_json::from_str(inner).map_err(|_| "it is a notification of something else")?;
        return objects(inner);
    }
    objects(event)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Shape {
    #[serde(rename_all = "PascalCase")]
    Bucket {
        records: Vec<Record>,
    },
    Bridge(Bridge),
    /// S3 sends it once when a bucket gets a queue.
    #[serde(rename_all = "PascalCase")]
    #[expect(dead_code, reason = "its name is what tells it")]
    Test {
        event: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    s3: S3,
}

#[derive(Deserialize)]
struct S3 {
    bucket: Name,
    object: Object,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Bridge {
    source: String,
    detail_type: String,
    detail: S3,
}

fn objects(event: Value) -> Result<Vec<Created>, &'static str> {
    let shape = serde_json::from_value(event).map_err(|_| "it is in none of the shapes of S3, SNS and EventBridge")?;
    Ok(match shape {
        Shape::Bucket { records } => {
            let made = records.into_iter();
            let made = made.filter(|record| {
                record
                    .event_name
                    .trim_start_matches("s3:")
                    .starts_with("ObjectCreated:")
            });
            made.map(|record| Created {
                bucket: record.s3.bucket.name,
                key: decode(&record.s3.object.key),
            })
            .collect()
        }
        // Its keys are not encoded.
        Shape::Bridge(event) if event.source == "aws.s3" && event.detail_type == "Object Created" => vec![Created {
            bucket: event.detail.bucket.name,
            key: event.detail.object.key,
        }],
        Shape::Bridge(_) | Shape::Test { .. } => Vec::new(),
    })
}

/// Keys in events of S3 are encoded as the fields of a form are.
fn decode(key: &str) -> String {
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let (next, left) = match (first, byte) {
            (b'%', Some(byte)) => (byte, &after[2..]),
            (b'+', _) => (b' ', after),
            _ => (*first, after),
        };
        bytes.push(next);
        rest = left;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn created(key: &str) -> Created {
        Created {
            bucket: "shop".to_owned(),
            key: key.to_owned(),
        }
    }

    /// As in Amazon's documentation, "Event message structure".
    fn record(name: &str, key: &str) -> Value {
        json!({
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-central-1", "eventTime": "1970-01-01T00:00:00.000Z",
            "eventName": name, "userIdentity": { "principalId": "A" }, "requestParameters": { "sourceIPAddress": "127.0.0.1" },
            "responseElements": { "x-amz-request-id": "C", "x-amz-id-2": "F" },
            "s3": { "s3SchemaVersion": "1.0", "configurationId": "uploads",
                "bucket": { "name": "shop", "ownerIdentity": { "principalId": "A" }, "arn": "arn:aws:s3:::shop" },
                "object": { "key": key, "size": 1024, "eTag": "d4", "versionId": "096f", "sequencer": "0055" } }
        })
    }

    #[test]
    fn events_of_s3_name_what_was_made() {
        let body = json!({ "Records": [
            record("ObjectCreated:Put", "uploads/1"),
            record("s3:ObjectCreated:CompleteMultipartUpload", "a%2Bb+c%3d/%E2%82%AC%"),
            record("ObjectRemoved:Delete", "uploads/2"),
        ] });
        assert_eq!(
            parse(&body.to_string()).unwrap(),
            [created("uploads/1"), created("a+b c=/€%")]
        );
    }

    #[test]
    fn events_come_through_sns_and_eventbridge_as_well() {
        let inner = json!({ "Records": [record("ObjectCreated:Put", "uploads/1")] }).to_string();
        let outer =
            json!({ "Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:x:1:t", "Message": inner });
        assert_eq!(parse(&outer.to_string()).unwrap(), [created("uploads/1")]);
        let bridge = |kind: &str| {
            json!({ "version": "0", "id": "1", "detail-type": kind, "source": "aws.s3", "account": "1", "time": "2021-11-12T00:00:00Z",
                "region": "ca-central-1", "resources": ["arn:aws:s3:::shop"],
                "detail": { "version": "0", "bucket": { "name": "shop" }, "object": { "key": "up+loads/1", "size": 5, "etag": "b1",
                    "version-id": "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e", "sequencer": "00617F08299329D189" },
                    "request-id": "N4", "requester": "1", "source-ip-address": "1.2.3.4", "reason": "PutObject" } })
        };
        assert_eq!(
            parse(&bridge("Object Created").to_string()).unwrap(),
            [created("up+loads/1")]
        );
        assert_eq!(parse(&bridge("Object Deleted").to_string()).unwrap(), []);
    }

    #[test]
    fn what_is_no_event_is_told() {
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2014-10-13T15:57:02.089Z","Bucket":"shop","RequestId":"5","HostId":"8"}"#;
        assert_eq!(parse(test).unwrap(), []);
        for body in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"Records":[{}]}"#,
            r#"{"Type":"Notification"}"#,
            r#"{"Type":"Notification","Message":"hello"}"#,
        ] {
            parse(body).unwrap_err();
        }
    }
}
