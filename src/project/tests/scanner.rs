//! The scanner: what is code in each language, and that any text is taken.

use proptest::prelude::*;

use super::super::language::{self, GO, Language, PYTHON, RUBY, RUST, SCRIPT};
use super::super::scan::{Kind, Token, tokens};

fn shown(source: &str, language: &'static Language) -> Vec<String> {
    let show = |token: &Token<'_>| match token.kind {
        Kind::Word | Kind::Sign => token.text.to_owned(),
        Kind::Text => format!("<{}>", token.text),
        Kind::Template => format!("<<{}>>", token.text),
    };
    tokens(source, language).iter().map(show).collect()
}

#[test]
fn what_is_code_in_each_language() {
    for (language, source, expected) in [
        (&SCRIPT, "a /* b */ // c\nd 'e // f' \"g\\\"h\"", "a d <e // f> <g\\\"h>"),
        (&SCRIPT, "x = `a${b + `c${d}` + \"}\"}e` + 1", "x = <<a${b + `c${d}` + \"}\"}e>> + 1"),
        (&SCRIPT, "f(/['\"`]/g) / 2 / 3", "f ( <<['\"`]>> g ) / 2 / 3"),
        (&SCRIPT, "<p>Don't</p>\nx('y')", "< p > Don ' t < / p > x ( <y> )"),
        (&SCRIPT, "a; /* never closed\nb", "a ;"),
        (&PYTHON, "x = f\"a{b}\" # c\ny = r'd' '''e\nf''' 3.14", "x = <<a{b}>> y = <d> <e\nf> 3.14"),
        (
            &RUST,
            "fn f<'a>(c: 'b') { r#\"x\"y\"# } /* a /* b */ c */ '\\n' \"p\\\"q\"",
            "fn f < ' a > ( c : <b> ) { <x\"y> } <\\n> <p\\\"q>",
        ),
        (&GO, "a := `raw\n// no` + 'x' // y", "a : = <raw\n// no> + <x>"),
        (&RUBY, "=begin\npost 'x'\n=end\npost \"a#{b}\" # c", "post <<a#{b}>>"),
    ] {
        assert_eq!(shown(source, language).join(" "), expected, "{source}");
    }
}

#[test]
fn a_token_knows_its_line() {
    let lines: Vec<usize> = tokens("a\n/* b\n\n*/ c `d\ne` f", &SCRIPT).iter().map(|token| token.line).collect();
    assert_eq!(lines, [1, 4, 4, 5]);
}

/// A piece of a source, and what the scanner has to say of it.
fn piece() -> impl Strategy<Value = (String, Vec<String>)> {
    let inner = "[a-z(){}/*#.,;'\" ]{0,12}";
    prop_oneof![
        "[a-z_][a-z0-9_]{0,6}".prop_map(|word| (word.clone(), vec![word])),
        "[0-9]{1,4}".prop_map(|number| (number.clone(), vec![number])),
        inner.prop_map(|text| (format!("// {text}\n"), Vec::new())),
        inner.prop_map(|text| (format!("/*{}*/", text.replace('*', "")), Vec::new())),
        inner.prop_map(|text| {
            let text = text.replace('\'', "");
            (format!("'{text}'"), vec![format!("<{text}>")])
        }),
        inner.prop_map(|text| {
            let text = text.replace('"', "");
            (format!("\"{text}\""), vec![format!("<{text}>")])
        }),
        inner.prop_map(|text| (format!("`{text}`"), vec![format!("<{text}>")])),
        "[(){};,.=]".prop_map(|sign| (sign.clone(), vec![sign])),
    ]
}

proptest! {
    #[test]
    fn nothing_of_a_comment_or_a_text_is_code(pieces in prop::collection::vec(piece(), 0..40)) {
        let source: String = pieces.iter().map(|(source, _)| format!("{source} ")).collect();
        let expected: Vec<String> = pieces.into_iter().flat_map(|(_, tokens)| tokens).collect();
        prop_assert_eq!(shown(&source, &SCRIPT), expected);
    }

    #[test]
    fn any_text_is_taken_and_lines_never_go_back(source in "(?s)[-a-z'\"`/*#${}\\[\\]\\\\r\n ü]{0,200}") {
        for language in [&SCRIPT, &PYTHON, &RUST, &GO, &RUBY] {
            let tokens = tokens(&source, language);
            prop_assert!(tokens.is_sorted_by_key(|token| token.line));
            prop_assert!(tokens.iter().all(|token| token.line <= source.matches('\n').count() + 1));
        }
    }
}

#[test]
fn what_is_hostile_takes_time_by_its_length_alone() {
    // Each of these opens again and again what nothing closes; a scanner that looked for each end would not return.
    for part in ["`${", "'", "/* ", "\\'", "/[", "/*", "\"\\\"", "r#\"", "{`", "'''"] {
        let source = part.repeat(200_000 / part.len());
        for language in [&SCRIPT, &PYTHON, &RUST, &GO, &RUBY] {
            let before = std::time::Instant::now();
            let _ = tokens(&source, language);
            assert!(before.elapsed().as_secs() < 20, "{part}");
        }
    }
    assert!(language::of(std::path::Path::new("a.txt")).is_none());
}
