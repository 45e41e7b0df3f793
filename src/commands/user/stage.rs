//! Where the events are made and seen: the instance, and the running set-up unless nobody waits.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use super::Options;
use crate::clerk::Clerk;
use crate::clerk::user::{Names, User, fresh_address, fresh_word};
use crate::error::{Error, Result};
use crate::report::{self, Report, Status, Step, UserAction};
use crate::steps::Context;
use crate::steps::arrival::{Sought, known};
use crate::steps::endpoint::{Intent, connect_by};
use crate::steps::proof::prove_real;
use crate::steps::trial::Place;

/// The instance and the set-up.
pub struct Stage<'a> {
    /// What every command is handed.
    pub context: &'a Context,
    /// The instance.
    pub clerk: &'a Clerk,
    /// Absent with `--no-wait`.
    pub place: Option<Place>,
    timeout: Duration,
    command: &'static str,
}

/// A user as it is since a change, and when that was asked for.
pub struct Changed {
    /// As Clerk answered it.
    pub user: User,
    /// When the change was asked for; the proof's time counts from there.
    pub at: Instant,
}

impl<'a> Stage<'a> {
    /// Finds the set-up, where one is needed.
    pub async fn enter(context: &'a Context, clerk: &'a Clerk, options: &Options, intent: Intent) -> Result<Self> {
        let place = if options.wait {
            Some(Place::find(context, options.upstream.as_ref(), connect_by(context, clerk, intent)).await?)
        } else {
            None
        };
        Ok(Self { context, clerk, place, timeout: options.timeout, command: options.deed.command() })
    }

    /// Ends the session.
    pub async fn leave(&self) {
        if let Some(place) = &self.place {
            place.leave().await;
        }
    }

    /// `create`: notes the user and gives its id.
    pub async fn create_and_prove(&self) -> Result<()> {
        let made = self.create().await?;
        let (id, clerk) = (&made.user.id, &self.context.settings.clerk_api_url.value);
        if let Err(error) = self.context.state.note_user(id, clerk) {
            self.context.ui.warn(&format!("{error}, so the next command has to be told which user: `{id}`"));
        }
        self.context.ui.emit(&told(UserAction::Created, &made.user).answer());
        self.prove("user.created", &made).await
    }

    /// Notes a user that is to live shortly, so that `user delete` finds it should this process be killed. The one of a
    /// `create` keeps its place.
    pub fn note_unless_another(&self, id: &str) {
        let (state, clerk) = (&self.context.state, &self.context.settings.clerk_api_url.value);
        if state.last_user(clerk).is_none() {
            // What cannot be noted is found by `user delete --all`.
            let _ = state.note_user(id, clerk);
        }
    }

    /// `update`: a message from before the change is not taken for its own.
    pub async fn update_and_prove(&self, user: &User, names: &Names) -> Result<()> {
        let before = match &self.place {
            Some(place) => {
                let trial = place.trial("user.updated", self.timeout, self.command);
                self.context.unless_interrupted(async { Ok(known(&trial).await) }).await?
            }
            None => HashSet::new(),
        };
        let changed = self.update(user, names).await?;
        self.prove_since("user.updated", &changed, before).await
    }

    /// `delete`.
    pub async fn delete_and_prove(&self, user: &User) -> Result<()> {
        let deleted = self.delete(user).await?;
        self.prove("user.deleted", &deleted).await
    }

    /// Makes a user. Not interrupted, nor are the other two: a request that was sent may have been carried out, and
    /// nobody would know.
    pub async fn create(&self) -> Result<Changed> {
        let (address, at, shutdown) = (fresh_address(), Instant::now(), &self.context.shutdown);
        self.go_on()?;
        let step = self.context.begin(Step::User, format!("creating {address}"));
        shutdown.would_leave("user", format!("perhaps the user {address} (`clerkhook user delete --all` deletes it)"));
        let names = Names { first: Some("Clerkhook".to_owned()), last: Some("Test".to_owned()) };
        let made = self.clerk.create_user(&address, &names).await;
        shutdown.cleaned("user");
        let made = step.settle(made, |user| (Status::Ok, format!("{} created, {}", user.id, user.email())));
        if let Err(Error::ClerkUnreachable { .. } | Error::ClerkFailed { .. }) = &made {
            self.context.ui.note("should Clerk have made it all the same, `clerkhook user delete --all` finds it");
        }
        Ok(Changed { user: made?, at })
    }

    /// Gives it other names; without any, another last name.
    pub async fn update(&self, user: &User, names: &Names) -> Result<Changed> {
        let mut names = names.clone();
        if names.first.is_none() && names.last.is_none() {
            names.last = Some(format!("Test-{}", fresh_word()));
        }
        self.go_on()?;
        let at = Instant::now();
        let step = self.context.begin(Step::User, format!("updating {}", user.id));
        let changed = self.clerk.rename_user(&user.id, &names).await;
        let full_name = |user: &User| [&user.first_name, &user.last_name].map(|name| name.clone().unwrap_or_default());
        let words = |user: &User| format!("{} updated: {}", user.id, full_name(user).join(" ").trim());
        let user = step.settle(changed, |user| (Status::Ok, words(user)))?;
        self.context.ui.emit(&told(UserAction::Updated, &user));
        Ok(Changed { user, at })
    }

    /// Deletes it for good.
    pub async fn delete(&self, user: &User) -> Result<Changed> {
        self.go_on()?;
        let at = Instant::now();
        let step = self.context.begin(Step::User, format!("deleting {}", user.id));
        let deleted = self.clerk.delete_user(&user.id).await;
        step.settle(deleted, |()| (Status::Ok, format!("{} deleted", user.id)))?;
        self.context.state.forget_user(&user.id);
        self.context.ui.emit(&told(UserAction::Deleted, user));
        Ok(Changed { user: user.clone(), at })
    }

    /// Finds the message of a change and follows it to the app.
    pub async fn prove(&self, event: &str, changed: &Changed) -> Result<()> {
        self.prove_since(event, changed, HashSet::new()).await
    }

    async fn prove_since(&self, event: &str, changed: &Changed, before: HashSet<String>) -> Result<()> {
        let Some(place) = &self.place else {
            let skipped = format!("{event}: whether it arrived was not looked at (`--no-wait`)");
            self.context.ui.emit(&Report::step(Step::Test, Status::Skip, skipped));
            return Ok(());
        };
        let trial = place.trial(event, self.timeout, self.command);
        let sought = Sought { user: changed.user.clone(), before };
        prove_real(self.context, &trial, &sought, changed.at).await.map(drop)
    }

    fn go_on(&self) -> Result<()> {
        if self.context.shutdown.requested() { Err(Error::Interrupted) } else { Ok(()) }
    }
}

/// The line that tells it.
pub fn told(action: UserAction, user: &User) -> Report {
    Report::User(line(action, user))
}

/// That it was deleted although no step was to do it.
pub fn told_gone(user: &User) -> Report {
    Report::User(report::User { cut_short: true, ..line(UserAction::Deleted, user) })
}

fn line(action: UserAction, user: &User) -> report::User {
    report::User { action, user_id: user.id.clone(), email: user.email().to_owned(), cut_short: false }
}
