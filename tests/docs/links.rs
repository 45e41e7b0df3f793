//! Links between the documents lead somewhere.

use crate::{headings, root, text};

const DOCUMENTS: [&str; 12] = [
    "README.md",
    "CHANGELOG.md",
    "docs/agents.md",
    "docs/architecture.md",
    "docs/ci.md",
    "docs/commands.md",
    "docs/errors.md",
    "docs/events.md",
    "docs/json.md",
    "docs/performance.md",
    "docs/sandbox.md",
    "docs/walkthrough.md",
];

/// The targets of a document's Markdown links that lead to files.
fn links(document: &str) -> Vec<&str> {
    let targets = document.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).collect()
}

/// As GitHub makes anchors from headings.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-' || *c == '_');
    kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
}

#[test]
fn each_leads_to_a_file_and_its_heading() {
    let mut followed = 0;
    for document in DOCUMENTS {
        let folder = root(document).parent().expect("a folder").to_owned();
        let own = text(document);
        for link in links(&own) {
            let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
            let target = if file.is_empty() { root(document) } else { folder.join(file) };
            assert!(target.is_file(), "{document} links to {link}");
            if let Some(heading) = heading {
                let there = std::fs::read_to_string(&target).expect("text");
                assert!(headings(&there).iter().any(|found| anchor(found) == heading), "{document} links to {link}");
            }
            followed += 1;
        }
    }
    assert!(followed > 20, "{followed} links were found");
}

#[test]
fn the_readme_names_every_document() {
    let readme = text("README.md");
    let linked = links(&readme);
    for document in &DOCUMENTS[1..] {
        assert!(linked.contains(document), "{document}");
    }
}
