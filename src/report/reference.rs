//! What the program says of itself, for a program that drives it.

use serde::Serialize;

/// A command with what it takes.
#[derive(Clone, Debug, Serialize)]
pub struct Command {
    /// As it is typed: `clerkhook user create`. The flags of `clerkhook` itself are every command's.
    pub command: String,
    /// What it does.
    pub about: String,
    /// By their place.
    pub arguments: Vec<Argument>,
    /// By their name.
    pub flags: Vec<Flag>,
}

/// What a command takes by its place.
#[derive(Clone, Debug, Serialize)]
pub struct Argument {
    /// As help shows it.
    pub name: String,
    /// What it is.
    pub help: String,
    /// It cannot be left out.
    pub required: bool,
    /// It may be several.
    pub repeatable: bool,
    /// All that it may be, where that is settled.
    pub values: Vec<String>,
}

/// What a command takes by its name.
#[derive(Clone, Debug, Serialize)]
pub struct Flag {
    /// With its dashes.
    pub flag: String,
    /// With its dash.
    pub short: Option<String>,
    /// What follows it, as help shows it; absent for a switch.
    pub value: Option<String>,
    /// What it does.
    pub help: String,
    /// What is so without it.
    pub default: Option<String>,
    /// It may stand several times.
    pub repeatable: bool,
    /// All that may follow it, where that is settled.
    pub values: Vec<String>,
}

/// An exit code.
#[derive(Clone, Debug, Serialize)]
pub struct ExitCode {
    /// The number.
    pub exit: u8,
    /// What it says.
    pub means: &'static str,
}

/// What an error code means.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// `CH0101`.
    pub code: String,
    /// Its part of the list of errors, as Markdown.
    pub text: String,
}
