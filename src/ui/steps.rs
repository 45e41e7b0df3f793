//! The lines of the steps: spinners on a terminal, end lines elsewhere, always in the order of the hops.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::paint::step_mark;
use super::painted::{Painted, painted};
use crate::report::{Status, Step};
use crate::secret::mask_text;

/// Columns before a step's text.
pub const INDENT: usize = 14;

/// The spinners, which draw themselves.
#[derive(Clone, Debug)]
pub struct Bars {
    bars: MultiProgress,
    live: bool,
}

impl Bars {
    /// `live` is for terminals.
    pub fn new(live: bool) -> Self {
        let target = if live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bars: MultiProgress::with_draw_target(target), live }
    }

    /// Takes them off the screen.
    pub fn hide(&self) {
        let _ = self.bars.clear();
        self.bars.set_draw_target(ProgressDrawTarget::hidden());
    }

    /// Brings them back.
    pub fn show(&self) {
        if self.live {
            self.bars.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Runs `print` with them out of the way.
    pub fn suspend(&self, print: impl FnOnce()) {
        if self.live { self.bars.suspend(print) } else { print() }
    }

    fn begin(&self, place: usize, step: Step, detail: &str) -> Option<ProgressBar> {
        self.live.then(|| {
            let style = ProgressStyle::with_template("  {spinner} {prefix:<9} {wide_msg}");
            let style = style.expect("a constant template parses").tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ");
            let bar = self.bars.insert(place, ProgressBar::new_spinner().with_style(style));
            bar.set_prefix(step.word());
            bar.set_message(spoken(detail));
            bar.enable_steady_tick(Duration::from_millis(80));
            bar
        })
    }
}

/// The steps that are shown now.
#[derive(Debug)]
pub struct Steps {
    lines: Vec<Line>,
    bars: Bars,
}

#[derive(Debug)]
struct Line {
    step: Step,
    bar: Option<ProgressBar>,
    end: Option<Painted>,
}

impl Steps {
    /// Draws on `bars`.
    pub fn new(bars: Bars) -> Self {
        Self { lines: Vec::new(), bars }
    }

    /// Takes a step's event and gives the end lines that may be printed now.
    pub fn take(&mut self, step: Step, status: Status, detail: &str, width: Option<usize>) -> Vec<Painted> {
        if status == Status::Start {
            self.begin(step, detail);
            return Vec::new();
        }
        let text = Painted::text(detail).hang(INDENT, width);
        let end = painted!("  {} {:<9} {}", step_mark(status), step.word(), text);
        match self.lines.iter_mut().find(|line| line.step == step) {
            Some(line) => line.end = Some(end),
            None => self.lines.insert(self.place(step), Line { step, bar: None, end: Some(end) }),
        }
        self.finished()
    }

    /// Gives every end line that still waits for an earlier step, and clears the spinners.
    pub fn flush(&mut self) -> Vec<Painted> {
        let lines = std::mem::take(&mut self.lines);
        lines
            .into_iter()
            .filter_map(|line| {
                if let Some(bar) = line.bar {
                    bar.finish_and_clear();
                }
                line.end
            })
            .collect()
    }

    fn begin(&mut self, step: Step, detail: &str) {
        if let Some(line) = self.lines.iter().find(|line| line.step == step) {
            if let Some(bar) = &line.bar {
                bar.set_message(spoken(detail));
            }
            return;
        }
        let place = self.place(step);
        let bar = self.bars.begin(place, step, detail);
        self.lines.insert(place, Line { step, bar, end: None });
    }

    /// Where a step's line belongs: the lines stand in the order of the hops.
    fn place(&self, step: Step) -> usize {
        self.lines.iter().take_while(|line| line.step < step).count()
    }

    /// Removes and gives the lines at the front that have ended.
    fn finished(&mut self) -> Vec<Painted> {
        let count = self.lines.iter().take_while(|line| line.end.is_some()).count();
        let ended = self.lines.drain(..count);
        ended
            .filter_map(|line| {
                if let Some(bar) = line.bar {
                    bar.finish_and_clear();
                }
                line.end
            })
            .collect()
    }
}

/// A spinner draws itself, so its text does not pass through the stream.
fn spoken(detail: &str) -> String {
    mask_text(Painted::text(detail).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_printed_in_the_order_of_the_hops() {
        let mut steps = Steps::new(Bars::new(false));
        steps.take(Step::Tunnel, Status::Start, "", None);
        steps.take(Step::App, Status::Start, "", None);
        assert!(steps.take(Step::Tunnel, Status::Ok, "up", None).is_empty());
        let both = steps.take(Step::App, Status::Ok, "answers", None);
        let plain: Vec<_> = both.iter().map(Painted::plain).collect();
        assert_eq!(plain, ["  ✓ app       answers", "  ✓ tunnel    up"]);
    }

    #[test]
    fn a_failure_does_not_swallow_what_waits() {
        let mut steps = Steps::new(Bars::new(false));
        steps.take(Step::App, Status::Start, "", None);
        assert!(steps.take(Step::Tunnel, Status::Fail, "no", None).is_empty());
        assert_eq!(steps.flush().len(), 1);
    }
}
