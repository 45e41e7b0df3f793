//! Whether anything listens at the upstream address.

use std::io;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::config::Upstream;

/// Loopback answers at once; another machine gets this long.
const LIMIT: Duration = Duration::from_secs(2);

/// Connects to every address of the upstream's host, as `localhost` may mean `127.0.0.1`, `::1` or both.
///
/// # Errors
/// The system's reason, of the address that was refused last.
pub async fn listens(upstream: &Upstream) -> io::Result<()> {
    let host = upstream.origin().host_str().unwrap_or("localhost").trim_matches(['[', ']']).to_owned();
    let addresses = lookup_host((host, upstream.port())).await?;
    let mut tries = JoinSet::new();
    for address in addresses {
        tries.spawn(async move {
            match timeout(LIMIT, TcpStream::connect(address)).await {
                Ok(connected) => connected.map(drop),
                Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut)),
            }
        });
    }
    let mut last = io::Error::other("the host has no address");
    while let Some(tried) = tries.join_next().await {
        match tried {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => last = error,
            Err(error) => last = io::Error::other(error),
        }
    }
    Err(last)
}
