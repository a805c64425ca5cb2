use super::*;

#[test]
fn a_wav_has_one_format_and_whole_samples() {
    let format = wav(1)[20..36].to_vec();
    let file = |chunks: &[([u8; 4], &[u8])]| riff(*b"WAVE", chunks);
    let (fmt, data) = ((*b"fmt ", &format[..]), (*b"data", &[0_u8; 16][..]));
    assert_eq!(
        faults(&file(&[(*b"JUNK", &[0; 28]), fmt, data, (*b"LIST", b"INFO")]), "a.wav"),
        [""; 0]
    );
    assert_refused(&file(&[fmt]), "a.wav", "no samples");
    assert_refused(&file(&[data, fmt]), "a.wav", "before their format");
    assert_refused(&file(&[fmt, fmt, data]), "a.wav", "two formats");
    assert_refused(&file(&[fmt, data, data]), "a.wav", "two pieces");
    assert_refused(&file(&[fmt, (*b"data", &[0; 15])]), "a.wav", "not whole");
    let changed = |at: usize, value: u8| {
        let mut format = format.clone();
        format[at] = value;
        file(&[(*b"fmt ", &format), data])
    };
    for (at, value, message) in [
        (0, 2, "sound.encoding"),
        (0, 0x55, "sound.encoding"),
        (14, 12, "sound.encoding"),
        (2, 0, "has an invalid"),
        (2, 2, "has an invalid"),
        (5, 0, "has an invalid"),
        (12, 4, "has an invalid"),
    ] {
        assert_refused(&changed(at, value), "a.wav", message);
    }
    let mut extensible = [
        &[0xfe, 0xff][..],
        &format[2..],
        &[22, 0, 16, 0, 4, 0, 0, 0],
        &[1, 0],
        &[0; 14],
    ]
    .concat();
    assert_eq!(faults(&file(&[(*b"fmt ", &extensible), data]), "a.wav"), [""; 0]);
    extensible[24] = 2;
    assert_refused(&file(&[(*b"fmt ", &extensible), data]), "a.wav", "sound.encoding");
    let note = |bytes: &[u8], path: &str| {
        let media = inspect(bytes, path).unwrap();
        assert!(
            media
                .findings
                .iter()
                .all(|finding| finding.severity == FindingSeverity::Info)
        );
        let messages: Vec<String> = media.findings.into_iter().map(|finding| finding.message).collect();
        messages.join(", ")
    };
    let mut rate = format.clone();
    rate[8] = 1;
    assert!(note(&file(&[(*b"fmt ", &rate), data]), "a.wav").contains("a byte rate"));
    let mut short = wav(10);
    let size = short.len() as u32 - 16;
    short[4..8].copy_from_slice(&size.to_le_bytes());
    assert!(note(&short, "a.wav").contains("8 bytes less"));
    assert_refused(&[&short[..], &[0; 8]].concat(), "a.wav", "16 bytes after its end");
    let mut padded = file(&[(*b"odd ", &b"x"[..]), fmt, data]);
    let at = padded.windows(2).position(|window| window == b"x\0").unwrap() + 1;
    padded[at] = 7;
    assert!(note(&padded, "a.wav").contains("padding byte"));
    assert_refused(b"RF64\xff\xff\xff\xffWAVEds64", "a.wav", "is RF64");
    let mut streamed = wav(10);
    streamed[4..8].fill(0xff);
    assert_refused(&streamed, "a.wav", "was streamed");
}

