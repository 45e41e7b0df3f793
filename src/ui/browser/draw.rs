//! The whole screen, drawn from the state and nothing else.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use super::super::text::grouped;
use super::entry::Entry;
use super::keymap::{Place, of};
use super::layout::Layout;
use super::look::Look;
use super::page::{self, shortened};
use super::rows;
use super::sheet::Sheet;
use super::state::{Message, Over, State};
use super::text::{Plain, cut};
use super::whole::Tab;

/// Lines that a message may take.
const MESSAGE: usize = 4;

/// Draws the screen.
pub fn draw(frame: &mut Frame<'_>, state: &State, look: Look) {
    let layout = Layout::of(state);
    match &state.detail {
        Some(detail) => page::draw(frame, &layout, detail, look),
        None => list(frame, &layout, state, look),
    }
    match &state.over {
        Some(Over::Entry(entry)) => return self::entry(frame, layout.foot, entry, look),
        Some(Over::Help(sheet)) => return over(frame, &layout, "Keys", "esc back", sheet, look),
        Some(Over::Text { title, sheet }) => return over(frame, &layout, title.as_str(), "esc back", sheet, look),
        Some(Over::Send { sheet, .. }) => {
            over(frame, &layout, "This is changed:", "⏎ sign and send  esc leave it", sheet, look);
        }
        None => keys(frame, layout.foot, state.place(), look),
    }
    if let Some(message) = &state.message {
        self::message(frame, layout.foot, message, look);
    }
}

fn list(frame: &mut Frame<'_>, layout: &Layout, state: &State, look: Look) {
    head(frame, layout.head, state, look);
    counts(frame, layout.counts, state, look);
    if layout.names.height > 0 {
        rows::names(frame, layout.names, look);
    }
    if state.list.counts.listed == 0 {
        let text = match (state.list.counts.kept, &state.list.narrowing.words()) {
            (0, _) => "nothing is kept yet: `clerkhook up` keeps what passes",
            (_, Some(_)) => "nothing is admitted; esc shows all again",
            (_, None) => "nothing of what is kept is admitted",
        };
        let area = Rect { height: layout.list.height.min(1), ..layout.list };
        return frame.render_widget(Line::styled(cut(text, area.width.into()), look.faint()), area);
    }
    rows::draw(frame, layout.list, &state.list, look);
}

/// What runs, and what guards it.
fn head(frame: &mut Frame<'_>, area: Rect, state: &State, look: Look) {
    let mut spans = vec![Span::styled("clerkhook", look.strong()), Span::raw("  ")];
    match &state.running {
        None => spans.push(Span::styled("○ nothing runs", look.faint())),
        Some(running) => {
            let (mark, style) = if running.ready { ("● ready", look.good()) } else { ("◌ not ready", look.odd()) };
            spans.push(Span::styled(mark, style));
            spans.push(Span::raw("  "));
            let address = format!("{} → {}", running.url.as_str(), running.upstream.as_str());
            spans.push(Span::raw(address));
            let guarded = running.secured.as_ref().map(|by| format!("  verified by {}", by.as_str()));
            spans.push(Span::styled(guarded.unwrap_or_default(), look.good()));
        }
    }
    frame.render_widget(shortened(spans, area.width.into()), area);
}

/// `2,006 events · 3 failed · filter user.*`
fn counts(frame: &mut Frame<'_>, area: Rect, state: &State, look: Look) {
    let list = &state.list;
    let counts = list.counts;
    let events = |count: usize| if count == 1 { "event" } else { "events" };
    let mut text = format!("{} {}", grouped(counts.listed), events(counts.listed));
    if counts.listed != counts.kept {
        text = format!("{} of {} {}", grouped(counts.listed), grouped(counts.kept), events(counts.kept));
    }
    let failed = (counts.failed > 0).then(|| format!(" · {} failed", grouped(counts.failed)));
    let narrowed = list.narrowing.words().map(|words| format!(" · {}", words.as_str()));
    let spans = vec![
        Span::raw(text),
        Span::styled(failed.unwrap_or_default(), look.bad()),
        Span::styled(narrowed.unwrap_or_default(), look.name()),
    ];
    frame.render_widget(shortened(spans, area.width.into()), area);
    let waiting = match (list.following, list.fresh) {
        (true, _) | (false, 0) => return,
        (false, fresh) => format!(" {} new, G shows ", grouped(fresh)),
    };
    let width = u16::try_from(waiting.len()).unwrap_or(u16::MAX).min(area.width);
    let right = Rect { x: area.right() - width, width, ..area };
    frame.render_widget(Clear, right);
    frame.render_widget(Line::styled(waiting, look.marked()), right);
}

