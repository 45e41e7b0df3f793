//! The list, drawn: a line for each delivery, and under the one on which one stands why it failed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::list::{List, Row};
use super::look::Look;
use super::text::{cut, fit};
use crate::delivery::{Origin, Signature};

/// The columns and their widths.
#[derive(Clone, Copy, Debug)]
struct Columns {
    time: usize,
    event: usize,
    status: usize,
    /// `✓`, from wide terminals on `✓ valid`.
    signature: usize,
    about: usize,
}

/// Columns of the mark before a line.
const MARK: usize = 2;

impl Columns {
    fn of(width: u16) -> Self {
        let (time, event, status, signature) = match width {
            0..60 => (5, 13, 3, 1),
            60..100 => (8, 20, 9, 3),
            _ => (8, 32, 10, 11),
        };
        let taken = MARK + time + event + status + signature + 4;
        Self { time, event, status, signature, about: usize::from(width).saturating_sub(taken) }
    }

    /// Where the event begins.
    fn indent(self) -> usize {
        MARK + self.time + 1
    }
}

/// The names of the columns.
pub fn names(frame: &mut Frame<'_>, area: Rect, look: Look) {
    let columns = Columns::of(area.width);
    let line = format!(
        "{}{} {} {} {} about",
        " ".repeat(MARK),
        fit("time", columns.time),
        fit("event", columns.event),
        fit("app", columns.status),
        fit(if columns.signature > 1 { "sig" } else { " " }, columns.signature),
    );
    frame.render_widget(Line::styled(cut(&line, area.width.into()), look.faint()), area);
}

/// The lines.
pub fn draw(frame: &mut Frame<'_>, area: Rect, list: &List, look: Look) {
    let columns = Columns::of(area.width);
    let mut rest = area;
    let mut put = |line: Line<'static>| {
        if rest.height > 0 {
            frame.render_widget(line, Rect { height: 1, ..rest });
            (rest.y, rest.height) = (rest.y + 1, rest.height - 1);
        }
    };
    for (place, row) in list.rows() {
        let selected = place == list.selected;
        put(line(row, columns, selected, look));
        if selected {
            reason(row, columns, area.width.into(), list.below(), look).into_iter().for_each(&mut put);
        }
    }
}

fn line(row: &Row, columns: Columns, selected: bool, look: Look) -> Line<'static> {
    let strong = if selected { look.strong() } else { ratatui::style::Style::new() };
    let mark = if selected { "▸ " } else { "  " };
    let time: String = if columns.time < 8 { row.time.chars().take(5).collect() } else { row.time.clone() };
    let event = match (row.nested, row.origin) {
        (true, _) => format!("↳ {}", row.event.as_str()),
        (false, Origin::Replay) => format!("↻ {}", row.event.as_str()),
        _ => row.event.as_str().to_owned(),
    };
    let spans = vec![
        Span::styled(mark, strong),
        Span::styled(fit(&time, columns.time), look.faint()),
        Span::raw(" "),
        Span::styled(fit(&event, columns.event), strong),
        Span::raw(" "),
        Span::styled(fit(&answer(row, columns.status), columns.status), look.status(row.status)),
        Span::raw(" "),
        Span::styled(fit(&signature(row, columns.signature), columns.signature), look.signature(row.signature)),
        Span::raw(" "),
        Span::styled(cut(row.about.as_str(), columns.about), strong),
    ];
    Line::from(spans)
}

/// `400 12 ms`, as far as there is room.
fn answer(row: &Row, columns: usize) -> String {
    let status = row.status.map_or_else(|| " … ".to_owned(), |status| format!("{status:>3}"));
    let gap = if columns > 9 { " " } else { "" };
    match row.ms.filter(|_| columns > 3) {
        Some(ms) if ms < 1000 => format!("{status} {ms}{gap}ms"),
        Some(ms) if ms < 10_000 => format!("{status} {}.{}{gap}s", ms / 1000, ms % 1000 / 100),
        Some(ms) => format!("{status} {}{gap}s", ms / 1000),
        None => status,
    }
}

fn signature(row: &Row, columns: usize) -> String {
    let mark = match row.signature {
        Signature::Valid => "✓",
        Signature::Invalid => "✗",
        Signature::Unchecked => "–",
    };
    if columns > 8 { format!("{mark} {}", row.signature.word()) } else { mark.to_owned() }
}

/// Why it failed and what to do: on two lines, or on one where there is no room for more.
fn reason(row: &Row, columns: Columns, width: usize, lines: usize, look: Look) -> Vec<Line<'static>> {
    let Some((found, fix)) = row.why.as_ref().filter(|_| lines > 0) else { return Vec::new() };
    let indent = if width < 60 { MARK } else { columns.indent() };
    let room = width.saturating_sub(indent);
    let whole = format!("{} → {}", found.as_str(), fix.as_str());
    let pieces = super::text::Plain::of(&whole).wrap(room);
    let mut shown: Vec<String> = pieces.iter().take(lines).cloned().collect();
    if let Some(last) = shown.last_mut().filter(|_| pieces.len() > lines) {
        *last = cut(&format!("{} …", last.trim_end()), room);
    }
    let styled = |text: String| Line::from(vec![Span::raw(" ".repeat(indent)), Span::styled(text, look.odd())]);
    shown.into_iter().map(styled).collect()
}