#[test]
fn every_frame_of_a_flac_is_checked() {
    let file = flac(5);
    let frames = 4 + 4 + 34;
    for at in frames..file.len() {
        let mut damaged = file.clone();
        damaged[at] ^= 1;
        assert!(inspect(&damaged, "a.flac").is_err(), "byte {at}");
    }
    // One frame less, one twice, and bytes between two.
    let frame = (file.len() - frames) / 5;
    assert_refused(&file[..file.len() - frame], "a.flac", "a different number of samples");
    let cut_out = [&file[..frames + frame], &file[frames + 2 * frame..]].concat();
    assert!(inspect(&cut_out, "a.flac").is_err());
    let between = [&file[..frames + frame], b"hidden", &file[frames + frame..]].concat();
    assert!(inspect(&between, "a.flac").is_err());
    let padded = [&file[..frames + frame], &[0; 3], &file[frames + frame..]].concat();
    assert_refused(&padded, "a.flac", "bytes that belong to no frame");
    // Bytes whose own checksum makes that of the last frame come out right again.
    let hidden = b"hidden behind the last frame".as_slice();
    let check = (crc(0x8005, 16, hidden) as u16).to_be_bytes();
    let forged = [&file[..], hidden, &check].concat();
    assert_refused(&forged, "a.flac", "bytes that belong to no frame");
    let forged = [&file[..file.len() - frame], hidden, &check, &file[file.len() - frame..]].concat();
    assert_refused(&forged, "a.flac", "bytes that belong to no frame");
    // Tags of other formats are cut off.
    let (before, after) = (&b"ID3\x03\0\0\0\0\0\x04note"[..], [&b"TAG"[..], &[b' '; 125]].concat());
    for tagged in [
        [before, &file].concat(),
        [&file[..], &after].concat(),
        [before, &file, &after].concat(),
    ] {
        let media = inspect(&tagged, "a.flac").unwrap();
        assert_eq!(media.cleaned.as_deref(), Some(&file[..]));
        assert_eq!(media.findings[0].rule, "sound.cleaned");
    }
    let mut unknown = file.clone();
    unknown[4] = 0xff;
    assert_refused(&unknown, "a.flac", "unknown kind");
    // A length that was not known is counted.
    let mut streamed = file.clone();
    streamed[4 + 4 + 14..4 + 4 + 18].fill(0);
    assert_eq!(inspect(&streamed, "a.flac").unwrap().duration_ms, Some(120));
    let comment = [&b"fLaC\0"[..], &file[5..frames], b"\x84\0\0\x04note", &file[frames..]].concat();
    assert_eq!(faults(&comment, "a.flac"), [""; 0]);
}

#[test]
fn an_mp3_is_frames_between_tags() {
    let sound = mp3(3);
    let id3v2 = b"ID3\x03\0\0\0\0\0\x04note".to_vec();
    let id3v1 = [&b"TAG"[..], &[b' '; 125]].concat();
    let ape = |items: &[u8]| {
        let mut footer = b"APETAGEX\xd0\x07\0\0".to_vec();
        footer.extend((items.len() as u32 + 32).to_le_bytes());
        footer.extend([0; 16]);
        [items, &footer].concat()
    };
    let whole = [&id3v2[..], &[0; 50], &sound, &ape(b"items"), &id3v1].concat();
    let media = inspect(&whole, "a.mp3").unwrap();
    assert_eq!((media.duration_ms, media.findings), (Some(78), Vec::new()));
    let cut = inspect(&sound[..250], "a.mp3").unwrap();
    assert_eq!(cut.duration_ms, Some(52));
    assert_eq!(cut.findings[0].rule, "sound.cut-off");
    assert_eq!(cut.findings[0].severity, FindingSeverity::Info);
    let between = [&sound[..104], b"hidden", &sound[104..]].concat();
    assert_refused(&between, "a.mp3", "sound.hidden-data");
    let other_rate = [&sound[..], &[0xff, 0xfb, 0x14, 0xc0], &[0; 92]].concat();
    assert_refused(&other_rate, "a.mp3", "sound.hidden-data");
    assert_refused(
        &[&b"ID3\x03\0\0\x7f\x7f\x7f\x7f"[..], &sound].concat(),
        "a.mp3",
        "cut off",
    );
    assert_refused(
        &[&b"ID3\x03\0\0\0\0\0\xff"[..], &sound].concat(),
        "a.mp3",
        "has an invalid",
    );
    assert_refused(&id3v2, "a.mp3", "no sound");
    let mut wrong = ape(b"items");
    wrong[18] = 0xff;
    assert_refused(&[&sound[..], &wrong].concat(), "a.mp3", "APE tag");
    let lyrics = b"LYRICSBEGININD0000200LYR00003one000027LYRICS200".to_vec();
    let size = format!("{:06}", lyrics.len() - 15);
    let lyrics = [&lyrics[..lyrics.len() - 15], size.as_bytes(), b"LYRICS200"].concat();
    for (file, message) in [
        ([&id3v2[..], &id3v2, &sound].concat(), "more than one ID3v2 tag"),
        ([&sound[..], &id3v1, &id3v1].concat(), "the ID3v1 tag twice"),
        ([&sound[..], &lyrics, &id3v1].concat(), "a Lyrics3 tag"),
    ] {
        let media = inspect(&file, "a.mp3").unwrap();
        assert_eq!(media.duration_ms, Some(78));
        assert!(media.findings[0].message.contains(message), "{:?}", media.findings);
    }
    let mut free = sound.clone();
    free[2] = 0;
    assert_refused(&free, "a.mp3", "sound.encoding: is encoded with a free bit rate");
    // Layer II, a free rate, a reserved rate.
    for header in [
        [0xff, 0xfd, 0x10, 0xc0],
        [0xff, 0xfb, 0x00, 0xc0],
        [0xff, 0xfb, 0x1c, 0xc0],
    ] {
        let mut file = sound.clone();
        file[..4].copy_from_slice(&header);
        assert!(inspect(&file, "a.mp3").is_err(), "{header:?}");
    }
}

