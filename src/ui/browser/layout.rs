//! Where everything stands, from 40×10 on.
//!
//! ```text
//!  clerkhook  ready  https://owl… → localhost:3000      HEAD         15:16:03  user.created  400 12 ms  HEAD
//!  2,006 events · 3 failed · filter user.*              COUNTS       Clerk ✓ ─ ngrok ✓ ─ app ✗ 400      HOPS
//!      time      event            app     sig  about    NAMES        why → what to do                   WHY
//!      15:16:02  user.updated     200 6 ms ✓   mira@…   list         Body  Raw  Headers  Answer         TABS
//!  ▸   15:16:03  user.created     400 12 ms ✓  ada@…                  {                                  page
//!                why → what to do                                       "data": {
//!  ↑↓ move  ⏎ open  r replay  …                         FOOT         ⇥ next  r replay  …                FOOT
//! ```

use ratatui::layout::Rect;

use super::state::State;

/// Lines of what runs.
const HEAD: u16 = 1;
/// Lines of how many there are.
const COUNTS: u16 = 1;
/// Lines of the columns' names, where there are lines to spare.
const NAMES: u16 = 1;
/// From so many lines on there are.
const SPARE: u16 = 14;
/// Lines of the way that a delivery came.
const HOPS: u16 = 1;
/// Lines of why it failed: two at least, and of so many lines one more.
const WHY: u16 = 2;
const WHY_OF: u16 = 5;
/// Columns of the names before them.
pub const WHY_NAMES: usize = 4;
/// Lines of the pages' names.
const TABS: u16 = 1;
/// Lines of the keys.
const FOOT: u16 = 1;
/// Columns that stay free on the left.
const MARGIN: u16 = 1;

/// The places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The first line, across.
    pub head: Rect,
    /// How many there are.
    pub counts: Rect,
    /// The columns' names; without height where there is no room.
    pub names: Rect,
    /// The list.
    pub list: Rect,
    /// The way that a delivery came.
    pub hops: Rect,
    /// Why it failed; without height where it did not.
    pub why: Rect,
    /// The names of the pages.
    pub tabs: Rect,
    /// The page.
    pub page: Rect,
    /// What lies over both, under its title.
    pub over: Rect,
    /// The last line.
    pub foot: Rect,
}

impl Layout {
    /// For what the screen shows now.
    pub fn of(state: &State) -> Self {
        let (columns, rows) = state.size;
        let width = columns.saturating_sub(MARGIN);
        let last = rows.saturating_sub(FOOT);
        let place = |top: u16, height: u16| {
            let top = top.min(last);
            Rect { x: MARGIN.min(columns), y: top, width, height: height.min(last - top) }
        };
        let names = if rows >= SPARE { NAMES } else { 0 };
        let room = usize::from(width).saturating_sub(WHY_NAMES);
        let most = usize::from(WHY.max(rows / WHY_OF));
        let whole = state.detail.as_ref().and_then(|detail| detail.whole.as_ref());
        let why = whole.map_or(0, |whole| whole.reasons(room, most).len());
        let why = u16::try_from(why).unwrap_or(WHY);
        let list = HEAD + COUNTS + names;
        let page = HEAD + HOPS + why + TABS;
        Self {
            head: place(0, HEAD),
            counts: place(HEAD, COUNTS),
            names: place(HEAD + COUNTS, names),
            list: place(list, last.saturating_sub(list)),
            hops: place(HEAD, HOPS),
            why: place(HEAD + HOPS, why),
            tabs: place(HEAD + HOPS + why, TABS),
            page: place(page, last.saturating_sub(page)),
            over: place(HEAD, last.saturating_sub(HEAD)),
            foot: Rect { x: MARGIN.min(columns), y: last, width, height: FOOT.min(rows) },
        }
    }
}
