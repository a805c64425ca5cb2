//! Reads a manifest leniently, to list every fault at once, and gives the strict type only when there is none.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::value::{Object, array, object, string, type_name, word};
use super::{
    Currency, Description, FileEntry, FilePath, Kind, Licence, LicenceId, MAX_FILES, MAX_PRICE_MINOR, MAX_TAGS,
    Manifest, Named, PackName, Price, Tag, Title,
};
use crate::faults::Faults;
use crate::media::Family;

/// Reads the manifest; every fault goes to `faults`, and `None` means that there was at least one.
pub fn parse(bytes: &[u8], faults: &mut Faults) -> Option<Manifest> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Some(message) = fault_of_encoding(text) {
        faults.add_manifest("", message);
        return None;
    }
    match serde_json::from_slice::<Value>(text) {
        Ok(Value::Object(fields)) => manifest(&fields, faults),
        Ok(other) => {
            faults.add_manifest("", format!("must be an object, not {}", type_name(&other)));
            None
        }
        Err(error) => {
            let message = error.to_string();
            let what = message.split(" at line ").next().unwrap_or(&message);
            faults.add_syntax(
                error.line(),
                error.column(),
                format!(
                    "is not JSON: {what} at line {}, column {}",
                    error.line(),
                    error.column()
                ),
            );
            None
        }
    }
}

/// JSON is exchanged in UTF-8 (RFC 8259).
fn fault_of_encoding(bytes: &[u8]) -> Option<String> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || bytes.iter().take(2).any(|&byte| byte == 0) {
        return Some("is in UTF-16: save it as UTF-8".to_owned());
    }
    let error = std::str::from_utf8(bytes).err()?;
    let line = 1 + bytes[..error.valid_up_to()]
        .iter()
        .filter(|&&byte| byte == b'\n')
        .count();
    Some(format!("is not UTF-8 (line {line}): save it as UTF-8"))
}

fn manifest(fields: &Map<String, Value>, faults: &mut Faults) -> Option<Manifest> {
    let mut object = Object::root(fields, faults);
    object.only(&[
        "manifest_version",
        "family",
        "set",
        "kind",
        "licence",
        "price",
        "tags",
        "files",
    ]);
    let version = object.required("manifest_version", version);
    let family = object.required("family", named);
    let set = object.required("set", named);
    let kind = object.required("kind", kind);
    let licence = object.required("licence", licence);
    let price = object.required("price", price);
    let tags = object.optional("tags", tags);
    let files = object.required("files", files);
    let formats_fit = match (kind, &files) {
        (Some(kind), Some(files)) => check_formats(kind, files, faults),
        _ => true,
    };
    version?;
    let manifest = Manifest {
        family: family?,
        set: set?,
        kind: kind?,
        licence: licence?,
        price: price?,
        tags: tags?.unwrap_or_default(),
        files: files?,
    };
    formats_fit.then_some(manifest)
}

fn version(value: &Value, pointer: &str, faults: &mut Faults) -> Option<()> {
    if value.as_u64() == Some(1) {
        return Some(());
    }
    faults.add_manifest(pointer, "must be 1, the only version there is");
    None
}

fn named(value: &Value, pointer: &str, faults: &mut Faults) -> Option<Named> {
    let mut object = object(value, pointer, faults)?;
    object.only(&["name", "description"]);
    let name = object.required("name", |value, pointer, faults| {
        word(PackName::parse, value, pointer, faults)
    });
    let description = object.optional("description", description);
    Some(Named {
        name: name?,
        description: description?,
    })
}

fn kind(value: &Value, pointer: &str, faults: &mut Faults) -> Option<Kind> {
    let name = string(value, pointer, faults)?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == name);
    if kind.is_none() {
        let known = Kind::ALL.map(Kind::as_str).join(", ");
        let name = crate::text::clean(name, 80);
        faults.add_manifest(pointer, format!("{name:?} is not a kind: it must be one of {known}"));
    }
    kind
}

/// Every file is of a format that belongs to the kind.
fn check_formats(kind: Kind, files: &[FileEntry], faults: &mut Faults) -> bool {
    let family = Family::from(kind);
    let mut sound = true;
    for (index, file) in files.iter().enumerate() {
        let path = file.path.as_str();
        if Family::of_path(path) != Some(family) {
            let allowed = family.extensions();
            faults.add_manifest(
                &format!("/files/{index}/path"),
                format!("{path:?} has an extension that this kind does not allow ({allowed})"),
            );
            sound = false;
        }
    }
    sound
}

