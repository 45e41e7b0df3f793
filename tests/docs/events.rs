//! `docs/events.md` lists the catalogue.

use clerkhook::catalogue;

use crate::text;

#[test]
fn each_type_stands_in_the_table_with_when_it_is_sent() {
    let document = text("docs/events.md");
    let listed: Vec<&str> = document.lines().filter(|line| line.starts_with("| `")).collect();
    let known = catalogue::types().iter().map(|kind| (kind, catalogue::describe(kind).expect("a known type")));
    let wanted: Vec<String> = known.map(|(kind, clause)| format!("| `{kind}` | {clause} |")).collect();
    assert_eq!(listed, wanted);
}
