//! STUB, replaced at merge: ngrok's edge.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use crate::secret::Secret;

/// STUB.
pub struct Edge {
    address: SocketAddr,
}

impl Edge {
    /// STUB.
    pub async fn start(_authtoken: Secret) -> io::Result<Self> {
        Ok(Self { address: SocketAddr::from((Ipv4Addr::LOCALHOST, 9)) })
    }

    /// STUB.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// STUB.
    pub async fn stop(self) {}
}
