//! Whose the endpoints of an instance are: this machine's, by every profile that it knows, another clerkhook's, or others'.

use std::time::Duration;

use jiff::Timestamp;

use super::Context;
use crate::config::{Book, Settings, Source, Sourced};
use crate::error::Result;
use crate::report::{Listing, Owner};
use crate::running::{Marks, Setup};
use crate::svix::{self, Endpoint};

/// What the marks of clerkhook begin with.
const MARK: &str = "clerkhook-";

/// What is known here of marks and of what runs.
#[derive(Debug)]
pub struct Census {
    marks: Vec<(String, Marks)>,
    running: Vec<Setup>,
}

impl Census {
    /// Takes the profiles of the config file, those of what runs, and the one that is set.
    ///
    /// # Errors
    /// `State` where this machine has no id.
    pub fn take(context: &Context) -> Result<Self> {
        let running: Vec<Setup> = context.state.running().into_iter().map(|(_, setup)| setup).collect();
        let in_file = Book::open(&context.settings.config_dir.value).map(|book| book.profiles()).unwrap_or_default();
        let mut profiles = vec!["default".to_owned(), context.settings.profile.value.clone()];
        profiles.extend(in_file.into_iter().chain(running.iter().map(|setup| setup.profile.clone())));
        profiles.sort();
        profiles.dedup();
        let of = |profile: String| {
            let named = Sourced::new(profile.clone(), Source::Default);
            let settings = Settings { profile: named, ..context.settings.clone() };
            context.state.marks(&settings).map(|marks| (profile, marks))
        };
        Ok(Self { marks: profiles.into_iter().map(of).collect::<Result<_>>()?, running })
    }

    /// What is told of an endpoint.
    pub fn listing(&self, endpoint: &Endpoint) -> Listing {
        let profile = self.profile(endpoint);
        let owner = match (profile, &endpoint.uid) {
            (Some(_), _) => Owner::Here,
            (None, Some(uid)) if uid.starts_with(MARK) => Owner::Clerkhook,
            _ => Owner::Other,
        };
        Listing {
            endpoint_id: endpoint.id.clone(),
            url: endpoint.url.clone(),
            kind: svix::kind(&endpoint.url),
            owner,
            profile: profile.map(str::to_owned),
            served: self.running.iter().any(|setup| setup.endpoint_id.as_ref() == Some(&endpoint.id)),
            disabled: endpoint.disabled,
            events: endpoint.events.clone().unwrap_or_default(),
            created_at: endpoint.created_at.map(|at| at.to_string()),
            updated_at: endpoint.updated_at.map(|at| at.to_string()),
        }
    }

    fn profile(&self, endpoint: &Endpoint) -> Option<&str> {
        let uid = endpoint.uid.as_deref()?;
        let has = |(_, marks): &&(String, Marks)| [marks.now.as_str(), marks.former.as_str()].contains(&uid);
        self.marks.iter().find(has).map(|(profile, _)| profile.as_str())
    }
}

/// How long ago an endpoint was changed last: `up` changes it each time that its URL is another one.
pub fn age(listing: &Listing) -> Option<Duration> {
    let changed: Timestamp = listing.updated_at.as_ref().or(listing.created_at.as_ref())?.parse().ok()?;
    Timestamp::now().duration_since(changed).try_into().ok()
}
