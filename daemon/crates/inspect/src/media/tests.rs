use super::*;
use crate::sample::media::*;
use crate::sample::zip_bytes;

mod pictures;
mod sounds;

/// The honest files whose structure is walked here, with their names.
fn honest() -> Vec<(&'static str, Vec<u8>)> {
    let mut files = crate::sample::media::honest();
    files.retain(|(kind, ..)| !matches!(Family::from(*kind), Family::Drawing | Family::Model));
    files.into_iter().map(|(_, name, bytes)| (name, bytes)).collect()
}

/// Rules and messages of every finding that refuses.
fn faults(bytes: &[u8], path: &str) -> Vec<String> {
    match inspect(bytes, path) {
        Ok(_) => Vec::new(),
        Err(findings) => findings
            .into_iter()
            .map(|finding| format!("{}: {}", finding.rule, finding.message))
            .collect(),
    }
}

#[track_caller]
fn assert_refused(bytes: &[u8], path: &str, fault: &str) {
    let faults = faults(bytes, path);
    assert!(
        faults.iter().any(|found| found.contains(fault)),
        "{path}: {fault} is not among {faults:#?}"
    );
}

#[test]
fn honest_files_give_their_size_or_length() {
    let size = |path, bytes: &[u8]| {
        let media = inspect(bytes, path).unwrap();
        assert_eq!((media.duration_ms, media.findings), (None, Vec::new()));
        (media.width, media.height)
    };
    assert_eq!(size("a.png", &png(5, 3, [0; 3])), (Some(5), Some(3)));
    assert_eq!(size("x/A.JPEG", &jpeg(20, 9)), (Some(20), Some(9)));
    assert_eq!(size("a.webp", &webp(4, 6, [0; 3])), (Some(4), Some(6)));
    let length = |path, bytes: &[u8]| {
        let media = inspect(bytes, path).unwrap();
        (media.duration_ms, media.sample_rate_hz, media.channels)
    };
    assert_eq!(length("a.wav", &wav(30)), (Some(30), Some(8_000), Some(1)));
    assert_eq!(length("a.flac", &flac(125)), (Some(3_000), Some(8_000), Some(1)));
    assert_eq!(length("a.mp3", &mp3(4)), (Some(104), Some(44_100), Some(1)));
    assert_eq!(length("a.ogg", &ogg(6)), (Some(120), Some(48_000), Some(1)));
}

#[test]
fn the_extension_must_be_that_of_the_content() {
    let files = honest();
    for (name, bytes) in &files {
        for (other, _) in files.iter().filter(|(other, _)| other != name) {
            assert_refused(bytes, other, "type-mismatch: is named as");
        }
        assert_refused(bytes, "a.svg", "type-mismatch");
        assert_refused(bytes, "a.exe", "type-mismatch: has an extension that is not accepted");
        assert_refused(b"MZ\x90\0\x03\0\0\0", name, "not in an accepted format");
        assert_refused(b"<!DOCTYPE html><title>", name, "not in an accepted format");
        assert_refused(b"", name, "not in an accepted format");
    }
}

#[test]
fn every_cut_and_every_byte_after_the_end_is_refused() {
    for (name, bytes) in honest() {
        for length in 0..bytes.len() {
            // The last frame of an MP3 may be cut off, and whole frames may be missing.
            let tolerated = name == "a.mp3" && length >= 104;
            assert!(
                tolerated || inspect(&bytes[..length], name).is_err(),
                "{name} cut at {length}"
            );
        }
        for more in [&b"!"[..], b"\0\0\0", &[0; 600], b"<b>more</b>"] {
            let longer = [&bytes[..], more].concat();
            assert!(is_refused_or_cut(&longer, name, &bytes), "{name} with {more:?}");
        }
        assert!(
            is_refused_or_cut(&bytes.repeat(2), name, &bytes) || name == "a.mp3",
            "{name} twice"
        );
    }
}

