use super::*;

/// The parts of a PNG of one pixel: header and pixels.
fn parts() -> (Vec<u8>, Vec<u8>) {
    let whole = png(1, 1, [9; 3]);
    (whole[16..29].to_vec(), whole[41..whole.len() - 16].to_vec())
}

fn header(width: u32, height: u32, rest: [u8; 5]) -> Vec<u8> {
    [&width.to_be_bytes()[..], &height.to_be_bytes(), &rest].concat()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn chunks_of_a_png_are_in_order() {
    let (head, pixels) = parts();
    let (first, last) = pixels.split_at(4);
    type Chunks<'a> = Vec<([u8; 4], &'a [u8])>;
    let (ihdr, idat, iend) = ((*b"IHDR", &head[..]), (*b"IDAT", &pixels[..]), (*b"IEND", &b""[..]));
    let (one, two) = ((*b"IDAT", first), (*b"IDAT", last));
    let text = (*b"tEXt", &b"Title\0x"[..]);
    let sound: [Chunks<'_>; 3] = [
        vec![ihdr, text, one, two, text, iend],
        vec![ihdr, (*b"PLTE", &[1, 2, 3]), idat, iend],
        vec![ihdr, (*b"prVt", b"private"), idat, iend],
    ];
    for chunks in sound {
        assert_eq!(faults(&png_of(&chunks), "a.png"), [""; 0]);
    }
    let wrong: [(Chunks<'_>, &str); 13] = [
        (vec![idat, iend], "does not begin"),
        (vec![ihdr, ihdr, idat, iend], "two headers"),
        (vec![ihdr, iend], "fewer pixels"),
        (vec![ihdr, one, iend], "fewer pixels"),
        (vec![ihdr, one, text, two, iend], "not consecutive"),
        (vec![ihdr, idat, (*b"PLTE", &[1, 2, 3]), iend], "PLTE chunk"),
        (vec![ihdr, (*b"PLTE", &[1, 2]), idat, iend], "PLTE chunk"),
        (vec![ihdr, (*b"PLTE", &[1; 771]), idat, iend], "PLTE chunk"),
        (vec![ihdr, (*b"ABCD", b""), idat, iend], "unknown critical chunk"),
        (vec![ihdr, (*b"ab\0D", b""), idat, iend], "invalid type"),
        (vec![ihdr, (*b"acTL", &[0; 8]), idat, iend], "picture.animated"),
        (vec![ihdr, idat, (*b"IEND", b"more")], "IEND chunk with data"),
        (
            vec![ihdr, idat, (*b"IDAT", b"more"), iend],
            "picture.hidden-data: has more data than pixels",
        ),
    ];
    for (chunks, message) in wrong {
        assert_refused(&png_of(&chunks), "a.png", message);
    }
}

#[test]
fn variants_of_png_are_named() {
    let (head, pixels) = parts();
    let apple = png_of(&[
        (*b"CgBI", &[0x50, 0, 0x20, 2]),
        (*b"IHDR", &head),
        (*b"IDAT", &pixels),
        (*b"IEND", b""),
    ]);
    assert_refused(&apple, "a.png", "the variant of PNG that Xcode makes");
    for at in 4..8 {
        let mut damaged = png(1, 1, [9; 3]);
        damaged[at] ^= 0x20;
        assert_refused(&damaged, "a.png", "a damaged signature");
    }
}

#[test]
fn what_cameras_write_after_a_jpeg_is_cut_off() {
    let picture = jpeg(8, 8);
    let index = &b"MPF\0II*\0"[..];
    let indexed = jpeg_of(8, 8, &[(0xe2, index)]);
    for (file, message) in [
        ([&indexed[..], &picture].concat(), "A second picture"),
        ([&picture[..], &[0; 30], &picture].concat(), "A second picture"),
        ([&picture[..], b"\0\0\0\x18ftypmp42"].concat(), "A video"),
        (
            [&picture[..], b"image data SEFHxxxx\x04\0\0\0SEFT"].concat(),
            "a Samsung phone",
        ),
        ([&picture[..], &[0; 4]].concat(), "zeros"),
    ] {
        let media = inspect(&file, "a.jpg").unwrap();
        let cleaned = media.cleaned.unwrap();
        assert_eq!(faults(&cleaned, "a.jpg"), [""; 0]);
        assert!(inspect(&cleaned, "a.jpg").unwrap().cleaned.is_none());
        assert!(memchr::memmem::find(&cleaned, b"MPF").is_none());
        let finding = &media.findings[0];
        assert_eq!(
            (finding.rule.as_str(), finding.severity),
            ("picture.cleaned", FindingSeverity::Info)
        );
        assert!(finding.message.contains(message), "{}", finding.message);
    }
    let other = [&picture[..], b"something else"].concat();
    assert_refused(&other, "a.jpg", "14 bytes after its end: save it again");
}

#[test]
fn the_pixels_of_a_png_are_all_there_and_no_more() {
    // Depth, colour, interlace; what 5 x 3 pixels take.
    for (kind, bytes) in [
        ([1, 0, 0, 0, 0], 3 * (1 + 1)),
        ([16, 6, 0, 0, 0], 3 * (1 + 40)),
        ([8, 4, 0, 0, 0], 3 * (1 + 10)),
        // Adam7: 1x1, 1x1, 2x1, 1x1 wide by rows of each pass.
        ([8, 0, 0, 0, 1], 2 + 2 + 3 + 4 + 6 + 6),
    ] {
        let head = header(5, 3, kind);
        let file = |count: usize| {
            let pixels = zlib(&vec![0; count]);
            png_of(&[(*b"IHDR", &head), (*b"IDAT", &pixels), (*b"IEND", b"")])
        };
        let right = (1..200)
            .filter(|&count| faults(&file(count), "a.png").is_empty())
            .collect::<Vec<_>>();
        assert_eq!(right.len(), 1, "{kind:?}");
        if kind[4] == 0 {
            assert_eq!(right, [bytes], "{kind:?}");
        }
    }
    for kind in [
        [3, 0, 0, 0, 0],
        [8, 1, 0, 0, 0],
        [16, 3, 0, 0, 0],
        [8, 2, 1, 0, 0],
        [8, 2, 0, 1, 0],
        [8, 2, 0, 0, 2],
    ] {
        let file = png_of(&[(*b"IHDR", &header(5, 3, kind)), (*b"IEND", b"")]);
        assert_refused(&file, "a.png", "an invalid header");
    }
    let palette = png_of(&[
        (*b"IHDR", &header(1, 1, [8, 3, 0, 0, 0])),
        (*b"IDAT", &zlib(&[0, 0])),
        (*b"IEND", b""),
    ]);
    assert_refused(&palette, "a.png", "no PLTE chunk");
    let bomb = png_of(&[
        (*b"IHDR", &header(1, 1, [8, 0, 0, 0, 0])),
        (*b"IDAT", &zlib(&vec![0; 16 << 20])),
        (*b"IEND", b""),
    ]);
    assert_refused(&bomb, "a.png", "more data than pixels");
}

#[test]
fn megapixels_are_counted_before_anything_is_decoded() {
    let file = |width, height| png_of(&[(*b"IHDR", &header(width, height, [8, 2, 0, 0, 0])), (*b"IEND", b"")]);
    assert_refused(&file(50_000, 1_000), "a.png", "picture.structure: has fewer pixels");
    assert_refused(
        &file(50_000, 1_001),
        "a.png",
        "picture.too-large: is 50000 x 1001 pixels; the limit is 50 megapixels",
    );
    assert_refused(&file(u32::MAX, u32::MAX), "a.png", "picture.too-large");
    assert_refused(&file(0, 1), "a.png", "has no pixels");
    assert_refused(&jpeg_of(8, 0, &[]), "a.jpg", "has no pixels");
    let mut large = jpeg(8, 8);
    let frame = large.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    large[frame + 5..frame + 9].fill(0xff);
    assert_refused(&large, "a.jpg", "picture.too-large: is 65535 x 65535 pixels");
    assert_refused(&webp(16_384, 16_384, [0; 3]), "a.webp", "picture.too-large");
}

#[test]
fn segments_of_a_jpeg_are_walked_to_its_end() {
    let file = jpeg(20, 9);
    let at = |marker: u8| file.windows(2).position(|window| window == [0xff, marker]).unwrap();
    let changed = |at: usize, bytes: &[u8]| {
        let mut changed = file.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    let frame = at(0xc0);
    assert_refused(&changed(frame + 1, &[0xc3]), "a.jpg", "browsers do not read");
    assert_refused(&changed(frame + 1, &[0xc9]), "a.jpg", "browsers do not read");
    assert_refused(
        &changed(frame + 4, &[12]),
        "a.jpg",
        "picture.colours: has more than 8 bits",
    );
    assert_refused(&changed(frame + 9, &[4]), "a.jpg", "picture.colours: is in CMYK");
    assert_refused(&changed(frame + 9, &[2]), "a.jpg", "an invalid header");
    assert_refused(&changed(frame + 11, &[0x51]), "a.jpg", "an invalid header");
    assert_refused(&changed(frame + 2, &[0, 1]), "a.jpg", "segment of the wrong length");
    assert_refused(
        &changed(frame, &[0]),
        "a.jpg",
        "picture.hidden-data: has bytes that belong to no segment",
    );
    assert_refused(
        &changed(at(0xdb) + 1, &[0xfe]),
        "a.jpg",
        "before its frame header and tables",
    );
    assert_refused(
        &changed(frame + 1, &[0xfe]),
        "a.jpg",
        "before its frame header and tables",
    );
    assert_refused(&changed(at(0xe0) + 1, &[0xd8]), "a.jpg", "in the wrong place");
    let twice = [&file[..file.len() - 2], &file[frame..]].concat();
    assert_refused(&twice, "a.jpg", "two frames");
    let scan = at(0xda);
    let many = [&file[..scan], &file[scan..file.len() - 2].repeat(201), &[0xff, 0xd9]].concat();
    assert_refused(&many, "a.jpg", "more scans");
    let restarts = [
        &file[..file.len() - 2],
        &[0xff, 0xd0, 0, 0xff, 0xff, 0, 7, 0xff, 0xff, 0xff, 0xd9],
    ]
    .concat();
    assert_eq!(faults(&restarts, "a.jpg"), [""; 0]);
    assert_refused(b"\xff\xd8\xff\xd9", "a.jpg", "no pixels");
}

#[test]
fn chunks_of_a_webp_are_one_still_picture() {
    let whole = webp(4, 6, [1, 2, 3]);
    let picture = (*b"VP8L", &whole[20..whole.len() - (whole.len() % 2)]);
    let length = u32::from_le_bytes(whole[16..20].try_into().unwrap()) as usize;
    let picture = (picture.0, &picture.1[..length]);
    let canvas = |flags: u8, width: u8, height: u8| [flags, 0, 0, 0, width - 1, 0, 0, height - 1, 0, 0];
    let file = |chunks: &[([u8; 4], &[u8])]| riff(*b"WEBP", chunks);
    let right = canvas(0, 4, 6);
    let profile = (*b"ICCP", &b"profile"[..]);
    assert_eq!(
        faults(
            &file(&[(*b"VP8X", &right), profile, picture, (*b"EXIF", b"x")]),
            "a.webp"
        ),
        [""; 0]
    );
    assert_refused(&file(&[]), "a.webp", "no pixels");
    assert_refused(&file(&[picture, picture]), "a.webp", "more than one");
    assert_refused(
        &file(&[(*b"VP8X", &right), picture, picture]),
        "a.webp",
        "more than one",
    );
    assert_refused(&file(&[(*b"VP8X", &right), profile]), "a.webp", "no picture");
    assert_refused(&file(&[(*b"VP8X", &canvas(0, 5, 6)), picture]), "a.webp", "two sizes");
    assert_refused(&file(&[(*b"VP8X", &right[..9]), picture]), "a.webp", "wrong length");
    assert_refused(
        &file(&[(*b"VP8X", &canvas(2, 4, 6)), picture]),
        "a.webp",
        "picture.animated",
    );
    assert_refused(
        &file(&[(*b"VP8X", &right), (*b"ANMF", b""), picture]),
        "a.webp",
        "picture.animated",
    );
    assert_refused(&file(&[(*b"VP8L", b"/")]), "a.webp", "invalid image data");
    // A key frame of 4 x 6 pixels, and one that is none.
    let lossy = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 4, 0, 6, 0, 1, 2];
    let media = inspect(&file(&[(*b"VP8 ", &lossy)]), "a.webp").unwrap();
    assert_eq!((media.width, media.height), (Some(4), Some(6)));
    assert_refused(
        &file(&[(*b"VP8 ", &[&[0x11], &lossy[1..]].concat())]),
        "a.webp",
        "invalid image data",
    );
    let mut odd = file(&[(*b"VP8X", &right), profile, picture]);
    let padding = odd.windows(7).position(|window| window == b"profile").unwrap() + 7;
    odd[padding] = 1;
    assert_refused(&odd, "a.webp", "picture.hidden-data");
}
