//! Keys below a prefix, a page at a time.

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::operation::list_objects_v2::builders::ListObjectsV2FluentBuilder;
use aws_sdk_s3::types::{EncodingType, Object};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::Sender;
use tradepost_inspect::media::Family;
use tradepost_inspect::text;
use tradepost_jail::Limits;

use super::super::super::journal::Stamp;
use super::super::members::is_inside;
use super::super::{Content, Entry};
use super::client::BucketClient;
use super::error::{self, ObjectError};
use super::{IsDone, Listed, ListedObject};

/// Returns the first key, which also proves that the location can be listed.
pub async fn first_key(bucket: &BucketClient) -> Result<Option<String>, ObjectError> {
    let page = request(bucket).max_keys(1).send().await;
    let page = page.map_err(|error| error::listing_error(&error, &bucket.server))?;
    let first = page.contents().first();
    first
        .map(|object| key(&page, object).map_err(ObjectError::All))
        .transpose()
}

/// Sends every key until the receiver is gone.
pub(super) async fn all(bucket: &BucketClient, is_done: &IsDone, to: Sender<Listed>) -> Result<(), String> {
    let mut pages = request(bucket).into_paginator().page_size(bucket.page_keys).send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| error::listing_error(&error, &bucket.server).to_string())?;
        for object in page.contents() {
            if let Some(listed) = listed(bucket, is_done, key(&page, object)?, object)?
                && to.send(listed).await.is_err()
            {
                return Ok(());
            }
        }
        if bucket.location.object.is_some() {
            return Ok(());
        }
        if page.is_truncated() == Some(true) && page.next_continuation_token().is_none() {
            return Err("the server lists a page without saying where the next begins".to_owned());
        }
    }
    Ok(())
}

fn request(bucket: &BucketClient) -> ListObjectsV2FluentBuilder {
    let request = bucket.client.list_objects_v2();
    request
        .bucket(&bucket.location.bucket)
        .prefix(bucket.location.listing_prefix())
        // A key may have characters that XML has not.
        .encoding_type(EncodingType::Url)
}

/// Key of a listed object.
fn key(page: &ListObjectsV2Output, object: &Object) -> Result<String, String> {
    let key = object.key().ok_or("the server lists an object without a key")?;
    match page.encoding_type() {
        Some(EncodingType::Url) => {
            decode(key).ok_or_else(|| format!("the server lists a key that is not UTF-8: {key:?}"))
        }
        _ => Ok(key.to_owned()),
    }
}

/// Decodes the escapes of a URL.
fn decode(key: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (digits, behind) = rest.split_at_checked(2)?;
                rest = behind;
                let mut value = [0];
                hex::decode_to_slice(digits, &mut value).ok()?;
                value[0]
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Checks one object. `None` for a folder, or for another object than the one that was named.
fn listed(bucket: &BucketClient, is_done: &IsDone, key: String, object: &Object) -> Result<Option<Listed>, String> {
    let Some(name) = key.strip_prefix(&bucket.location.prefix) else {
        return Err(format!("the server lists {key:?}, which does not lie there"));
    };
    let is_other = bucket.location.object.as_ref().is_some_and(|only| only != name);
    // Some programs make objects that look like folders.
    if is_other || name.is_empty() || name.ends_with('/') {
        return Ok(None);
    }
    if Family::of_path(name).is_none() {
        return Ok(Some(Listed::OtherKind));
    }
    let name = name.to_owned();
    if !is_inside(&name) {
        let reason = "pictures cannot be called after a key with an empty part, a part . or .., or a \\".to_owned();
        return Ok(Some(Listed::Entry(Entry::unreadable(name, reason))));
    }
    let size_bytes = object.size().and_then(|size| u64::try_from(size).ok());
    let stamp = Stamp {
        size_bytes: size_bytes.ok_or_else(|| format!("the server lists {key:?} without its size"))?,
        mark: object.e_tag().map_or(0, mark),
    };
    let most = Limits::default().file_bytes;
    let content = if is_done(&name, stamp) {
        Content::Drawn
    } else if stamp.size_bytes > most {
        Content::Unreadable(format!("is larger than {}", text::size(most)))
    } else {
        let etag = object.e_tag().map(str::to_owned);
        return Ok(Some(Listed::Object(ListedObject { name, stamp, key, etag })));
    };
    Ok(Some(Listed::Entry(Entry { name, stamp, content })))
}

/// Eight bytes of the hash of an ETag, which may be any text.
fn mark(etag: &str) -> u64 {
    let digest: [u8; 32] = Sha256::digest(etag.as_bytes()).into();
    digest.iter().take(8).fold(0, |mark, &byte| mark << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_were_decode() {
        assert_eq!(decode("a/b.svg").as_deref(), Some("a/b.svg"));
        assert_eq!(decode("a+b%2Bc%20d%01.svg").as_deref(), Some("a b+c d\u{1}.svg"));
        assert_eq!(decode("%C3%BC.svg").as_deref(), Some("ü.svg"));
        for torn in ["a%", "a%2", "a%zz", "%ff"] {
            assert_eq!(decode(torn), None, "{torn}");
        }
    }

    #[test]
    fn other_tags_are_other_marks() {
        assert_ne!(mark("\"a\""), mark("\"b\""));
        assert_eq!(mark("\"a\""), mark("\"a\""));
    }
}
