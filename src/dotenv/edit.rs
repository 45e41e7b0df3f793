//! The edit of one variable of an env file: its line changes, every other byte stays.

use std::path::Path;

use adotenv::{Dialect, Document, EditError, InsertPosition, parse_with};

use super::{replace, text};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// What [`write()`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// There was no file.
    Created,
    /// The variable was not in it.
    Added,
    /// The variable had another value.
    Replaced,
    /// It was already right, and the file was not touched.
    Unchanged,
}

/// Stands before the first line, where an editor put it.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// What becomes of a value that is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Old {
    /// It goes.
    Drop,
    /// It stays, as a comment above.
    Keep,
}

/// Sets one variable of an env file, which is created (for its owner alone) where there is none.
///
/// Fails with [`Error::EnvFileDuplicate`] when the variable stands in it more than once.
pub fn write(path: &Path, name: &str, value: &Secret, old: Old) -> Result<Change> {
    let before = text(path)?;
    let (after, change) = edited(before.as_deref().unwrap_or_default(), name, value.expose(), old)
        .map_err(|error| refused(path, name, error))?;
    if change == Change::Unchanged {
        return Ok(change);
    }
    replace::replace(path, after.as_bytes())
        .map_err(|error| Error::EnvFileUnwritable { path: path.to_owned(), cause: error.to_string() })?;
    Ok(if before.is_none() { Change::Created } else { change })
}

/// The text with the variable set, and whether it was added, replaced or already right.
fn edited(source: &str, name: &str, value: &str, old: Old) -> Result<(String, Change), EditError> {
    let (document, _) = parse_with(source, Dialect::NODE_DOTENV);
    match document.unique(name) {
        Ok(entry) if entry.value() == Some(value) => Ok((source.to_owned(), Change::Unchanged)),
        Ok(entry) => {
            let mut text = document.set(name, value)?.into_string();
            if let (Old::Keep, Some(kept)) = (old, entry.value().and_then(|kept| comment(name, kept))) {
                // What stands before the declaration is the same in both texts.
                let place = entry.line_span();
                let line_end = if source[place.clone()].ends_with("\r\n") { "\r\n" } else { "\n" };
                let mark = if source.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
                text.insert_str(place.start.max(mark), &format!("{kept}{line_end}"));
            }
            Ok((text, Change::Replaced))
        }
        Err(EditError::Missing) => Ok((added(&document, name, value)?, Change::Added)),
        Err(error) => Err(error),
    }
}

/// The comment that keeps a value; none where there is nothing to keep, or more than a line.
fn comment(name: &str, value: &str) -> Option<String> {
    (!value.is_empty() && !value.contains(['\n', '\r'])).then(|| format!("# {name}={value}"))
}

fn added(document: &Document<'_>, name: &str, value: &str) -> Result<String, EditError> {
    let mut text = document.insert(name, Some(value), InsertPosition::End)?.into_string();
    // A last line without an end is somebody's habit; the only line of a file is ours.
    if document.items().len() == 0 {
        text.push('\n');
    }
    Ok(text)
}

