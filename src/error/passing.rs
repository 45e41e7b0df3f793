//! Whether another try may do: whoever looks again and again goes on.

use super::Error;

impl Error {
    /// Clerk or Svix could not be reached, failed, or wants to be left alone.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::ClerkUnreachable { .. }
                | Self::ClerkFailed { .. }
                | Self::ClerkRateLimited { .. }
                | Self::SvixUnreachable { .. }
                | Self::SvixFailed { .. }
                | Self::SvixRateLimited { .. }
        )
    }
}
