//! Packs that a child opens.

use tokio::sync::mpsc;
use tradepost_inspect::pack::PackLimits;
use tradepost_inspect::sample::{PackSpec, SampleFile, drawn_pack, pack_bytes};
use tradepost_jail::{Jail, JailError, Limits, Member, OpenedPack};

use super::{HONEST, file, jail, svg};

async fn open(jail: &Jail, bytes: &[u8]) -> (Result<OpenedPack, JailError>, Vec<Member>) {
    let (sender, mut receiver) = mpsc::channel(1);
    let collect = async {
        let mut members = Vec::new();
        while let Some(member) = receiver.recv().await {
            members.push(member);
        }
        members
    };
    tokio::join!(jail.open_pack(file(bytes), PackLimits::default(), sender), collect)
}

#[tokio::test]
async fn a_pack_comes_out_whole_and_in_order() {
    let spec = drawn_pack();
    let (opened, members) = open(&jail(Limits::default()), &pack_bytes(&spec).unwrap()).await;
    let opened = opened.unwrap();
    assert_eq!(opened.members as usize, spec.files.len());
    assert_eq!(opened.manifest.set.name.as_str(), "Field Sketches");
    let paths: Vec<&str> = members.iter().map(|member| member.path.as_str()).collect();
    assert_eq!(
        paths,
        spec.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>()
    );
    assert!(
        members
            .iter()
            .zip(&spec.files)
            .all(|(member, file)| member.bytes == file.bytes && member.size_bytes == file.bytes.len() as u64)
    );
}

/// A small pack comes out of the jail.
pub async fn assert_opens(jail: &Jail) {
    let (opened, _) = open(jail, &pack_bytes(&drawn_pack()).unwrap()).await;
    opened.unwrap();
}

#[tokio::test]
async fn a_faulty_pack_sends_no_member() {
    let mut spec = PackSpec::new(
        "",
        "Set",
        vec![SampleFile::new("a.svg", svg(HONEST)), SampleFile::new("b.png", "x")],
    );
    spec.currency = "euro".to_owned();
    let (opened, members) = open(&jail(Limits::default()), &pack_bytes(&spec).unwrap()).await;
    let Err(JailError::Refused(findings)) = opened else {
        panic!("{opened:?}")
    };
    assert_eq!(members.len(), 0);
    assert_eq!(findings.len(), 3, "{findings:#?}");
}

#[tokio::test]
async fn a_pack_whose_receiver_is_gone_is_given_up() {
    let jail = jail(Limits::default());
    let (sender, receiver) = mpsc::channel(1);
    drop(receiver);
    let opened = jail
        .open_pack(file(&pack_bytes(&drawn_pack()).unwrap()), PackLimits::default(), sender)
        .await;
    assert!(matches!(opened, Err(JailError::Broken(_))), "{opened:?}");
    assert_eq!(jail.children(), 0);
}
