//! Settings, settled once at the door: flag, environment, env files, profile, default. Nothing else reads the environment.

mod doors;
mod environment;
mod key;
mod profile;
mod settings;
mod source;
mod upstream;
mod value;

pub use environment::{EnvFile, Environment};
pub use key::ClerkKey;
pub use profile::Profile;
pub use settings::{Addresses, Flags, PortRange, Settings, settle};
pub use source::{Source, Sourced};
pub use upstream::{Upstream, UpstreamFault};

/// The names under which projects keep the signing secret, the current one first (Clerk docs, environment variables).
pub const SIGNING_SECRET_NAMES: [&str; 6] = [
    "CLERK_WEBHOOK_SIGNING_SECRET",
    "NUXT_CLERK_WEBHOOK_SIGNING_SECRET",
    "CLERK_WEBHOOK_SECRET",
    "CLERK_WEBHOOK_SECRET_KEY",
    "SIGNING_SECRET",
    "WEBHOOK_SECRET",
];

/// The names of the Clerk secret key.
pub const SECRET_KEY_NAMES: [&str; 2] = ["CLERK_SECRET_KEY", "NUXT_CLERK_SECRET_KEY"];

/// The project's env files, the strongest first.
pub const ENV_FILES: [&str; 4] = [".env.local", ".env.development.local", ".env.development", ".env"];