/// As many keys as have room.
fn keys(frame: &mut Frame<'_>, area: Rect, place: Place, look: Look) {
    let mut spans = Vec::new();
    let mut left = usize::from(area.width);
    let brief = of(place).filter_map(|binding| Some((binding.shown.split(' ').next()?, binding.brief?)));
    for (key, word) in brief {
        let spans_of = [Span::styled(key, look.name()), Span::raw(format!(" {word}  "))];
        let width = spans_of.iter().map(Span::width).sum::<usize>() - 2;
        if width > left {
            break;
        }
        left = left.saturating_sub(width + 2);
        spans.extend(spans_of);
    }
    frame.render_widget(Line::from(spans), area);
}

/// What came of something, in as few lines as it takes, over the keys.
fn message(frame: &mut Frame<'_>, foot: Rect, message: &Message, look: Look) {
    let (mark, style) = match message.well {
        Some(true) => ("✓", look.good()),
        Some(false) => ("✗", look.bad()),
        None => ("·", look.faint()),
    };
    bottom(frame, foot, &Plain::of(&format!("{mark} {}", message.line.as_str())), style);
}

fn bottom(frame: &mut Frame<'_>, foot: Rect, text: &Plain, style: ratatui::style::Style) {
    let pieces = text.wrap(foot.width.into());
    let shown = pieces.len().min(MESSAGE).min(usize::from(foot.y) + 1);
    let height = u16::try_from(shown).unwrap_or(1);
    let area = Rect { y: foot.y + 1 - height, height, ..foot };
    frame.render_widget(Clear, Rect { x: 0, width: area.right(), ..area });
    for (at, (row, piece)) in area.rows().zip(&pieces).enumerate() {
        let more = at + 1 == shown && pieces.len() > shown;
        let piece = if more { cut(&format!("{} …", piece.trim_end()), foot.width.into()) } else { piece.clone() };
        frame.render_widget(Line::styled(piece, style), row);
    }
}

/// A line that is typed, with the terminal's cursor in it.
fn entry(frame: &mut Frame<'_>, foot: Rect, entry: &Entry, look: Look) {
    if let Some(fault) = entry.fault.as_ref().filter(|_| foot.y > 0) {
        bottom(frame, Rect { y: foot.y - 1, ..foot }, &Plain::of(&format!("✗ {fault}")), look.bad());
    }
    frame.render_widget(Clear, foot);
    let before = format!("{}: ", entry.purpose.words());
    let room = usize::from(foot.width).saturating_sub(before.len() + 1);
    let (text, at) = entry.view(room);
    let at = u16::try_from(before.len() + at).unwrap_or(foot.width).min(foot.width.saturating_sub(1));
    let spans = vec![Span::styled(before, look.name()), Span::raw(cut(&text, room))];
    frame.render_widget(Line::from(spans), foot);
    frame.set_cursor_position((foot.x + at, foot.y));
}

/// What lies over all: a title, a page, the keys that count.
fn over(frame: &mut Frame<'_>, layout: &Layout, title: &str, keys: &str, sheet: &Sheet, look: Look) {
    frame.render_widget(Clear, frame.area());
    frame.render_widget(Line::styled(cut(title, layout.head.width.into()), look.strong()), layout.head);
    page::sheet(frame, layout.over, sheet, Tab::Raw, look);
    let place = sheet.place().map(|(last, all)| format!("  {last}/{all}")).unwrap_or_default();
    let line = cut(&format!("{keys}  ↑↓ scroll{place}"), layout.foot.width.into());
    frame.render_widget(Line::styled(line, look.faint()), layout.foot);
}
