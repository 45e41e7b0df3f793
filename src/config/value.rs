//! From a setting's text to its value; what is wrong is told with its source.

use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::{PortRange, Source, Sourced, Upstream, UpstreamFault};
use crate::error::{Error, Result};
use crate::file;
use crate::secret::{Secret, mask_text};

/// Takes a text as a secret.
pub fn into_secret(found: Sourced<String>) -> Sourced<Secret> {
    Sourced { value: Secret::new(found.value), source: found.source }
}

/// Takes a text as a path.
pub fn into_path(found: Sourced<String>) -> Sourced<PathBuf> {
    Sourced { value: found.value.into(), source: found.source }
}

/// An http or https address.
///
/// # Errors
/// `SettingInvalid`.
pub fn address(found: Option<Sourced<String>>) -> Result<Option<Sourced<Url>>> {
    let parse = |text: &String, source: &Source| {
        let fault = |why: &str| Error::SettingInvalid {
            what: "address",
            // A key that was put in the wrong place must not show.
            value: mask_text(text),
            source_name: source.to_string(),
            why: why.to_owned(),
        };
        match Url::parse(text) {
            Ok(url) if ["http", "https"].contains(&url.scheme()) => Ok(url),
            Ok(_) => Err(fault("it begins with neither http:// nor https://")),
            Err(error) => Err(fault(&error.to_string())),
        }
    };
    found.map(|found| found.try_map(parse)).transpose()
}

/// A number of seconds, with or without `s`.
///
/// # Errors
/// `SettingInvalid`.
pub fn seconds(found: &Sourced<String>) -> Result<Duration> {
    match found.value.trim().trim_end_matches('s').parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds < 3600.0 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(Error::SettingInvalid {
            what: "number of seconds",
            value: mask_text(&found.value),
            source_name: found.source.to_string(),
            why: "expected for example `15`".to_owned(),
        }),
    }
}

/// A number of things, from 0.
///
/// # Errors
/// `SettingInvalid`.
pub fn count(found: &Sourced<String>) -> Result<u64> {
    found.value.trim().parse().map_err(|_| Error::SettingInvalid {
        what: "number",
        value: mask_text(&found.value),
        source_name: found.source.to_string(),
        why: "expected for example `10000`, or `0` for none".to_owned(),
    })
}

/// The app's address.
///
/// # Errors
/// `SettingInvalid`.
pub fn app(found: Sourced<String>) -> Result<Sourced<Upstream>> {
    found.try_map(|text, source| {
        text.parse().map_err(|fault: UpstreamFault| Error::SettingInvalid {
            what: "address of an app",
            value: mask_text(text),
            source_name: source.to_string(),
            why: fault.to_string(),
        })
    })
}

/// A range of ports.
///
/// # Errors
/// `SettingInvalid`.
pub fn ports(found: &Sourced<String>) -> Result<PortRange> {
    found.value.parse().map_err(|why| Error::SettingInvalid {
        what: "range of ports",
        value: mask_text(&found.value),
        source_name: found.source.to_string(),
        why,
    })
}

/// Reads a secret from a file that a flag names.
///
/// # Errors
/// `File`.
pub fn secret_file(path: &Path, flag: &'static str) -> Result<Sourced<Secret>> {
    read_secret(path, Source::Flag(flag))
}

/// Reads a secret from a file.
///
/// # Errors
/// `File`.
pub fn read_secret(path: &Path, source: Source) -> Result<Sourced<Secret>> {
    let fault = |cause: String| Error::File { path: path.to_owned(), cause };
    let bytes = file::handed_over(path, file::SETTINGS_LIMIT).map_err(|error| fault(error.to_string()))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| fault("it is no UTF-8 text".to_owned()))?;
    Ok(Sourced::new(Secret::new(text.trim()), source))
}