/// True when nothing of what follows `bytes` is published.
fn is_refused_or_cut(longer: &[u8], name: &str, bytes: &[u8]) -> bool {
    inspect(longer, name).map_or(true, |media| media.cleaned.as_deref() == Some(bytes))
}

#[test]
fn damage_never_panics() {
    for (name, bytes) in honest() {
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xfe, 0xff, bytes[at] ^ 0x10] {
                let mut damaged = bytes.clone();
                damaged[at] = value;
                let _ = inspect(&damaged, name);
            }
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes_after_any_beginning_are_answered(
        index in proptest::prelude::any::<proptest::sample::Index>(),
        keep in 0_usize..60,
        noise in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
    ) {
        let (name, bytes) = index.get(&honest()).clone();
        let _ = inspect(&[&bytes[..keep.min(bytes.len())], &noise].concat(), name);
        let _ = inspect(&noise, name);
    }
}

#[test]
fn a_second_format_is_refused_wherever_it_hides() {
    let zip = zip_bytes([("a.class", b"hello".as_slice())]).unwrap();
    for (name, bytes) in honest() {
        assert_refused(&[&bytes[..], &zip].concat(), name, "polyglot: is also a ZIP");
    }
    // Gaps that the format itself allows.
    let comment = |text: &[u8]| jpeg_of(8, 8, &[(0xfe, text)]);
    let chunk = |text: &[u8]| {
        riff(
            *b"WAVE",
            &[(*b"junk", text), (*b"fmt ", &wav(1)[20..36]), (*b"data", &[0; 16])],
        )
    };
    let tag = |text: &[u8]| {
        let length = text.len() as u8;
        [&b"ID3\x04\0\0\0\0"[..], &[length >> 7, length & 0x7f], text, &mp3(2)].concat()
    };
    assert_eq!(faults(&comment(b"made by hand"), "a.jpg"), [""; 0]);
    assert_eq!(faults(&chunk(b"made by hand"), "a.wav"), [""; 0]);
    assert_eq!(faults(&tag(b"made by hand"), "a.mp3"), [""; 0]);
    for (text, message) in [
        (zip.as_slice(), "ZIP"),
        (b"%PDF-1.7", "PDF"),
        (b"Rar!\x1a\x07\x01\0", "RAR"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "RAR or 7z"),
        (b"<?php system($_GET[0]); ?>", "script"),
        (b"<?=`$_GET[0]`?>", "script"),
        (b"<ScRiPt src=//x>", "script"),
        (b"<html><body>", "script"),
        (b"<svg onload=alert(1)>", "script"),
        (b"JavaScript:alert(1)", "script"),
    ] {
        let fault = format!(
            "polyglot: {}",
            if message == "script" {
                "has a script"
            } else {
                "is also a"
            }
        );
        assert_refused(&comment(text), "a.jpg", &fault);
        assert_refused(&chunk(text), "a.wav", &fault);
        assert_refused(&tag(text), "a.mp3", &fault);
    }
    let far = [vec![0; 2_000], b"%PDF-1.7".to_vec()].concat();
    assert_eq!(faults(&comment(&far), "a.jpg"), [""; 0]);
    let mut tar = chunk(&[0; 600]);
    tar[257..262].copy_from_slice(b"ustar");
    assert_refused(&tar, "a.wav", "tar archive");
    let mut image = chunk(&vec![0; 40_000]);
    image[32_769..32_774].copy_from_slice(b"CD001");
    assert_refused(&image, "a.wav", "disk image");
}

#[test]
fn a_file_that_is_a_script_by_its_signature_and_length_is_refused() {
    // The length of the first segment is `/*`; the rest of the program is in comments of the picture.
    let picture = jpeg(8, 8);
    let mut polyglot = [&picture[..2], b"\xff\xe0/*", &[0; 0x2f2a - 2], &picture[2..]].concat();
    assert_refused(&polyglot, "a.jpg", "polyglot: is also a JavaScript program");
    polyglot[4..6].copy_from_slice(b"=`");
    assert_refused(&polyglot, "a.jpg", "polyglot: is also a JavaScript program");
    let riff_of = |bytes: usize| {
        riff(
            *b"WAVE",
            &[
                (*b"junk", &vec![0; bytes][..]),
                (*b"fmt ", &wav(1)[20..36]),
                (*b"data", &[0; 16]),
            ],
        )
    };
    // The size of all is `/*` in its lower half.
    let less = riff_of(0).len() - 8;
    let file = riff_of(0x2a2f + 1 - less);
    assert_eq!(&file[4..6], b"0*");
    let mut file = file;
    file[4] = b'/';
    assert_refused(&file, "a.wav", "polyglot: is also a JavaScript program");
}