#[test]
fn an_ogg_is_one_stream_of_whole_pages() {
    let head = [
        &b"OpusHead\x01\x02"[..],
        &[0x38, 1],
        &48_000_u32.to_le_bytes(),
        &[0, 0, 0],
    ]
    .concat();
    let packet = &b"\xf8\xff\xfe"[..];
    let file = |first: &[u8], rest: &[Vec<u8>]| [ogg_page(2, 0, 0, &[first]), rest.concat()].concat();
    let sound = ogg_page(4, 960 * 3, 2, &[packet; 3]);
    let tags = ogg_page(0, 0, 1, &[b"OpusTags"]);
    let media = inspect(&file(&head, &[tags.clone(), sound.clone()]), "a.ogg").unwrap();
    // 312 samples are not played.
    assert_eq!((media.duration_ms, media.channels), (Some(53), Some(2)));
    let vorbis = [
        &b"\x01vorbis\0\0\0\0\x02"[..],
        &44_100_u32.to_le_bytes(),
        &[0; 12],
        &[0xb8, 1],
    ]
    .concat();
    let media = inspect(&file(&vorbis, &[tags.clone(), sound.clone()]), "a.ogg").unwrap();
    assert_eq!(media.sample_rate_hz, Some(44_100));
    for at in 0..sound.len() {
        let mut damaged = sound.clone();
        damaged[at] ^= 1;
        assert!(
            inspect(&file(&head, &[tags.clone(), damaged]), "a.ogg").is_err(),
            "byte {at}"
        );
    }
    let refused = |rest: &[Vec<u8>], message| assert_refused(&file(&head, rest), "a.ogg", message);
    refused(&[tags.clone(), ogg_page(0, 960, 3, &[packet])], "page missing");
    refused(
        &[tags.clone(), sound.clone(), ogg_page(0, 9_999, 3, &[packet])],
        "more than one stream",
    );
    refused(&[tags.clone(), ogg_page(2, 960, 2, &[packet])], "more than one stream");
    refused(&[tags.clone(), ogg_page(4, 1 << 40, 2, &[packet])], "a longer duration");
    refused(
        &[
            tags.clone(),
            ogg_page(0, 2_000, 2, &[packet; 3]),
            ogg_page(4, 1_000, 3, &[packet]),
        ],
        "backwards",
    );
    refused(std::slice::from_ref(&tags), "no sound");
    assert_refused(
        &file(b"\x80theora", std::slice::from_ref(&tags)),
        "a.ogg",
        "sound.encoding: is neither Vorbis nor Opus",
    );
    assert_refused(&file(b"OpusHead\x01", &[tags]), "a.ogg", "has an invalid");
}
