//! The floors of `docs/architecture.md` against the source: each room uses the rows below it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::{root, text};

/// Neighbours that do use each other, as the document says.
const NEIGHBOURS: [(&str, &str); 1] = [("error", "report")];

/// The row of each room, from the document's drawing. The upper rows have one room and words about it.
fn floors() -> BTreeMap<String, usize> {
    let document = text("docs/architecture.md");
    let drawing = document.split("```\n").nth(1).expect("a drawing").to_owned();
    let mut floors = BTreeMap::new();
    for line in drawing.lines() {
        let (number, rest) = line.split_once(' ').expect("a number and rooms");
        let number: usize = number.parse().expect("a number");
        let rooms: Vec<&str> = rest.split_whitespace().collect();
        let alone = rest.trim_start().contains("    ");
        let count = if alone { 1 } else { rooms.len() };
        floors.extend(rooms[..count].iter().map(|room| ((*room).to_owned(), number)));
    }
    floors
}

pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let below = folders.iter().flat_map(|folder| sources(folder));
    files.into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs")).chain(below).collect()
}

/// The room that a file belongs to.
fn room(file: &Path) -> String {
    let inside = file.strip_prefix(root("src")).expect("a source");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn each_room_stands_in_the_drawing() {
    let rooms: BTreeSet<String> = sources(&root("src")).iter().map(|file| room(file)).collect();
    let drawn: BTreeSet<String> = floors().into_keys().collect();
    assert_eq!(drawn, rooms);
}

#[test]
fn arrows_point_down() {
    let (floors, mut arrows) = (floors(), 0);
    for file in sources(&root("src")) {
        let from = room(&file);
        let source = std::fs::read_to_string(&file).expect("text");
        for rest in source.split("crate::").skip(1) {
            let to: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            let Some(floor) = floors.get(&to).filter(|_| to != from) else { continue };
            let known = NEIGHBOURS.contains(&(from.as_str(), to.as_str()));
            assert!(known || *floor > floors[&from], "{} uses {to}", file.display());
            arrows += 1;
        }
    }
    assert!(arrows > 100, "{arrows} arrows were found");
}

#[test]
fn the_screen_s_libraries_are_only_in_ui() {
    let named = |source: &str| source.contains("ratatui") || source.contains("crossterm");
    let sources: Vec<PathBuf> = sources(&root("src")).into_iter().filter(|file| named(&text_of(file))).collect();
    assert!(sources.len() > 3, "{sources:?}");
    for file in sources {
        assert_eq!(room(&file), "ui", "{}", file.display());
    }
}

fn text_of(file: &Path) -> String {
    std::fs::read_to_string(file).expect("text")
}
