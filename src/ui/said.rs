//! What a command of the person's own says, while clerkhook waits for what it causes.

use super::Ui;
use super::paint::{FAINT, paint};
use super::painted::painted;

impl Ui {
    /// One line of its output; silent with `-q`.
    pub fn said(&self, line: &str) {
        if self.json() {
            return self.note(line);
        }
        self.talk(painted!("  {} {}", paint(FAINT, "|"), line));
    }
}
