//! Pictures that the program draws itself, so that a machine without any icon set still has a demo.

use super::{PackSpec, SampleFile};

/// The pack that the demo uses where there is nothing else.
pub fn drawn_pack() -> PackSpec {
    let source = Some("drawn by tradepostd".to_owned());
    let tags = ["hand-drawn", "colour", "outdoors"].map(str::to_owned).to_vec();
    PackSpec {
        kind: "illustration".to_owned(),
        licence: "Apache-2.0".to_owned(),
        source,
        tags,
        price_minor: 500,
        ..PackSpec::new("Trading Post", "Field Sketches", drawn_files())
    }
}

/// Fourteen pictures with transparent grounds.
fn drawn_files() -> Vec<SampleFile> {
    PICTURES
        .iter()
        .map(|(name, body)| SampleFile::new(format!("sketches/{name}.svg"), picture(body)))
        .collect()
}

fn picture(body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 128 128\">{}</svg>\n",
        body.replace('\n', "")
    )
}

const PICTURES: [(&str, &str); 14] = [
    (
        "morning-sun",
        r##"<defs><linearGradient id="a" x2="0" y2="1"><stop stop-color="#ffd84d"/><stop offset="1" stop-color="#ff9d2f"/></linearGradient></defs>
<g stroke="#ffb52e" stroke-width="8" stroke-linecap="round"><path d="M64 8v14M64 106v14M8 64h14M106 64h14M24.4 24.4l10 10M93.6 93.6l10 10M24.4 103.6l10-10M93.6 34.4l10-10"/></g>
<circle cx="64" cy="64" r="30" fill="url(#a)"/><path d="M48 52a20 20 0 0 1 20-10" stroke="#fff3c4" stroke-width="5" stroke-linecap="round" fill="none"/>"##,
    ),
    (
        "twin-mountains",
        r##"<path d="M6 108L48 30l42 78z" fill="#5b7db1"/><path d="M48 30l16 30-9-5-7 8-7-8-9 5z" fill="#f4f8ff"/>
<path d="M50 108l36-62 36 62z" fill="#3d5a8c"/><path d="M86 46l13 23-7-4-6 6-6-6-7 4z" fill="#e6eefc"/>
<path d="M6 108h116" stroke="#2e8b57" stroke-width="8" stroke-linecap="round"/><circle cx="104" cy="26" r="11" fill="#ffd166"/>"##,
    ),
    (
        "crescent-moon",
        r##"<defs><linearGradient id="a" y2="1"><stop stop-color="#ffe9a8"/><stop offset="1" stop-color="#f2b84b"/></linearGradient></defs>
<path d="M78 14a52 52 0 1 0 38 68A42 42 0 0 1 78 14z" fill="url(#a)"/><circle cx="48" cy="72" r="7" fill="#e0a13b" opacity=".6"/><circle cx="66" cy="94" r="5" fill="#e0a13b" opacity=".6"/>
<path d="M100 22l3 8 8 3-8 3-3 8-3-8-8-3 8-3zM112 54l2 5 5 2-5 2-2 5-2-5-5-2 5-2z" fill="#8fa8ff"/>"##,
    ),
    (
        "oak-leaf",
        r##"<path d="M64 118V40" stroke="#5a7a2b" stroke-width="6" stroke-linecap="round"/>
<path d="M64 8c12 6 10 16 18 18s16 4 14 14 8 10 6 20-12 8-14 18-14 6-24 16c-10-10-22-6-24-16s-12-8-14-18 8-10 6-20 6-12 14-14 6-12 18-18z" fill="#8cb84c"/>
<path d="M64 94V30M64 56l16-14M64 56L48 42M64 78l20-16M64 78L44 62" stroke="#5a7a2b" stroke-width="3.5" stroke-linecap="round" fill="none"/>"##,
    ),
    (
        "enamel-mug",
        r##"<path d="M86 52h12a16 16 0 0 1 0 40H86" fill="none" stroke="#2f5d8a" stroke-width="9"/><path d="M22 40h68v58a14 14 0 0 1-14 14H36a14 14 0 0 1-14-14z" fill="#3f7fbf"/>
<path d="M22 40h14v72a14 14 0 0 1-14-14z" fill="#6aa5dd"/><ellipse cx="56" cy="40" rx="34" ry="9" fill="#e8f1fa"/><ellipse cx="56" cy="41" rx="28" ry="6" fill="#5d3a23"/>
<path d="M44 24c-6-6 4-8 0-16M58 24c-6-6 4-8 0-16M72 24c-6-6 4-8 0-16" fill="none" stroke="#b7c3d0" stroke-width="4" stroke-linecap="round"/>"##,
    ),
    (
        "lighthouse",
        r##"<path d="M76 26l44-14v28L76 34zM52 26L8 12v28l44-6z" fill="#ffe28a" opacity=".7"/><path d="M50 44h28l8 68H42z" fill="#f5f0e8"/>
<path d="M48.5 58h31l1.9 16H46.6zM44.8 90h38.4l1.9 16H42.9z" fill="#d64545"/><path d="M48 38h32v8H48z" fill="#37474f"/><path d="M54 20h20v18H54z" fill="#ffd166"/><path d="M50 20l14-12 14 12z" fill="#b53030"/>
<path d="M30 112h68l8 8H22z" fill="#78909c"/><path d="M59 96h10v16H59z" fill="#4e342e"/>"##,
    ),
    (
        "river-trout",
        r##"<defs><linearGradient id="a" y2="1" x2="0"><stop stop-color="#4fb3a5"/><stop offset="1" stop-color="#f0c9a0"/></linearGradient></defs>
<path d="M90 64l30-24c-6 16-6 32 0 48z" fill="#3a8f83"/><path d="M8 66c18-30 62-36 90-2-28 34-72 30-90 2z" fill="url(#a)"/><path d="M46 42c8-12 22-12 30-4l-8 6zM50 90c4 10 14 12 22 8l-4-10z" fill="#3a8f83"/>
<circle cx="26" cy="60" r="5" fill="#fff"/><circle cx="26" cy="60" r="2.5" fill="#20302e"/><g fill="#c2563e"><circle cx="48" cy="60" r="3"/><circle cx="60" cy="54" r="3"/><circle cx="64" cy="66" r="3"/><circle cx="76" cy="60" r="3"/></g>
<path d="M38 52c5 8 5 18 0 26" fill="none" stroke="#2f7a70" stroke-width="3" stroke-linecap="round"/>"##,
    ),
    (
        "air-balloon",
        r##"<path d="M64 8a40 40 0 0 1 40 40c0 20-18 30-26 44H50C42 78 24 68 24 48A40 40 0 0 1 64 8z" fill="#ef5b5b"/><path d="M64 8c14 0 22 18 22 40 0 20-8 30-12 44H54c-4-14-12-24-12-44C42 26 50 8 64 8z" fill="#ffd166"/>
<path d="M64 8c6 0 10 18 10 40 0 20-3 30-5 44H59c-2-14-5-24-5-44 0-22 4-40 10-40z" fill="#ef5b5b"/><path d="M52 92l4 12M76 92l-4 12" stroke="#6b4f3a" stroke-width="2.5"/><path d="M54 104h20v10a6 6 0 0 1-6 6h-8a6 6 0 0 1-6-6z" fill="#9c6b3f"/>"##,
    ),
    (
        "desert-cactus",
        r##"<ellipse cx="64" cy="112" rx="50" ry="10" fill="#e8c48a"/><g fill="none" stroke="#3f9b5b" stroke-width="20" stroke-linecap="round" stroke-linejoin="round"><path d="M64 108V28"/></g>
<g fill="none" stroke="#3f9b5b" stroke-width="14" stroke-linecap="round" stroke-linejoin="round"><path d="M64 82H36V56M64 70h28V44"/></g>
<path d="M64 100V30M36 76V58M92 62V46" stroke="#2e7a45" stroke-width="3" stroke-linecap="round" stroke-dasharray="5 7"/><circle cx="64" cy="16" r="6" fill="#ff6f91"/><circle cx="92" cy="34" r="5" fill="#ff6f91"/>"##,
    ),
    (
        "red-mushroom",
        r##"<path d="M46 66h36c-4 18 2 30 6 46H40c4-16 10-28 6-46z" fill="#fbf1e3"/><path d="M46 66h36c-1 6-1 10 0 14-12 6-24 6-36 0 1-4 1-8 0-14z" fill="#e5d3bb"/>
<path d="M10 66C10 36 34 14 64 14s54 22 54 52c0 8-108 8-108 0z" fill="#d93b3b"/><g fill="#fff6ea"><circle cx="42" cy="42" r="9"/><circle cx="72" cy="32" r="7"/><circle cx="92" cy="52" r="8"/><ellipse cx="64" cy="58" rx="8" ry="6"/><ellipse cx="22" cy="60" rx="5" ry="6"/></g>
<path d="M24 114c14-8 66-8 80 0z" fill="#6a994e"/>"##,
    ),
    (
        "log-cabin",
        r##"<path d="M24 60h80v52H24z" fill="#a9714b"/><path d="M24 72h80M24 86h80M24 100h80" stroke="#7d4f31" stroke-width="3"/><path d="M64 18l52 44H12z" fill="#5c3b28"/><path d="M64 18l52 44h-14L64 30 26 62H12z" fill="#f4f7fb"/>
<path d="M86 22h12v20l-12-10z" fill="#8d8d92"/><path d="M54 80h20v32H54z" fill="#4a2c1a"/><circle cx="70" cy="97" r="2" fill="#ffd166"/><path d="M32 76h14v14H32zM82 76h14v14H82z" fill="#ffe08a" stroke="#4a2c1a" stroke-width="2.5"/>
<path d="M8 114h112" stroke="#dfe8f2" stroke-width="8" stroke-linecap="round"/>"##,
    ),
    (
        "ringed-planet",
        r##"<defs><radialGradient id="a" cx=".35" cy=".3" r=".8"><stop stop-color="#ffcf9e"/><stop offset="1" stop-color="#c2556b"/></radialGradient></defs>
<ellipse cx="64" cy="66" rx="58" ry="16" transform="rotate(-18 64 66)" fill="none" stroke="#7f8bd9" stroke-width="7"/><circle cx="64" cy="64" r="34" fill="url(#a)"/>
<path d="M32 54c20 8 46 8 63-4M31 70c18 12 48 14 65 2" fill="none" stroke="#fff" stroke-opacity=".35" stroke-width="5"/><path d="M9 84c18 6 74-8 110-36" fill="none" stroke="#9aa5f0" stroke-width="7" stroke-linecap="round"/>"##,
    ),
    (
        "paper-boat",
        r##"<path d="M64 18l30 46H64z" fill="#f7f9fc"/><path d="M64 18v46H34z" fill="#d5dde8"/><path d="M10 64h108L98 100H30z" fill="#eef2f7"/><path d="M10 64h54l-10 36H30z" fill="#c6d0de"/>
<path d="M6 100c10-8 18-8 28 0s18 8 28 0 18-8 28 0 18 8 32 0v12H6z" fill="#3d8bd4"/><path d="M6 108c10-6 18-6 28 0s18 6 28 0 18-6 28 0 18 6 32 0v12H6z" fill="#2b6cb0"/>"##,
    ),
    (
        "spring-rain",
        r##"<defs><linearGradient id="a" x2="0" y2="1"><stop stop-color="#dfe9f5"/><stop offset="1" stop-color="#9fb6cf"/></linearGradient></defs><path d="M36 82a24 24 0 0 1 0-48 32 32 0 0 1 60-4 26 26 0 0 1-4 52z" fill="url(#a)"/>
<g fill="#4f9be8"><path d="M38 92c5 8 7 11 7 15a7 7 0 0 1-14 0c0-4 2-7 7-15zM64 98c5 8 7 11 7 15a7 7 0 0 1-14 0c0-4 2-7 7-15zM90 92c5 8 7 11 7 15a7 7 0 0 1-14 0c0-4 2-7 7-15z"/></g>"##,
    ),
];
