//! `tradepost dead edit`: one dead letter again, with another payload.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::Value;
use tradepost_common::dead::{Edit, EditCheck};

use super::args::EditArgs;
use crate::cli::{NOT_CONFIRMED, Output, REFUSED, confirm};
use crate::client::Client;
use crate::screen::dead_letters::edit_prompt::fault_in_words;
use crate::{editor, export, text};

/// A payload is far smaller.
const MAX_BYTES: u64 = 4 << 20;

pub async fn run(client: &Client, args: EditArgs, output: Output) -> anyhow::Result<ExitCode> {
    let changes = parse_changes(&args.set)?;
    let id = args.id.resolve(client).await?;
    let detail = client.dead_letter(id).await?;
    let payload = if let Some(file) = &args.file {
        read_payload(file)?
    } else if !changes.is_empty() {
        apply(detail.payload.clone(), changes)?
    } else if confirm::can_ask() {
        edit_by_hand(&detail.payload).await?
    } else {
        anyhow::bail!("no terminal to edit in: pass --file or --set");
    };
    if payload == detail.payload {
        anyhow::bail!("the payload is unchanged; `tradepost dead redrive {id}` redrives it");
    }
    let edit = Edit {
        payload,
        seq: detail.row.seq,
    };
    let check = client.check_edit(id, &edit).await?;
    eprint!("{}", in_text(&check));
    if !check.faults.is_empty() {
        eprintln!("tradepost: the payload is invalid; nothing was sent");
        return Ok(ExitCode::from(REFUSED));
    }
    let is_sent = args.yes || (confirm::can_ask() && confirm::ask("Send it? [y/N]", "y").await?);
    if !is_sent {
        eprintln!("tradepost: nothing was sent; answer y or pass --yes");
        return Ok(ExitCode::from(NOT_CONFIRMED));
    }
    let operation = client.send_edit(id, &edit).await?;
    output.print(&operation, |_| format!("sent; `tradepost ops show {}`\n", operation.id))?;
    Ok(ExitCode::SUCCESS)
}

fn in_text(check: &EditCheck) -> String {
    let mut out = String::new();
    for fault in &check.faults {
        out.push_str(&format!("{}\n", text::clean(&fault_in_words(fault))));
    }
    for line in &check.diff {
        out.push_str(&format!("{} {}\n", line.kind.mark(), text::clean(&line.text)));
    }
    out
}

fn read_payload(file: &Path) -> anyhow::Result<Value> {
    let name = file.display();
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|f| f.take(MAX_BYTES + 1).read_to_end(&mut bytes))
    }
    .with_context(|| format!("cannot read {name}"))?;
    anyhow::ensure!(bytes.len() as u64 <= MAX_BYTES, "{name} is longer than 4 MiB");
    serde_json::from_slice(&bytes).with_context(|| format!("{name} is not JSON"))
}

/// In the editor, again and again until it is JSON or is given up.
async fn edit_by_hand(payload: &Value) -> anyhow::Result<Value> {
    let mut written = export::pretty(payload).unwrap_or_default();
    loop {
        written = editor::edit("payload", &written).await.map_err(anyhow::Error::msg)?;
        match serde_json::from_str(&written) {
            Ok(payload) => return Ok(payload),
            Err(e) => {
                let line = written.lines().nth(e.line().saturating_sub(1)).unwrap_or("");
                eprintln!("Not valid JSON: {e}\n{:>5} | {}", e.line(), text::clean(line));
                if !confirm::ask("Edit it again? [y/N]", "y").await? {
                    anyhow::bail!("Nothing was sent");
                }
            }
        }
    }
}

/// `KEY=JSON`, the key as a JSON pointer.
fn parse_changes(set: &[String]) -> anyhow::Result<Vec<(String, Value)>> {
    let parse = |pair: &String| {
        let (key, json) = pair
            .split_once('=')
            .with_context(|| format!("--set {pair:?}: must be KEY=JSON"))?;
        anyhow::ensure!(!key.is_empty(), "--set {pair:?}: the key is empty");
        let value = serde_json::from_str(json)
            .with_context(|| format!("--set {key}: {json:?} is not JSON; text needs quotes: {key}='\"text\"'"))?;
        let pointer = if key.starts_with('/') {
            key.to_owned()
        } else {
            format!("/{}", key.replace('~', "~0").replace('/', "~1"))
        };
        Ok((pointer, value))
    };
    set.iter().map(parse).collect()
}

/// Fields may be new; what they are in must be there.
fn apply(mut payload: Value, changes: Vec<(String, Value)>) -> anyhow::Result<Value> {
    for (pointer, value) in changes {
        if let Some(place) = payload.pointer_mut(&pointer) {
            *place = value;
            continue;
        }
        let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", &pointer));
        let name = name.replace("~1", "/").replace("~0", "~");
        match payload.pointer_mut(parent) {
            Some(Value::Object(fields)) => {
                fields.insert(name, value);
            }
            _ => anyhow::bail!("--set {pointer}: there is no such place in the payload"),
        }
    }
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(payload: Value, pairs: &[&str]) -> Result<Value, String> {
        let pairs: Vec<String> = pairs.iter().map(|p| (*p).to_owned()).collect();
        parse_changes(&pairs)
            .and_then(|changes| apply(payload, changes))
            .map_err(|e| format!("{e:#}"))
    }

    #[test]
    fn fields_are_set_by_name_and_by_pointer() {
        let payload = json!({ "a": 1, "files": [{ "path": "x" }] });
        let changed = set(payload, &["a=2", "/files/0/path=\"y=z\"", "new=null"]);
        assert_eq!(
            changed,
            Ok(json!({ "a": 2, "files": [{ "path": "y=z" }], "new": null }))
        );
    }

    #[test]
    fn wrong_changes_are_named() {
        let wrong = |pair: &str| set(json!({ "a": 1 }), &[pair]).unwrap_err();
        assert!(wrong("a").contains("KEY=JSON"));
        assert!(wrong("=1").contains("empty"));
        assert!(wrong("a=text").contains("not JSON"));
        assert!(wrong("/b/c=1").contains("no such place"));
        assert!(wrong("/a/b=1").contains("no such place"));
    }
}
