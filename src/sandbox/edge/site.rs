//! Public URLs and the agents that hold them. A site keeps its port when its agent goes, as a domain stays reserved.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::policy::Policy;
use super::refusal::Refusal;
use super::wire::{Bind, ToAgent};

/// A session of an agent, as the edge counts them.
pub(super) type SessionId = u64;

/// One public URL.
#[derive(Debug)]
pub(super) struct Site {
    port: u16,
    holders: Mutex<Holders>,
}

#[derive(Debug, Default)]
struct Holders {
    all: Vec<Holder>,
    turn: usize,
}

/// An agent's session that takes the visitors of a site.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    /// Which session.
    pub session: SessionId,
    /// Its control connection.
    pub say: mpsc::UnboundedSender<ToAgent>,
    /// What stands before the site for this holder.
    pub policy: Arc<Policy>,
    pooling: bool,
}

impl Site {
    /// The public URL.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Whose turn it is; `None` while nobody serves the URL.
    pub(super) fn holder(&self) -> Option<Holder> {
        let mut holders = self.lock();
        holders.turn = holders.turn.wrapping_add(1);
        holders.all.get(holders.turn % holders.all.len().max(1)).cloned()
    }

    /// Whether a session still takes this site's visitors.
    pub(super) fn is_held_by(&self, session: SessionId) -> bool {
        self.lock().all.iter().any(|holder| holder.session == session)
    }

    fn join(&self, newcomer: Holder) -> Result<(), Refusal> {
        let mut holders = self.lock();
        let shared = newcomer.pooling && holders.all.iter().all(|holder| holder.pooling);
        if !holders.all.is_empty() && !shared {
            return Err(Refusal::AlreadyOnline { url: self.url() });
        }
        holders.all.push(newcomer);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Holders> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All sites of an edge, by port.
#[derive(Debug, Default)]
pub(super) struct Sites {
    by_port: Mutex<HashMap<u16, Arc<Site>>>,
}

impl Sites {
    /// Gives a session the URL that it asks for. A listener comes with a site that was not there before.
    pub(super) fn bind(
        &self,
        session: SessionId,
        say: mpsc::UnboundedSender<ToAgent>,
        wish: &Bind,
    ) -> Result<(Arc<Site>, Option<TcpListener>), Refusal> {
        let policy = Arc::new(Policy::parse(wish.policy.as_deref())?);
        let holder = Holder { session, say, policy, pooling: wish.pooling };
        let port = wish.url.as_deref().map_or(Ok(0), loopback_port)?;
        let mut by_port = self.lock();
        if let Some(site) = by_port.get(&port) {
            site.join(holder)?;
            return Ok((site.clone(), None));
        }
        // Another program's port is like another account's domain.
        let taken = |_| Refusal::NotReserved { host: format!("127.0.0.1:{port}") };
        let listener = listen(port).map_err(taken)?;
        let port = listener.local_addr().map_err(taken)?.port();
        let site = Arc::new(Site { port, holders: Mutex::default() });
        site.join(holder)?;
        by_port.insert(port, site.clone());
        Ok((site, Some(listener)))
    }

    /// Puts another policy before a URL for one session; `false` when that session does not hold it.
    pub(super) fn set_policy(&self, session: SessionId, url: &str, text: Option<&str>) -> Result<bool, Refusal> {
        let policy = Arc::new(Policy::parse(text)?);
        let by_port = self.lock();
        let Some(site) = by_port.values().find(|site| site.url() == url) else { return Ok(false) };
        let mut holders = site.lock();
        let mine = holders.all.iter_mut().find(|holder| holder.session == session);
        Ok(mine.map(|holder| holder.policy = policy).is_some())
    }

    /// Takes a session away from one URL, or from all.
    pub(super) fn release(&self, session: SessionId, url: Option<&str>) {
        for site in self.lock().values().filter(|site| url.is_none_or(|url| site.url() == url)) {
            site.lock().all.retain(|holder| holder.session != session);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u16, Arc<Site>>> {
        self.by_port.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn listen(port: u16) -> std::io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// The port of a URL that the edge can serve: plain HTTP on this machine.
fn loopback_port(url: &str) -> Result<u16, Refusal> {
    if url.ends_with('/') {
        return Err(Refusal::UrlSlash { url: url.to_owned() });
    }
    let host = url.strip_prefix("http://").unwrap_or(url);
    if !host.contains("://") && host.contains('/') {
        return Err(Refusal::UrlPart { url: url.to_owned() });
    }
    let port = host.strip_prefix("127.0.0.1:").or_else(|| host.strip_prefix("localhost:"));
    let elsewhere = || Refusal::NotReserved { host: host.rsplit("://").next().unwrap_or(host).to_owned() };
    port.and_then(|port| port.parse().ok()).ok_or_else(elsewhere)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_can_be_asked_for() {
        assert_eq!(loopback_port("http://127.0.0.1:4100"), Ok(4100));
        assert_eq!(loopback_port("http://localhost:4100"), Ok(4100));
        assert_eq!(loopback_port("localhost:4100"), Ok(4100));
        let number = |url| loopback_port(url).err().map(|refusal| refusal.number());
        assert_eq!(number("https://quiet-owl.ngrok-free.app"), Some(319));
        assert_eq!(number("https://127.0.0.1:4100"), Some(319));
        assert_eq!(number("http://127.0.0.1:4100/"), Some(9038));
        assert_eq!(number("http://127.0.0.1:4100/hook"), Some(9037));
    }

    #[tokio::test]
    async fn a_url_has_one_holder_unless_all_pool() {
        let sites = Sites::default();
        let (say, _kept) = mpsc::unbounded_channel();
        let (site, listener) = sites.bind(1, say.clone(), &Bind::default()).expect("a free port");
        assert!(listener.is_some() && site.is_held_by(1));
        let same = |pooling| Bind { url: Some(site.url()), pooling, ..Bind::default() };
        let number = |result: Result<_, Refusal>| result.err().map(|refusal: Refusal| refusal.number());
        assert_eq!(number(sites.bind(2, say.clone(), &same(true)).map(|_| ())), Some(334));

        sites.release(1, None);
        assert!(site.holder().is_none());
        assert!(sites.bind(2, say.clone(), &same(true)).expect("free again").1.is_none());
        assert_eq!(number(sites.bind(3, say.clone(), &same(true)).map(|_| ())), None);
        let turns: Vec<_> = (0..4).filter_map(|_| site.holder()).map(|holder| holder.session).collect();
        assert!(turns == [2, 3, 2, 3] || turns == [3, 2, 3, 2], "{turns:?}");
    }
}