fn refused(path: &Path, name: &str, error: EditError) -> Error {
    let path = path.to_owned();
    match error {
        EditError::Duplicate(times) => Error::EnvFileDuplicate { path, name: name.to_owned(), times },
        other => Error::EnvFileUnwritable { path, cause: format!("`{name}` cannot be set in it: {other}") },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::super::Variables;
    use super::*;

    const NAME: &str = "CLERK_WEBHOOK_SIGNING_SECRET";
    const VALUE: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

    fn set(source: &str) -> (String, Change) {
        edited(&source.replace("NAME", NAME), NAME, VALUE, Old::Drop).expect("can be set")
    }

    #[test]
    fn only_the_value_changes() {
        for (source, result) in [
            ("NAME=old\n", "NAME=VALUE\n"),
            ("NAME=old", "NAME=VALUE"),
            ("NAME=\n", "NAME=VALUE\n"),
            ("NAME\n", "NAME=VALUE\n"),
            ("export NAME=old\n", "export NAME=VALUE\n"),
            ("  NAME = old  # from Clerk\nB=1\n", "  NAME = VALUE  # from Clerk\nB=1\n"),
            ("NAME=\"old\" # note\n", "NAME=\"VALUE\" # note\n"),
            ("NAME='old'\n", "NAME='VALUE'\n"),
            ("A=1\r\nNAME=old\r\nB=2\r\n", "A=1\r\nNAME=VALUE\r\nB=2\r\n"),
            ("\u{feff}NAME=old\r\n", "\u{feff}NAME=VALUE\r\n"),
            ("#NAME=example\nNAME=old\n", "#NAME=example\nNAME=VALUE\n"),
            (
                "K=\"-----BEGIN\nNAME=inside\n-----END\"\nNAME=old\n",
                "K=\"-----BEGIN\nNAME=inside\n-----END\"\nNAME=VALUE\n",
            ),
            ("not a line\nNAME=old\n'\n", "not a line\nNAME=VALUE\n'\n"),
            ("NAME: old\n", "NAME: VALUE\n"),
        ] {
            let expected = result.replace("NAME", NAME).replace("VALUE", VALUE);
            assert_eq!(set(source), (expected, Change::Replaced), "{source:?}");
        }
    }

    #[test]
    fn an_absent_variable_is_added_at_the_end() {
        for (source, result) in [
            ("", "NAME=VALUE\n"),
            ("\u{feff}", "\u{feff}NAME=VALUE\n"),
            ("A=1\n", "A=1\nNAME=VALUE\n"),
            ("A=1", "A=1\nNAME=VALUE"),
            ("A=1\r\n# end\r\n", "A=1\r\n# end\r\nNAME=VALUE\r\n"),
            ("# NAME=example\n", "# NAME=example\nNAME=VALUE\n"),
            ("NAME_2=x\n", "NAME_2=x\nNAME=VALUE\n"),
        ] {
            let expected = result.replace("NAME", NAME).replace("VALUE", VALUE);
            assert_eq!(set(source), (expected, Change::Added), "{source:?}");
        }
    }

    #[test]
    fn an_old_value_is_kept_as_a_comment_above() {
        for (source, result) in [
            ("NAME=old\n", "# NAME=old\nNAME=VALUE\n"),
            ("A=1\r\nexport NAME='old' # why\r\nB=2", "A=1\r\n# NAME=old\r\nexport NAME='VALUE' # why\r\nB=2"),
            ("\u{feff}NAME=old", "\u{feff}# NAME=old\nNAME=VALUE"),
            ("NAME=\n", "NAME=VALUE\n"),
            ("NAME=\"two\nlines\"\n", "NAME=\"VALUE\"\n"),
        ] {
            let expected = result.replace("NAME", NAME).replace("VALUE", VALUE);
            let kept = edited(&source.replace("NAME", NAME), NAME, VALUE, Old::Keep).expect("can be set");
            assert_eq!(kept, (expected, Change::Replaced), "{source:?}");
        }
    }

    #[test]
    fn the_same_value_is_no_change() {
        for source in ["NAME=VALUE", "export NAME='VALUE' # note\r\n"] {
            let source = source.replace("NAME", NAME).replace("VALUE", VALUE);
            assert_eq!(set(&source), (source.clone(), Change::Unchanged));
        }
    }

    #[test]
    fn a_variable_that_stands_twice_is_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(".env");
        fs::write(&path, "A=1\nA=2\n").expect("written");
        let error = write(&path, "A", &Secret::new("3"), Old::Drop).expect_err("refused");
        assert_eq!(error.code(), "CH0703");
        assert!(error.to_string().starts_with("`A` stands 2 times"), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("readable"), "A=1\nA=2\n");
    }

    #[test]
    fn a_file_is_created_then_replaced_then_left_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(".env.local");
        let change = |value: &str| write(&path, "A", &Secret::new(value), Old::Drop).expect("written");
        assert_eq!(change("1"), Change::Created);
        assert_eq!(fs::read_to_string(&path).expect("readable"), "A=1\n");
        assert_eq!(change("2"), Change::Replaced);
        let before = fs::metadata(&path).expect("metadata").modified().expect("a time");
        assert_eq!(change("2"), Change::Unchanged);
        assert_eq!(fs::metadata(&path).expect("metadata").modified().expect("a time"), before);
        let names: Vec<_> =
            fs::read_dir(&directory).expect("listed").map(|entry| entry.expect("entry").file_name()).collect();
        assert_eq!(names, [".env.local"]);
    }

    /// Lines that real env files have, and some that none should.
    fn line() -> impl Strategy<Value = String> {
        let odd = prop::sample::select(vec![
            "",
            "   ",
            "# comment",
            "#TARGET=off",
            "A=1",
            "export B = two # note",
            "C='single # quoted'",
            "D=\"a\\nb\"",
            "E=`back 'tick'`",
            "F=",
            "G",
            "H: yaml",
            "I=\"two\nlines\"",
            "broken line",
            "=nothing",
            "J=don't",
            "K=\"open",
            "TARGET_2=x",
            "L=ünï",
            "M=$TARGET",
            "\tN=tab",
        ]);
        prop_oneof![8 => odd.prop_map(str::to_owned), 1 => "[A-Z]{1,3} ?= ?[ -~]{0,12}"]
    }

    fn target() -> impl Strategy<Value = String> {
        let shapes =
            vec!["TARGET=old", "export TARGET=old # why", "TARGET='old'", "TARGET = \"old\"", "TARGET=", "# nothing"];
        prop::sample::select(shapes).prop_map(str::to_owned)
    }

    fn others(text: &str) -> Vec<(String, Secret)> {
        let all = Variables::parse(text);
        all.iter().filter(|(name, _)| *name != "TARGET").map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }

    proptest! {
        #[test]
        fn whatever_the_file_only_the_target_line_changes(
            before in prop::collection::vec(line(), 0..6),
            target in target(),
            after in prop::collection::vec(line(), 0..6),
            end in prop::sample::select(vec!["\n", "\r\n"]),
            last in any::<bool>(),
            value in prop_oneof![Just(VALUE.to_owned()), "[ -~]{0,20}"],
        ) {
            let lines = [before, vec![target], after].concat();
            let source = lines.join(end) + if last { end } else { "" };
            let Ok((result, change)) = edited(&source, "TARGET", &value, Old::Drop) else {
                // Only an open quote can swallow the line, and only some values have no spelling at all.
                prop_assert!(source.contains("\"open") || source.contains('\'') || value != VALUE, "{:?}", source);
                return Ok(());
            };
            let read = Variables::parse(&result);
            prop_assert_eq!(read.get("TARGET"), Some(&Secret::new(value)));
            prop_assert_eq!(others(&result), others(&source));
            let count = |text: &str| text.split('\n').count();
            match change {
                Change::Added => prop_assert!(result.starts_with(&source)),
                Change::Unchanged => prop_assert_eq!(&result, &source),
                _ => {
                    prop_assert_eq!(count(&result), count(&source));
                    let changed: Vec<_> = source.split('\n').zip(result.split('\n')).filter(|(old, new)| old != new).collect();
                    prop_assert_eq!(changed.len(), 1);
                    prop_assert!(changed[0].0.contains("TARGET") && changed[0].1.contains("TARGET"));
                }
            }
        }
    }
}
