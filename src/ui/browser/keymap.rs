//! The keys, as data: what each does where, how it stands in the last line and in the help.

/// A key that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after the keys")]
pub enum Key {
    Char(char),
    Ctrl(char),
    Enter,
    Escape,
    Tab,
    BackTab,
    Backspace,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
}

/// What comes from the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// Text that was pasted.
    Paste(String),
    /// The terminal has another size: columns, rows.
    Resize(u16, u16),
}

/// Where a key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the list.
    List,
    /// In a delivery's detail.
    Detail,
    /// In both.
    Both,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table below says what each does")]
pub enum Command {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Open,
    Back,
    Leave,
    Narrow,
    FailedOnly,
    Replay,
    Edit,
    Curl,
    CopyId,
    Save,
    Trigger,
    Help,
    NextTab,
    PreviousTab,
    Fold,
    Unfold,
    Toggle,
    FoldAll,
    UnfoldAll,
    Search,
    NextFound,
    PreviousFound,
    Earlier,
    Later,
    Redraw,
    Suspend,
}

/// A line of the table.
pub struct Binding {
    /// Any of these.
    pub keys: &'static [Key],
    /// Where.
    pub place: Place,
    /// What it does.
    pub command: Command,
    /// How the keys are written.
    pub shown: &'static str,
    /// In the last line, where it stands there.
    pub brief: Option<&'static str>,
    /// In the help.
    pub help: &'static str,
}

const fn key(
    keys: &'static [Key],
    place: Place,
    command: Command,
    shown: &'static str,
    brief: Option<&'static str>,
    help: &'static str,
) -> Binding {
    Binding { keys, place, command, shown, brief, help }
}

/// All of them; those of the last line in its order, as it leaves out from the end what has no room.
pub const KEYMAP: [Binding; 36] = {
    use Command as C;
    use Key::{BackTab, Backspace, Char, Ctrl, Down, End, Enter, Escape, Home, Left, PageDown, PageUp, Right, Tab, Up};
    use Place::{Both, Detail, List};
    [
        key(&[Up, Char('k')], Both, C::Up, "↑ k", None, "up"),
        key(&[Down, Char('j')], Both, C::Down, "↓ j", None, "down"),
        key(&[PageUp, Ctrl('b')], Both, C::PageUp, "PgUp", None, "a page up"),
        key(&[PageDown, Ctrl('f')], Both, C::PageDown, "PgDn", None, "a page down"),
        key(&[Char('g'), Home], Both, C::First, "g Home", None, "the first"),
        key(&[Char('G'), End], Both, C::Last, "G End", None, "the last; the list then follows what comes"),
        key(&[Char('q')], Both, C::Back, "q", Some("back"), "back, at last to the shell"),
        key(&[Char('?')], Both, C::Help, "?", Some("help"), "this help"),
        key(&[Enter, Right, Char('l')], List, C::Open, "⏎", Some("open"), "the delivery whole"),
        key(&[Tab], Detail, C::NextTab, "Tab", Some("next"), "the next page"),
        key(&[Char(' ')], Detail, C::Toggle, "Space", Some("fold"), "fold and unfold"),
        key(&[Char('r')], Both, C::Replay, "r", Some("replay"), "send it again, signed afresh where it is too old"),
        key(&[Char('e')], Both, C::Edit, "e", Some("edit+sign"), "edit the body, see what changes, sign and send it"),
        key(
            &[Char('/')],
            List,
            C::Narrow,
            "/",
            Some("filter"),
            "only what a filter admits: user.* 4xx since:10m a text",
        ),
        key(&[Char('f')], List, C::FailedOnly, "f", Some("failed"), "only what failed"),
        key(&[Char('c')], Both, C::Curl, "c", Some("curl"), "a curl command, shown and copied"),
        key(&[Char('s')], Both, C::Save, "s", Some("save"), "to a file: .json the body, .har, .sh curl, .ndjson all"),
        key(&[Char('t')], Both, C::Trigger, "t", Some("test"), "send an event to the app"),
        key(&[Char('y')], Both, C::CopyId, "y", Some("id"), "copy its id"),
        key(&[Char('/')], Detail, C::Search, "/", Some("search"), "look for a text"),
        key(&[Char('n')], Detail, C::NextFound, "n", None, "the next place of that text"),
        key(&[Char('N')], Detail, C::PreviousFound, "N", None, "the place before"),
        key(&[BackTab], Detail, C::PreviousTab, "⇧Tab", None, "the page before"),
        key(&[Left, Char('h')], Detail, C::Fold, "← h", None, "fold, then out to what holds it"),
        key(&[Right, Char('l')], Detail, C::Unfold, "→ l", None, "unfold"),
        key(&[Char('-')], Detail, C::FoldAll, "-", None, "fold all"),
        key(&[Char('+'), Char('=')], Detail, C::UnfoldAll, "+", None, "unfold all"),
        key(&[Char('K'), Char('[')], Detail, C::Earlier, "K [", None, "the delivery before"),
        key(&[Char('J'), Char(']')], Detail, C::Later, "J ]", None, "the delivery after"),
        key(&[Enter], Detail, C::Toggle, "⏎", None, "fold and unfold"),
        key(&[Escape, Backspace], Both, C::Back, "esc", None, "back"),
        key(&[Ctrl('l')], Both, C::Redraw, "^L", None, "draw the screen again"),
        key(&[Ctrl('z')], Both, C::Suspend, "^Z", None, "to the shell; `fg` comes back"),
        key(&[Ctrl('c'), Char('Q')], Both, C::Leave, "Q ^C", None, "to the shell at once"),
        key(&[Ctrl('u')], Both, C::PageUp, "^U", None, "a page up"),
        key(&[Ctrl('d')], Both, C::PageDown, "^D", None, "a page down"),
    ]
};

/// What a key does in a place.
pub fn command(place: Place, pressed: Key) -> Option<Command> {
    let counts = |binding: &&Binding| binding.place == Place::Both || binding.place == place;
    KEYMAP.iter().filter(counts).find(|binding| binding.keys.contains(&pressed)).map(|binding| binding.command)
}

/// The lines of a place, in their order.
pub fn of(place: Place) -> impl Iterator<Item = &'static Binding> {
    KEYMAP.iter().filter(move |binding| binding.place == Place::Both || binding.place == place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for place in [Place::List, Place::Detail] {
            let keys: Vec<Key> = of(place).flat_map(|binding| binding.keys.iter().copied()).collect();
            for (at, key) in keys.iter().enumerate() {
                assert!(!keys[at + 1..].contains(key), "{key:?}");
                assert!(command(place, *key).is_some());
            }
        }
        assert_eq!(command(Place::List, Key::Char('x')), None);
    }

    #[test]
    fn each_key_is_written_in_the_documents() {
        let document = include_str!("../../../docs/commands.md");
        for binding in &KEYMAP {
            for shown in binding.shown.split(' ') {
                assert!(document.contains(&format!("`{shown}`")), "{shown}: {}", binding.help);
            }
        }
    }
}
