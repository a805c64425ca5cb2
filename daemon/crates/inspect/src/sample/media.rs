//! The smallest honest files of each format: real players and viewers open them.

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::{Value, json};
use tradepost_base::Kind;

/// One honest file of each format of each kind, with its name: the tests of every stage go through them.
pub fn honest() -> Vec<(Kind, &'static str, Vec<u8>)> {
    vec![
        (Kind::Icon, "square.svg", svg("M2 2h20v20H2z")),
        (Kind::Icon, "triangle.svgz", gzip(&svg("M2 2h20L2 22z"))),
        (Kind::Illustration, "cross.svg", svg("M2 9h7V2h6v7h7v6h-7v7H9v-7H2z")),
        (Kind::Model, "a.glb", glb(4)),
        (Kind::Texture, "a.png", png(5, 3, [200, 10, 10])),
        (Kind::Texture, "a.jpg", jpeg(20, 9)),
        (Kind::Texture, "a.webp", webp(4, 6, [1, 2, 3])),
        (Kind::Audio, "a.wav", wav(30)),
        (Kind::Audio, "a.flac", flac(5)),
        (Kind::Audio, "a.mp3", mp3(4)),
        (Kind::Audio, "a.ogg", ogg(6)),
    ]
}

/// A drawing of 24 x 24 with one black path.
fn svg(path: &str) -> Vec<u8> {
    format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'><path d='{path}'/></svg>").into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).expect("memory takes everything");
    packed.finish().expect("memory takes everything")
}

/// A GLB with three corners, drawn in a mode of glTF: 0 as points, 4 as a triangle.
pub fn glb(mode: u32) -> Vec<u8> {
    let corners = [0.0_f32, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0].map(f32::to_le_bytes);
    let document = json!({
        "asset": { "version": "2.0" }, "scene": 0, "scenes": [{ "nodes": [0] }], "nodes": [{ "mesh": 0 }],
        "meshes": [{ "primitives": [{ "attributes": { "POSITION": 0 }, "mode": mode }] }],
        "accessors": [{ "bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 0] }],
        "bufferViews": [{ "buffer": 0, "byteLength": 36 }], "buffers": [{ "byteLength": 36 }],
    });
    glb_of(&document, corners.as_flattened())
}

/// A GLB of a document and the bytes of its buffer; none: without a second chunk.
pub fn glb_of(document: &Value, buffer: &[u8]) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], bytes: &[u8], filler: u8| {
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len().next_multiple_of(4), filler);
        [&(padded.len() as u32).to_le_bytes()[..], kind, &padded].concat()
    };
    let mut chunks = chunk(b"JSON", document.to_string().as_bytes(), b' ');
    if !buffer.is_empty() {
        chunks.extend(chunk(b"BIN\0", buffer, 0));
    }
    [
        &b"glTF\x02\0\0\0"[..],
        &(chunks.len() as u32 + 12).to_le_bytes(),
        &chunks,
    ]
    .concat()
}

/// A PNG of one colour.
pub fn png(width: u32, height: u32, rgb: [u8; 3]) -> Vec<u8> {
    let mut row = vec![0];
    (0..width).for_each(|_| row.extend(rgb));
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..height {
        pixels.write_all(&row).expect("memory takes everything");
    }
    let pixels = pixels.finish().expect("memory takes everything");
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    png_of(&[(*b"IHDR", &header), (*b"IDAT", &pixels), (*b"IEND", b"")])
}

/// A PNG of these chunks, whatever they are.
pub fn png_of(chunks: &[([u8; 4], &[u8])]) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in chunks {
        let covered = [name, *data].concat();
        png.extend((data.len() as u32).to_be_bytes());
        png.extend(&covered);
        png.extend(crc32fast::hash(&covered).to_be_bytes());
    }
    png
}

/// A grey JPEG.
pub fn jpeg(width: u16, height: u16) -> Vec<u8> {
    jpeg_of(width, height, &[])
}

