//! Progress of a run on a terminal.

use std::io::{PipeReader, Write as _};
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::EXIT_INTERRUPTED;
use super::signals::{Event, Signals};
use super::work::Run;

/// Interval between two updates.
const TICK: Duration = Duration::from_millis(250);
const WITHOUT_TOTAL: &str = "{human_pos}  {per_sec}{msg}";
const WITH_TOTAL: &str = "{human_pos} of {human_len} ({percent_precise} %)  {per_sec}  {eta} left{msg}";

/// Shows the progress until nobody has the other end of `running` any more. The first signal stops the run, the second the process.
pub fn watch(run: &Run, signals: &Signals, running: &PipeReader) {
    // Hidden when the standard error is no terminal.
    let bar = ProgressBar::no_length().with_style(style(WITHOUT_TOTAL));
    loop {
        match signals.wait(running, TICK) {
            Event::Tick => update(&bar, run),
            Event::Ended => break,
            Event::Signal => {
                if !run.goes_on() {
                    std::process::exit(EXIT_INTERRUPTED.into());
                }
                run.stop.store(true, Ordering::Relaxed);
                // Nobody may be reading.
                bar.suspend(|| drop(writeln!(std::io::stderr(), "stopping: what is drawn is kept")));
            }
        }
    }
    bar.finish_and_clear();
}

fn update(bar: &ProgressBar, run: &Run) {
    let [drawn, failed, kept, total] = {
        let counters = &run.counters;
        [&counters.drawn, &counters.failed, &counters.kept, &counters.total].map(|count| count.load(Ordering::Relaxed))
    };
    // Files that an earlier run has drawn are neither work done nor work left.
    let (done, all) = (drawn + failed, total.saturating_sub(kept));
    if all >= done && all > 0 && bar.length() != Some(all) {
        bar.set_style(style(WITH_TOTAL));
        bar.set_length(all);
    }
    let part = |count: u64, word: &str| {
        if count > 0 {
            format!("  {count} {word}")
        } else {
            String::new()
        }
    };
    bar.set_message(part(kept, "kept") + &part(failed, "failed"));
    bar.set_position(done);
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is well-formed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_well_formed() {
        style(WITHOUT_TOTAL);
        style(WITH_TOTAL);
    }
}
