//! Files: the one reader, which waits for nothing and takes no more than a bound, and the one writer of what is private.

mod growing;
mod private;
mod read;

pub use growing::{aside, growing, put_aside};
pub use private::{
    directory, identity, open_own, owned, private, read_own, temporary, temporary_directory, trusted, write,
};
pub use read::{handed_over, read};

/// Files of settings have kilobytes.
pub const SETTINGS_LIMIT: u64 = 4 << 20;
