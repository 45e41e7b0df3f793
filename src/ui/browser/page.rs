//! The detail, drawn: what it is, the way that it came, why it failed, and a page.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::detail::Detail;
use super::layout::{Layout, WHY_NAMES};
use super::look::Look;
use super::sheet::Sheet;
use super::text::{cut, fit};
use super::tree::{Shown, Tree};
use super::whole::{Page, Tab, Whole};

/// The whole detail.
pub fn draw(frame: &mut Frame<'_>, layout: &Layout, detail: &Detail, look: Look) {
    let Some(whole) = &detail.whole else {
        return frame.render_widget(Line::styled("reading …", look.faint()), layout.head);
    };
    head(frame, layout.head, whole, look);
    hops(frame, layout.hops, whole, look);
    why(frame, layout.why, whole, look);
    tabs(frame, layout.tabs, detail, look);
    match detail.page() {
        Some(Page::Tree(tree)) => self::tree(frame, layout.page, tree, look),
        Some(Page::Sheet(sheet)) => self::sheet(frame, layout.page, sheet, detail.tab, look),
        None => {}
    }
}

fn head(frame: &mut Frame<'_>, area: Rect, whole: &Whole, look: Look) {
    let delivery = &whole.delivery;
    let event = delivery.event.clone().unwrap_or_else(|| delivery.request.method.clone());
    let event = super::text::Plain::of(&event);
    let spans = vec![
        Span::styled(whole.time.clone(), look.faint()),
        Span::raw("  "),
        Span::styled(event.as_str().to_owned(), look.strong()),
        Span::raw("  "),
        Span::raw(whole.about.as_str().to_owned()),
    ];
    frame.render_widget(shortened(spans, area.width.into()), area);
}

fn hops(frame: &mut Frame<'_>, area: Rect, whole: &Whole, look: Look) {
    let mut spans = Vec::new();
    for hop in whole.hops() {
        if !spans.is_empty() {
            spans.push(Span::styled(" ─ ", look.faint()));
        }
        let (mark, style) = match hop.held {
            Some(true) => ("✓", look.good()),
            Some(false) => ("✗", look.bad()),
            None => ("–", look.faint()),
        };
        spans.push(Span::styled(format!("{} {mark}", hop.name), style));
        if !hop.detail.as_str().is_empty() {
            spans.push(Span::styled(format!(" {}", hop.detail.as_str()), style));
        }
    }
    frame.render_widget(shortened(spans, area.width.into()), area);
}

fn why(frame: &mut Frame<'_>, area: Rect, whole: &Whole, look: Look) {
    let room = usize::from(area.width).saturating_sub(WHY_NAMES);
    let mut before = None;
    for (row, (is_fix, text)) in area.rows().zip(whole.reasons(room, area.height.into())) {
        let (name, style) = if is_fix { ("fix", look.odd()) } else { ("why", look.bad()) };
        let name = if before.replace(is_fix) == Some(is_fix) { "" } else { name };
        let spans = vec![Span::styled(fit(name, WHY_NAMES), look.faint()), Span::styled(text, style)];
        frame.render_widget(Line::from(spans), row);
    }
}

fn tabs(frame: &mut Frame<'_>, area: Rect, detail: &Detail, look: Look) {
    let mut spans = Vec::new();
    let narrow = area.width < 60;
    for tab in Tab::ALL {
        let here = tab == detail.tab;
        let word = match tab.word() {
            word if narrow && !here => word.chars().take(4).collect(),
            word => word.to_owned(),
        };
        let style = if here { look.marked() } else { look.faint() };
        spans.push(Span::styled(if here { format!("[{word}]") } else { format!(" {word} ") }, style));
    }
    let place = match detail.page() {
        Some(Page::Tree(tree)) => tree.place(),
        Some(Page::Sheet(sheet)) => sheet.place(),
        None => None,
    };
    frame.render_widget(shortened(spans, area.width.into()), area);
    if let Some((last, all)) = place {
        frame.render_widget(Line::styled(format!(" {last}/{all} "), look.faint()).right_aligned(), area);
    }
}

fn tree(frame: &mut Frame<'_>, area: Rect, tree: &Tree, look: Look) {
    for (row, shown) in area.rows().zip(tree.shown()) {
        frame.render_widget(branch(&shown, usize::from(area.width), look), row);
    }
}

/// A line of the tree: `▸ "data": { … 12 lines }`.
fn branch(shown: &Shown<'_>, width: usize, look: Look) -> Line<'static> {
    let fold = match (shown.opens, shown.hides) {
        (true, Some(_)) => "▸ ",
        (true, None) => "▾ ",
        (false, _) => "  ",
    };
    let indent = format!("{fold}{}", "  ".repeat(shown.depth));
    let rest = match shown.hides {
        Some(lines) => {
            let close = if shown.text.as_str().ends_with('{') { '}' } else { ']' };
            format!(" … {lines} {} {close}", if lines == 1 { "line" } else { "lines" })
        }
        None => String::new(),
    };
    let text = cut(&format!("{}{rest}", shown.text.as_str()), width.saturating_sub(2 + 2 * shown.depth));
    let over = if shown.marked || shown.found { look.marked() } else { Style::new() };
    let mut spans = vec![Span::styled(indent, look.faint())];
    spans.extend(tokens(&text, look).into_iter().map(|(piece, style)| Span::styled(piece, style.patch(over))));
    Line::from(spans)
}

/// A line of JSON in its parts: the name, and what it is.
fn tokens(text: &str, look: Look) -> Vec<(String, Style)> {
    let named =
        text.starts_with('"').then(|| crate::payload::string_end(text)).filter(|end| text[*end..].starts_with(':'));
    let (name, value) = text.split_at(named.unwrap_or(0));
    let value_style = match value.trim_start_matches([':', ' ']).chars().next() {
        Some('"') => look.good(),
        Some('t' | 'f' | '-' | '0'..='9') => look.odd(),
        Some('n') => look.faint(),
        _ => Style::new(),
    };
    vec![(name.to_owned(), look.name()), (value.to_owned(), value_style)]
}

/// A page of lines.
pub fn sheet(frame: &mut Frame<'_>, area: Rect, sheet: &Sheet, tab: Tab, look: Look) {
    for (row, (text, found)) in area.rows().zip(sheet.shown()) {
        let style = match (found, tab) {
            (true, _) => look.marked(),
            (false, Tab::Difference) if text.starts_with('-') => look.bad(),
            (false, Tab::Difference) if text.starts_with('+') => look.good(),
            _ => Style::new(),
        };
        frame.render_widget(Line::styled(text.to_owned(), style), row);
    }
}

/// As many of the parts as fit, the last of them cut.
pub fn shortened(spans: Vec<Span<'static>>, width: usize) -> Line<'static> {
    let (mut kept, mut left) = (Vec::new(), width);
    for span in spans {
        let needed = span.width();
        if needed > left {
            kept.push(Span::styled(fit(&span.content, left), span.style));
            break;
        }
        left -= needed;
        kept.push(span);
    }
    Line::from(kept)
}