#[test]
fn a_zip_at_the_end_of_a_drawing_or_a_model_is_found_as_well() {
    let zip = zip_bytes([("a", b"hello".as_slice())]).unwrap();
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>";
    assert_eq!(inspect(svg, "a.svg").unwrap().file_type, FileType::Svg);
    assert_refused(&[&svg[..], &zip].concat(), "a.svg", "ZIP");
    assert_eq!(inspect(b"glTF\x02\0\0\0", "a.glb").unwrap().file_type, FileType::Glb);
    assert_refused(&[b"glTF", &zip[..]].concat(), "a.glb", "ZIP");
    assert_eq!(inspect(b"\x1f\x8b\x08\0", "a.svgz").unwrap().file_type, FileType::Svgz);
}

#[test]
fn formats_are_told_by_their_first_bytes() {
    for (bytes, expected) in [
        (&b"\xef\xbb\xbf  <?xml version='1.0'?><svg/>"[..], FileType::Svg),
        (b"<\0s\0v\0g\0", FileType::Svg),
        (b"\xff\xfe<\0s\0", FileType::Svg),
        (b"<?php", FileType::Unknown),
        (b"<HTML>", FileType::Unknown),
        (b"RIFF\0\0\0\0AVI ", FileType::Unknown),
        (b"RIFF\0\0\0\0WEBP", FileType::WebP),
        (b"\xff\xf1\x50", FileType::Unknown),
        (b"\xff\xfb", FileType::Mp3),
        (b"\xff\xd8\xff", FileType::Jpeg),
        (b"", FileType::Unknown),
    ] {
        assert_eq!(sniff(bytes), expected, "{bytes:?}");
    }
}

#[test]
fn files_and_metadata_have_their_limits() {
    let chunk = vec![b' '; MAX_SOUND_METADATA + 2];
    let wav = |chunk: &[u8]| {
        riff(
            *b"WAVE",
            &[(*b"fmt ", &wav(1)[20..36]), (*b"data", &[0; 16]), (*b"junk", chunk)],
        )
    };
    assert_eq!(faults(&wav(&chunk[2..]), "a.wav"), [""; 0]);
    assert_refused(
        &wav(&chunk),
        "a.wav",
        "sound.metadata: has more than 16 MiB of metadata",
    );
    let text = vec![b' '; MAX_PICTURE_METADATA + 1];
    let png = |text: &[u8]| {
        let whole = png(1, 1, [0; 3]);
        let (header, pixels) = (whole[16..29].to_vec(), whole[41..whole.len() - 16].to_vec());
        png_of(&[
            (*b"IHDR", &header),
            (*b"tEXt", text),
            (*b"IDAT", &pixels),
            (*b"IEND", b""),
        ])
    };
    assert_eq!(faults(&png(&text[1..]), "a.png"), [""; 0]);
    assert_refused(&png(&text), "a.png", "picture.metadata");
    let mut large = vec![0; MAX_PICTURE_BYTES + 1];
    large[..8].copy_from_slice(b"\x89PNG\r\n\x1a\n");
    assert_refused(&large, "a.png", "picture.too-large: is larger than 64 MiB");
    assert_refused(&large[..MAX_PICTURE_BYTES], "a.png", "picture.structure");
    let mut large = vec![0; MAX_SOUND_BYTES + 1];
    large[..4].copy_from_slice(b"fLaC");
    assert_refused(&large, "a.flac", "sound.too-large: is larger than 256 MiB");
}
