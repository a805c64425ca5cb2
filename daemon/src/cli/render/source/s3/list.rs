//! The keys below a prefix, a page at a time.

use std::sync::atomic::Ordering;

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::{EncodingType, Object};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::Sender;
use tradepost_inspect::media::Family;
use tradepost_inspect::text;

use super::super::super::journal::Stamp;
use super::super::members::is_inside;
use super::super::{Content, Entry};
use super::Work;
use super::client::Link;
use super::fault::{self, Fault};
use super::fetch::Job;
use tradepost_jail::Limits;

/// The first key there is, which also shows whether there may be others.
///
/// # Errors
/// When the bucket cannot be listed.
pub async fn first_key(link: &Link) -> Result<Option<String>, Fault> {
    let page = page(link, None, 1).await?;
    let Some(first) = page.contents().first() else {
        return Ok(None);
    };
    key_of(&page, first).map(Some).map_err(Fault::All)
}

/// Gives an entry for every key, and a job for each that has to be fetched, until nobody wants more.
///
/// # Errors
/// In words, when the listing does not go on.
pub(super) async fn all(link: &Link, work: &Work, entries: &Sender<Entry>, jobs: Sender<Job>) -> Result<(), String> {
    let mut token = None;
    loop {
        let page = page(link, token.as_deref(), link.page_keys).await;
        let page = page.map_err(|fault| fault.to_string())?;
        for object in page.contents() {
            let key = key_of(&page, object)?;
            let Some((entry, job)) = entry(link, work, key, object)? else {
                continue;
            };
            // The entry first: who takes entries must never wait for one that waits for bytes they hold.
            if entries.send(entry).await.is_err() {
                return Ok(());
            }
            if let Some(job) = job
                && jobs.send(job).await.is_err()
            {
                return Ok(());
            }
        }
        let next = page.next_continuation_token().map(str::to_owned);
        match (page.is_truncated(), link.location.object.is_some(), next) {
            (Some(true), false, Some(next)) if Some(&next) != token.as_ref() => token = Some(next),
            (Some(true), false, _) => {
                return Err("the server lists a page without saying where the next begins".to_owned());
            }
            _ => return Ok(()),
        }
    }
}

async fn page(link: &Link, token: Option<&str>, keys: i32) -> Result<ListObjectsV2Output, Fault> {
    let request = link
        .client
        .list_objects_v2()
        .bucket(&link.location.bucket)
        .prefix(link.location.listed())
        // A key may have characters that XML has not.
        .encoding_type(EncodingType::Url)
        .max_keys(keys)
        .set_continuation_token(token.map(str::to_owned));
    request
        .send()
        .await
        .map_err(|error| fault::of_listing(&error, &link.server))
}

fn key_of(page: &ListObjectsV2Output, object: &Object) -> Result<String, String> {
    let key = object.key().ok_or("the server lists an object without a key")?;
    match page.encoding_type() {
        Some(EncodingType::Url) => {
            decoded(key).ok_or_else(|| format!("the server lists a key that is not UTF-8: {key:?}"))
        }
        _ => Ok(key.to_owned()),
    }
}

/// A key without the escapes of a URL.
fn decoded(key: &str) -> Option<String> {
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

/// The entry of one object, unless no picture is made of it.
fn entry(link: &Link, work: &Work, key: String, object: &Object) -> Result<Option<(Entry, Option<Job>)>, String> {
    let Some(name) = key.strip_prefix(&link.location.prefix) else {
        return Err(format!("the server lists {key:?}, which does not lie there"));
    };
    let is_other = link.location.object.as_ref().is_some_and(|only| only != name);
    // Some programs make objects that look like folders.
    if is_other || name.is_empty() || name.ends_with('/') {
        return Ok(None);
    }
    if Family::of_path(name).is_none() {
        work.news.passed_over.fetch_add(1, Ordering::Relaxed);
        return Ok(None);
    }
    let name = name.to_owned();
    if !is_inside(&name) {
        let why = "pictures cannot be called after a key with an empty part, a part . or .., or a \\".to_owned();
        return Ok(Some((Entry::unreadable(name, why), None)));
    }
    let size_bytes = object.size().and_then(|size| u64::try_from(size).ok());
    let Some(size_bytes) = size_bytes else {
        return Err(format!("the server lists {key:?} without its size"));
    };
    let stamp = Stamp {
        size_bytes,
        mark: object.e_tag().map_or(0, mark),
    };
    let most = Limits::default().file_bytes;
    let (content, job) = if (work.is_done)(&name, stamp) {
        (Content::Drawn, None)
    } else if size_bytes > most {
        (
            Content::Unreadable(format!("is larger than {}", text::size(most))),
            None,
        )
    } else {
        let etag = object.e_tag().map(str::to_owned);
        let (job, coming) = Job::new(key, size_bytes, etag, work.news.clone());
        (Content::Coming(coming), Some(job))
    };
    Ok(Some((Entry { name, stamp, content }, job)))
}

/// Eight bytes for a tag that may be anything.
fn mark(etag: &str) -> u64 {
    let digest: [u8; 32] = Sha256::digest(etag.as_bytes()).into();
    digest.iter().take(8).fold(0, |mark, &byte| mark << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_were_decoded() {
        assert_eq!(decoded("a/b.svg").as_deref(), Some("a/b.svg"));
        assert_eq!(decoded("a+b%2Bc%20d%01.svg").as_deref(), Some("a b+c d\u{1}.svg"));
        assert_eq!(decoded("%C3%BC.svg").as_deref(), Some("ü.svg"));
        for torn in ["a%", "a%2", "a%zz", "%ff"] {
            assert_eq!(decoded(torn), None, "{torn}");
        }
    }

    #[test]
    fn other_tags_are_other_marks() {
        assert_ne!(mark("\"a\""), mark("\"b\""));
        assert_eq!(mark("\"a\""), mark("\"a\""));
    }
}
