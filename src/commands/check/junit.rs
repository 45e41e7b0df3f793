//! Results as JUnit XML, in the shape that Jenkins and GitLab read. A writer of its own, since it is four elements.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};
use crate::report::{Check, Health};
use crate::secret::mask_text;

/// A file that appears whole or not at all. It is opened before anything is sent, so that a wrong path costs nothing.
pub struct Suite {
    path: PathBuf,
    written: NamedTempFile,
}

impl Suite {
    /// Opens it beside the place that it will have.
    ///
    /// # Errors
    /// `FileUnwritable`.
    pub fn open(path: &Path) -> Result<Self> {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let written = tempfile::Builder::new().prefix(".junit").tempfile_in(directory);
        let written = written.and_then(|file| if path.is_dir() { Err(is_a_directory()) } else { Ok(file) });
        written.map(|written| Self { path: path.to_owned(), written }).map_err(|error| unwritable(path, &error))
    }

    /// Writes the results and puts the file in its place.
    ///
    /// # Errors
    /// `FileUnwritable`.
    pub fn write(mut self, url: &str, checks: &[Check]) -> Result<()> {
        let failed = |error: &std::io::Error| unwritable(&self.path, error);
        self.written.write_all(xml(url, checks).as_bytes()).map_err(|error| failed(&error))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // Not a secret, and CI reads it as another user.
            let _ = self.written.as_file().set_permissions(std::fs::Permissions::from_mode(0o644));
        }
        self.written.persist(&self.path).map(drop).map_err(|error| unwritable(&self.path, &error.error))
    }
}

fn is_a_directory() -> std::io::Error {
    std::io::Error::from(std::io::ErrorKind::IsADirectory)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::FileUnwritable { path: path.to_owned(), cause: error.to_string() }
}

/// The whole document: a suite for each group.
fn xml(url: &str, checks: &[Check]) -> String {
    let mut groups: Vec<&str> = checks.iter().map(|check| check.parts().0).collect();
    groups.dedup();
    let counts = counts(checks);
    let mut text =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"clerkhook check\" {counts}>\n");
    for group in groups {
        let of: Vec<Check> = checks.iter().filter(|check| check.parts().0 == group).cloned().collect();
        text +=
            &format!("  <testsuite name=\"{}\" hostname=\"{}\" {}>\n", escaped(group), escaped(url), self::counts(&of));
        of.iter().for_each(|check| text += &case(group, check));
        text += "  </testsuite>\n";
    }
    text + "</testsuites>\n"
}

fn counts(checks: &[Check]) -> String {
    let of = |status: Health| checks.iter().filter(|check| check.status == status).count();
    let ms: u64 = checks.iter().filter_map(|check| check.case.as_ref()).map(|case| case.duration_ms).sum();
    let (failed, skipped) = (of(Health::Fail), of(Health::Skip));
    format!(
        "tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\" time=\"{}\"",
        checks.len(),
        seconds(ms)
    )
}

fn case(group: &str, check: &Check) -> String {
    let case = check.case.clone().unwrap_or_default();
    let name = escaped(check.parts().1);
    let head = format!(
        "    <testcase classname=\"clerkhook.{}\" name=\"{name}\" time=\"{}\"",
        escaped(group),
        seconds(case.duration_ms)
    );
    let cause = case.cause.unwrap_or_default();
    let detail = format!("sent: {}\ncame: {}\nfix: {}", case.sent, check.found, check.fix.clone().unwrap_or_default());
    match check.status {
        Health::Ok => format!("{head}/>\n"),
        Health::Skip => format!("{head}><skipped message=\"{}\"/></testcase>\n", escaped(&check.found)),
        Health::Warn => {
            format!("{head}><system-out>{}</system-out></testcase>\n", escaped(&format!("{cause}\n{detail}")))
        }
        Health::Fail => {
            let message = escaped(&cause);
            format!(
                "{head}><failure type=\"clerkhook\" message=\"{message}\">{}</failure></testcase>\n",
                escaped(&detail)
            )
        }
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// Text for an attribute or an element, masked as on a stream; XML 1.0 knows no other control characters than these
/// three.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in mask_text(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\t' | '\n' | '\r' => safe.push_str(&format!("&#{};", u32::from(c))),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::CaseSeen;

    #[test]
    fn whatever_an_answer_holds_stays_inside_its_element() {
        let case = CaseSeen { cause: Some("a<b>\"&\u{1}".into()), duration_ms: 1_205, ..CaseSeen::default() };
        let check = |name: &str, status| Check {
            check: format!("refuses/{name}"),
            status,
            found: "answered 200: sk_test_hideHIDEhideHIDE".into(),
            fix: Some("]]>\nmend".into()),
            case: Some(case.clone()),
        };
        let text = xml("http://localhost:3000/?a=1&b", &[check("stale", Health::Fail), check("get", Health::Skip)]);
        assert!(text.contains("message=\"a&lt;b&gt;&quot;&amp;\u{fffd}\""), "{text}");
        assert!(text.contains("fix: ]]&gt;&#10;mend</failure>"), "{text}");
        assert!(text.contains("tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"2.410\""), "{text}");
        assert!(text.contains("?a=1&amp;b"), "{text}");
        assert!(text.contains("sk_test_…HIDE") && !text.contains("sk_test_hide"), "{text}");
    }
}
