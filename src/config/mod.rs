//! Settings, settled once at the door: flag, environment, env files, profile, project, default. Nothing else reads the environment.

mod doors;
mod environment;
mod findings;
mod key;
mod profile;
mod settings;
mod source;
mod upstream;
mod value;

pub use environment::{EnvFile, Environment};
pub use findings::Findings;
pub use key::ClerkKey;
pub use profile::Profile;
pub use settings::{Addresses, Flags, PortRange, Settings, settle};
pub use source::{Source, Sourced};
pub use upstream::{Upstream, UpstreamFault};
