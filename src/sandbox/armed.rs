//! The faults that have yet to happen.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::fault::{Fault, Kind, Mischief, Portal, Service, Wire};

/// Faults, each taken as often as it may happen.
#[derive(Debug)]
pub struct Armed(Mutex<Vec<Fault>>);

impl Armed {
    /// All of them, in the order in which they are looked at.
    pub fn new(faults: Vec<Fault>) -> Self {
        Self(Mutex::new(faults))
    }

    /// What is to go wrong with a call, which is method and path.
    pub fn call(&self, service: Service, call: &str) -> Option<Wire> {
        self.take(|kind| match kind {
            Kind::Call(whose, wire, part) if *whose == service => {
                part.as_ref().is_none_or(|part| call.contains(part)).then(|| wire.clone())
            }
            _ => None,
        })
    }

    /// What is to go wrong with a portal URL.
    pub fn portal(&self) -> Option<Portal> {
        self.take(|kind| match kind {
            Kind::Portal(portal) => Some(*portal),
            _ => None,
        })
    }

    /// Whether a user without a password is refused.
    pub fn password_required(&self) -> bool {
        self.take(|kind| (*kind == Kind::PasswordRequired).then_some(())).is_some()
    }

    /// Whether a user's change is kept from the webhooks.
    pub fn silent(&self) -> bool {
        self.take(|kind| (*kind == Kind::Silent).then_some(())).is_some()
    }

    /// Whether this is to go wrong with a delivery.
    pub fn delivery(&self, mischief: Mischief) -> bool {
        self.take(|kind| (*kind == Kind::Delivery(mischief)).then_some(())).is_some()
    }

    /// How soon Svix gives up on an app, where a fault says so.
    pub fn delivery_timeout(&self) -> Option<Duration> {
        self.take(|kind| match kind {
            Kind::DeliveryTimeout(timeout) => Some(*timeout),
            _ => None,
        })
    }

    /// Finds the first fault that fits and counts it.
    fn take<T>(&self, fits: impl Fn(&Kind) -> Option<T>) -> Option<T> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (place, found) = faults.iter().enumerate().find_map(|(place, fault)| Some((place, fits(&fault.kind)?)))?;
        match &mut faults[place].times {
            Some(1) => {
                faults.remove(place);
            }
            Some(times) => *times -= 1,
            None => {}
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_happens_as_often_as_it_may() {
        let armed =
            Armed::new(vec!["svix=429:2@endpoint".parse().expect("a fault"), "svix=500".parse().expect("a fault")]);
        let statuses: Vec<_> = ["/msg", "/endpoint", "/endpoint/x", "/endpoint"]
            .iter()
            .map(|path| armed.call(Service::Svix, path))
            .collect();
        assert_eq!(statuses, [500, 429, 429, 500].map(|status| Some(Wire::Status(status))));
        assert_eq!(armed.call(Service::Clerk, "/endpoint"), None);
    }
}