fn licence(value: &Value, pointer: &str, faults: &mut Faults) -> Option<Licence> {
    let mut object = object(value, pointer, faults)?;
    object.only(&["id", "attribution", "source"]);
    let id = object.required("id", |value, pointer, faults| {
        word(LicenceId::parse, value, pointer, faults)
    });
    let attribution = object.optional("attribution", description);
    let source = object.optional("source", description);
    Some(Licence {
        id: id?,
        attribution: attribution?,
        source: source?,
    })
}

fn price(value: &Value, pointer: &str, faults: &mut Faults) -> Option<Price> {
    let mut object = object(value, pointer, faults)?;
    object.only(&["amount_minor", "currency"]);
    let amount_minor = object.required("amount_minor", amount);
    let currency = object.required("currency", |value, pointer, faults| {
        word(Currency::parse, value, pointer, faults)
    });
    Some(Price {
        amount_minor: amount_minor?,
        currency: currency?,
    })
}

fn amount(value: &Value, pointer: &str, faults: &mut Faults) -> Option<i64> {
    let amount = value.as_i64().filter(|amount| (0..=MAX_PRICE_MINOR).contains(amount));
    if amount.is_none() {
        faults.add_manifest(
            pointer,
            format!("must be a whole number of minor units (cents), 0 to {MAX_PRICE_MINOR}"),
        );
    }
    amount
}

fn tags(value: &Value, pointer: &str, faults: &mut Faults) -> Option<Vec<Tag>> {
    let list = array(value, pointer, faults)?;
    if list.len() > MAX_TAGS {
        faults.add_manifest(pointer, format!("has {} tags; the limit is {MAX_TAGS}", list.len()));
        return None;
    }
    let mut tags: Vec<Tag> = Vec::with_capacity(list.len());
    let mut sound = true;
    for (index, value) in list.iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        match word(Tag::parse, value, &pointer, faults) {
            Some(tag) if tags.contains(&tag) => {
                faults.add_manifest(&pointer, format!("{:?} is listed twice", tag.as_str()));
                sound = false;
            }
            Some(tag) => tags.push(tag),
            None => sound = false,
        }
    }
    sound.then_some(tags)
}

fn files(value: &Value, pointer: &str, faults: &mut Faults) -> Option<Vec<FileEntry>> {
    let list = array(value, pointer, faults)?;
    if list.is_empty() || list.len() > MAX_FILES {
        faults.add_manifest(
            pointer,
            format!("lists {} files; it must be 1 to {MAX_FILES}", list.len()),
        );
        return None;
    }
    let entries: Vec<Option<FileEntry>> = list
        .iter()
        .enumerate()
        .map(|(index, value)| file(value, &format!("{pointer}/{index}"), faults))
        .collect();
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut sound = true;
    for (index, entry) in entries.iter().enumerate() {
        let Some(entry) = entry else { continue };
        // Many a disk ignores case and the way characters are composed.
        if let Some(earlier) = first.insert(crate::paths::fold(entry.path.as_str()), index) {
            faults.add_manifest(
                &format!("{pointer}/{index}/path"),
                format!("{:?} is already listed as {pointer}/{earlier}", entry.path.as_str()),
            );
            sound = false;
        }
    }
    entries.into_iter().collect::<Option<Vec<_>>>().filter(|_| sound)
}

fn file(value: &Value, pointer: &str, faults: &mut Faults) -> Option<FileEntry> {
    let mut object = object(value, pointer, faults)?;
    object.only(&["path", "title", "tags"]);
    let path = object.required("path", |value, pointer, faults| {
        word(FilePath::parse, value, pointer, faults)
    });
    let title = object.optional("title", |value, pointer, faults| {
        word(Title::parse, value, pointer, faults)
    });
    let tags = object.optional("tags", tags);
    let path = path?;
    let title = title?.unwrap_or_else(|| Title::from_path(&path));
    Some(FileEntry {
        path,
        title,
        tags: tags?.unwrap_or_default(),
    })
}

fn description(value: &Value, pointer: &str, faults: &mut Faults) -> Option<Description> {
    word(Description::parse, value, pointer, faults)
}
