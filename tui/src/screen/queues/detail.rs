//! One queue in words, and what went in and out in the last minute.

use ratatui::layout::Rect;
use ratatui::widgets::{Sparkline, Widget};
use tradepost_common::queues::QueueRow;

use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::theme::Tone;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, queue: &QueueRow) {
    if area.height < 4 {
        return;
    }
    let (head, rest) = split_top(area, 1);
    let backend = queue.backend;
    canvas.heading(
        head,
        &format!("{} ({backend}): the last 60 s, second by second", queue.name),
    );
    let words = in_words(queue);
    let tone = if queue.paused { Tone::Warn } else { Tone::Plain };
    let used = canvas.paragraph(Rect { height: 3, ..rest }, &words, tone);
    let (_, rest) = split_top(rest, used);
    let (graphs, _) = split_top(rest, 16);
    let (above, below) = split_top(graphs, graphs.height / 2);
    draw_graph(canvas, above, "in", &queue.sent_history, Tone::Accent);
    draw_graph(canvas, below, "out", &queue.done_history, Tone::Good);
}

fn draw_graph(canvas: &mut Canvas<'_>, area: Rect, name: &str, history: &[u32], tone: Tone) {
    if area.height == 0 {
        return;
    }
    let highest = history.iter().copied().max().unwrap_or(0);
    let words = format!("{name:<3} {:>4}", format::count(highest.into()));
    canvas.put(area.x, area.y, 8, &words, Tone::Dim);
    if area.height > 1 {
        canvas.put(area.x, area.bottom() - 1, 8, &format!("{:>8}", 0), Tone::Dim);
    }
    let bars = Rect {
        x: area.x + 9,
        width: area.width.saturating_sub(9),
        ..area
    };
    Sparkline::default()
        .data(stretch(history, bars.width))
        .style(canvas.theme.style(tone))
        .render(bars, canvas.buffer);
}

/// Each second as wide as the room allows, so that the last minute fills it.
fn stretch(history: &[u32], cells: u16) -> Vec<u64> {
    let each = (usize::from(cells) / history.len().max(1)).max(1);
    let skip = (history.len() * each).saturating_sub(usize::from(cells)) / each;
    history
        .iter()
        .skip(skip)
        .flat_map(|&n| std::iter::repeat_n(u64::from(n), each))
        .collect()
}

/// The meaning of the numbers, in a sentence.
fn in_words(queue: &QueueRow) -> String {
    let waiting = queue.depth + queue.delayed;
    let mut words = format!(
        "{} of {} handlers busy, {} waiting",
        queue.working,
        queue.concurrency,
        format::count(waiting)
    );
    if queue.paused {
        let by = queue.paused_by.as_deref().unwrap_or("somebody");
        words = format!("PAUSED by {by}; {words}; P resumes");
    } else if waiting > 0 && queue.done_per_second > 0.0 {
        let left = waiting as f64 / queue.done_per_second;
        words.push_str(&format!("; at this rate empty in {}", format::span(left)));
    } else if waiting > 0 {
        words.push_str("; nothing was done in the last 10 s");
    }
    words.push_str(&format!(
        "; {}",
        format::plural(queue.workers.into(), "worker", "workers")
    ));
    if let Some(by) = &queue.concurrency_by {
        words.push_str(&format!("; {by} set {} handlers", queue.concurrency));
    }
    if queue.dead > 0 {
        words.push_str(&format!(
            "; {}",
            format::plural(queue.dead, "dead letter", "dead letters")
        ));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chart_fills_the_room() {
        assert_eq!(stretch(&[1; 60], 150).len(), 120);
        assert_eq!(stretch(&[1; 60], 40).len(), 40);
    }
}
