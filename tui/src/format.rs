//! Numbers, sizes and times as people read them.

use std::time::Duration;

use time::OffsetDateTime;

/// A time span, roughly: `12s`, `4m`, `3h05m`, `9d`.
pub fn span(seconds: f64) -> String {
    let s = seconds.max(0.0) as u64;
    match s {
        0..60 => format!("{s}s"),
        60..3600 => format!("{}m", s / 60),
        3600..172_800 => format!("{}h{:02}m", s / 3600, s % 3600 / 60),
        _ => format!("{}d", s / 86_400),
    }
}

/// A time span, exactly enough to compare stages: `0.42s`, `12.3s`, `4m05s`, `3h05m`.
pub fn took(seconds: f64) -> String {
    let s = seconds.max(0.0);
    if s < 10.0 {
        format!("{s:.2}s")
    } else if s < 60.0 {
        format!("{s:.1}s")
    } else if s < 3600.0 {
        format!("{}m{:02}s", s as u64 / 60, s as u64 % 60)
    } else {
        span(s)
    }
}

/// The rest of a countdown: `9:41`.
pub fn countdown(left: Duration) -> String {
    // Rounded up, so that a countdown of ten minutes starts at 10:00.
    let s = left.as_millis().div_ceil(1000);
    format!("{}:{:02}", s / 60, s % 60)
}

/// The time from `then` to `now`: `12s`.
pub fn ago(then: OffsetDateTime, now: OffsetDateTime) -> String {
    span((now - then).as_seconds_f64())
}

/// `512 B`, `12.3 KiB`, `1.0 GiB`.
pub fn bytes(size: i64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = size.max(0) as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{size} B")
    } else if value < 100.0 {
        format!("{value:.1} {}", UNITS[unit])
    } else {
        format!("{value:.0} {}", UNITS[unit])
    }
}

/// `1,234,567`.
pub fn count(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        out.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Milliseconds in at most six characters, `-` when nothing was measured.
pub fn millis(ms: f64, measured: u64) -> String {
    if measured == 0 {
        return "-".to_owned();
    }
    match ms {
        ms if ms < 10.0 => format!("{ms:.2}"),
        ms if ms < 100.0 => format!("{ms:.1}"),
        ms if ms < 100_000.0 => format!("{ms:.0}"),
        ms => format!("{:.0}s", ms / 1000.0),
    }
}

/// Events a second: `0`, `0.2`, `12.4`, `850`.
pub fn rate(per_second: f64) -> String {
    if per_second <= 0.0 {
        "0".to_owned()
    } else if per_second < 0.05 {
        "<0.1".to_owned()
    } else if per_second < 100.0 {
        format!("{per_second:.1}")
    } else {
        format!("{per_second:.0}")
    }
}

/// `11-22 05:29:10`, in UTC.
pub fn stamp(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    format!(
        "{:02}-{:02} {:02}:{:02}:{:02}",
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// `2026-11-22`, in UTC.
pub fn date(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC).date().to_string()
}

/// `2026-11-22 05:29`, in UTC.
pub fn minute(at: OffsetDateTime) -> String {
    let utc = at.to_offset(time::UtcOffset::UTC);
    format!("{} {:02}:{:02}", utc.date(), utc.hour(), utc.minute())
}

/// A percentage as a bar of so many cells.
pub fn bar(percent: i64, cells: usize) -> String {
    let full = (percent.clamp(0, 100) as usize * cells) / 100;
    format!("{}{}", "█".repeat(full), "░".repeat(cells - full))
}

/// The end of an id: what comes first is the time and alike in neighbours.
pub fn short_id(id: &str) -> String {
    let end: Vec<char> = id.chars().rev().take(7).collect();
    format!("…{}", end.iter().rev().collect::<String>())
}

/// `1 file`, `2 files`.
pub fn plural(n: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// Bars of a chart of one line.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Numbers as bars of eight heights; the highest fills its cell, zero is a space.
pub fn chart(history: &[u32]) -> String {
    tall_chart(history, 1).concat()
}

/// A chart of several lines of text.
pub fn tall_chart(history: &[u32], lines: usize) -> Vec<String> {
    let highest = u64::from(history.iter().copied().max().unwrap_or(0)).max(1);
    let eighths = |n: u32| (u64::from(n) * 8 * lines as u64).div_ceil(highest) as usize;
    let bar = |n: u32, below: usize| match eighths(n).saturating_sub(below * 8) {
        0 => ' ',
        eighths => BARS[eighths.min(8) - 1],
    };
    let line = |below| history.iter().map(|&n| bar(n, below)).collect();
    (0..lines).rev().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(0), "0");
        assert_eq!(count(-1234), "-1,234");
        assert_eq!(count(36_090), "36,090");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(12_600), "12.3 KiB");
        assert_eq!(bytes(512 << 20), "512 MiB");
        assert_eq!(plural(1, "file", "files"), "1 file");
    }

    #[test]
    fn times_read_well() {
        assert_eq!(span(59.9), "59s");
        assert_eq!(span(3725.0), "1h02m");
        assert_eq!(span(200_000.0), "2d");
        assert_eq!(took(0.421), "0.42s");
        assert_eq!(took(245.0), "4m05s");
        assert_eq!(countdown(Duration::from_secs(600)), "10:00");
        assert_eq!(millis(0.0, 0), "-");
        assert_eq!(millis(3.456, 9), "3.46");
        assert_eq!(rate(0.01), "<0.1");
    }

    #[test]
    fn chart_shows_zero_as_nothing_and_the_highest_in_full() {
        assert_eq!(chart(&[0, 1, 4, 8]), " ▁▄█");
        assert_eq!(chart(&[0, 0]), "  ");
    }
}