/// A grey JPEG with these segments (marker and contents) after its beginning.
pub fn jpeg_of(width: u16, height: u16, segments: &[(u8, &[u8])]) -> Vec<u8> {
    let (h, w) = (height.to_be_bytes(), width.to_be_bytes());
    let frame = [8, h[0], h[1], w[0], w[1], 1, 1, 0x11, 0];
    // One code of one bit: a difference of nothing, and the end of the block.
    let table = |class: u8| [&[class, 1][..], &[0; 15], &[0]].concat();
    let quantisation = [&[0][..], &[1; 64]].concat();
    let (direct, alternating) = (table(0), table(0x10));
    let all = [(0xe0, &b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"[..])].into_iter();
    let all = all.chain(segments.iter().copied()).chain([
        (0xdb, &quantisation[..]),
        (0xc0, &frame),
        (0xc4, &direct),
        (0xc4, &alternating),
        (0xda, &[1, 1, 0, 0, 63, 0]),
    ]);
    let mut jpeg = vec![0xff, 0xd8];
    for (marker, data) in all {
        jpeg.extend([0xff, marker]);
        jpeg.extend((data.len() as u16 + 2).to_be_bytes());
        jpeg.extend(data);
    }
    let blocks = usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8);
    jpeg.extend(vec![0; blocks * 2 / 8]);
    if !(blocks * 2).is_multiple_of(8) {
        jpeg.push(0xff >> (blocks * 2 % 8));
    }
    jpeg.extend([0xff, 0xd9]);
    jpeg
}

/// A lossless WebP of one colour, at most 16,384 pixels either way.
pub fn webp(width: u16, height: u16, rgb: [u8; 3]) -> Vec<u8> {
    // Least significant bit first: size, no alpha, version 0, no transform, no cache, no groups.
    let mut bits: Vec<(u32, u32)> = vec![(u32::from(width) - 1, 14), (u32::from(height) - 1, 14), (0, 4), (0, 3)];
    for value in [rgb[1], rgb[0], rgb[2], 255] {
        // A code with a single value takes no bits in the picture.
        bits.extend([(0b101, 3), (value.into(), 8)]);
    }
    bits.extend([(0b001, 3), (0, 1)]);
    let (mut data, mut word, mut filled) = (vec![0x2f], 0_u64, 0);
    for (value, count) in bits {
        word |= u64::from(value) << filled;
        filled += count;
        while filled >= 8 {
            data.push(word as u8);
            (word, filled) = (word >> 8, filled - 8);
        }
    }
    data.push(word as u8);
    riff(*b"WEBP", &[(*b"VP8L", &data)])
}

/// A RIFF file of these chunks, whatever they are.
pub fn riff(form: [u8; 4], chunks: &[([u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = form.to_vec();
    for (name, data) in chunks {
        body.extend(name);
        body.extend((data.len() as u32).to_le_bytes());
        body.extend(*data);
        body.extend(vec![0; data.len() % 2]);
    }
    [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()
}

/// A WAV of silence: 8,000 samples a second, one channel, 16 bits.
pub fn wav(duration_ms: u32) -> Vec<u8> {
    let format = [1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0];
    let samples = vec![0; duration_ms as usize * 16];
    riff(*b"WAVE", &[(*b"fmt ", &format), (*b"data", &samples)])
}

/// A FLAC of silence: frames of 192 samples, 8,000 a second, one channel, 16 bits.
pub fn flac(frames: u8) -> Vec<u8> {
    let samples = u64::from(frames) * 192;
    let packed = 8_000_u64 << 44 | 15 << 36 | samples;
    let info = [&[0, 192, 0, 192][..], &[0; 6], &packed.to_be_bytes(), &[0; 16]].concat();
    let mut flac = [b"fLaC\x80\0\0\x22", &info[..]].concat();
    for number in 0..frames.min(128) {
        // 192 samples, the header's rate, one channel, the header's bits; then one constant value.
        let mut frame = vec![0xff, 0xf8, 0x10, 0x00, number];
        frame.push(crc(0x07, 8, &frame) as u8);
        frame.extend([0, 0, 0]);
        frame.extend((crc(0x8005, 16, &frame) as u16).to_be_bytes());
        flac.extend(frame);
    }
    flac
}

/// An MP3 of silence: frames of 1,152 samples, 44,100 a second, one channel, 32 kbit/s.
pub fn mp3(frames: usize) -> Vec<u8> {
    let frame = [&[0xff, 0xfb, 0x10, 0xc0][..], &[0; 100]].concat();
    frame.repeat(frames)
}

/// An Ogg with Opus: packets of 20 ms of silence, one channel.
pub fn ogg(packets: u8) -> Vec<u8> {
    let head = [&b"OpusHead\x01\x01"[..], &[0, 0], &48_000_u32.to_le_bytes(), &[0, 0, 0]].concat();
    let tags = b"OpusTags\x05\0\0\0maker\0\0\0\0";
    let sound: Vec<&[u8]> = vec![b"\xf8\xff\xfe"; packets.into()];
    let end = u64::from(packets) * 960;
    [
        ogg_page(2, 0, 0, &[&head]),
        ogg_page(0, 0, 1, &[tags]),
        ogg_page(4, end, 2, &sound),
    ]
    .concat()
}

/// One page of an Ogg stream with these packets, each shorter than 255 bytes.
pub fn ogg_page(flags: u8, position: u64, number: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut page = [
        b"OggS\0",
        &[flags][..],
        &position.to_le_bytes(),
        &[7, 0, 0, 0],
        &number.to_le_bytes(),
    ]
    .concat();
    page.extend([0; 4]);
    page.push(packets.len() as u8);
    page.extend(packets.iter().map(|packet| packet.len() as u8));
    page.extend(packets.concat());
    let check = crc(0x04c1_1db7, 32, &page);
    page[22..26].copy_from_slice(&check.to_le_bytes());
    page
}

/// A checksum bit by bit, most significant first: slow, and nothing to share a mistake with.
pub fn crc(polynomial: u32, bits: u32, bytes: &[u8]) -> u32 {
    let top = 1_u64 << bits;
    let mut value = 0_u64;
    for &byte in bytes {
        value ^= u64::from(byte) << (bits - 8);
        for _ in 0..8 {
            value <<= 1;
            if value & top != 0 {
                value ^= top | u64::from(polynomial);
            }
        }
    }
    value as u32
}
