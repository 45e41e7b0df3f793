//! Settings, settled once at the door: flag, environment, env files, profile, project, default. Nothing else reads the environment.

mod book;
mod doors;
mod entry;
mod environment;
mod findings;
mod key;
mod key_source;
mod profile;
mod settings;
mod source;
mod upstream;
mod value;

pub use book::Book;
pub use doors::place;
pub use entry::{ENTRIES, Entry};
pub use environment::{EnvFile, Environment};
pub use findings::Findings;
pub use key::ClerkKey;
pub use key_source::KeySource;
pub use profile::Profile;
pub use settings::{Addresses, Flags, PortRange, Settings, settle};
pub use source::{Source, Sourced};
pub use upstream::{Upstream, UpstreamFault};
