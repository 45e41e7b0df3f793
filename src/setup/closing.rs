//! The end of a set-up, in reverse order: no more events, the endpoint, the session, the agent last. Each has a bound, and
//! what could not be done in time is named.

use std::time::Duration;

use tokio::time::timeout;

use super::parts::{SetUp, other_set_up};
use super::{OnExit, Options};
use crate::error::{Error, Result};
use crate::report::{Report, Stopped};
use crate::running::control::Control;
use crate::steps::Context;
use crate::steps::endpoint::{Registered, Remote};
use crate::steps::feed::Feed;
use crate::steps::tunnel::Tunnel;

/// How long Svix has to take the last wish.
const ENDPOINT_ENDS_WITHIN: Duration = Duration::from_millis(1800);

/// Takes everything down that was set up, as far as it goes, and says so.
pub async fn close(context: &Context, options: &Options, setup: SetUp) {
    let SetUp { app, tunnel, remote, registered, deliveries, tested, feed, control, .. } = setup;
    // Nobody finds it any more; the lock tells whoever waits that it is not down yet.
    context.state.withdraw();
    if tunnel.is_none() && remote.is_none() {
        return context.state.forget();
    }
    let delete = control.as_ref().is_some_and(Control::asked_to_delete);
    let on_exit = if delete { Some(OnExit::Delete) } else { options.on_exit };
    let on_exit = on_exit.unwrap_or_else(|| usual(context, tunnel.as_ref()));
    let remote_end = async {
        let endpoint = match (&remote, &registered) {
            (Some(remote), Some(registered)) => Some(end(context, remote, registered, on_exit).await),
            _ => None,
        };
        let log_out = async {
            if let Some(remote) = &remote {
                remote.svix.log_out().await;
            }
        };
        let stop_agent = async {
            if let Some(tunnel) = tunnel {
                tunnel.close(context).await;
            }
        };
        tokio::join!(log_out, stop_agent);
        endpoint
    };
    // It waits for a disk.
    let written = tokio::task::spawn_blocking(move || feed.map_or(0, Feed::finish));
    let (endpoint, lost) = tokio::join!(remote_end, written);
    drop(app);
    context.tell_unkept(lost.unwrap_or(0));
    let left = context.shutdown.leftovers();
    let stopped = Stopped { deliveries, tested, endpoint: endpoint.map(str::to_owned), left, of: None };
    if control.is_some_and(|control| control.asked_to_end()) {
        context.state.leave_word(&stopped);
    }
    context.ui.emit(&Report::Stopped(stopped));
    context.state.forget();
}

/// A fixed URL works again next time; to a random one Svix would deliver in vain for days.
fn usual(context: &Context, tunnel: Option<&Tunnel>) -> OnExit {
    let reused = tunnel.is_some_and(|tunnel| !tunnel.told.started_by_us);
    if reused || context.settings.domain.is_some() { OnExit::Keep } else { OnExit::Disable }
}

/// Whether a set-up that was started later has it now.
async fn is_anothers(context: &Context, remote: &Remote, registered: &Registered) -> bool {
    let id = &registered.endpoint.id;
    if other_set_up(context, id).is_none() {
        return false;
    }
    let endpoints = remote.svix.endpoints().await.unwrap_or_default();
    endpoints.iter().any(|now| now.id == *id && now.url != registered.endpoint.url)
}

async fn end(context: &Context, remote: &Remote, registered: &Registered, on_exit: OnExit) -> &'static str {
    let id = &registered.endpoint.id;
    let doing = async {
        match on_exit {
            _ if is_anothers(context, remote, registered).await => Ok("kept"),
            OnExit::Keep => Ok("kept"),
            OnExit::Disable => remote.svix.set_disabled(id, true).await.map(|_| "disabled"),
            OnExit::Delete => remote.svix.delete(id).await.map(|()| "deleted"),
        }
    };
    let late =
        || Error::SvixUnreachable { url: remote.svix.server().to_owned(), cause: "no answer in time".to_owned() };
    let done: Result<&'static str> = timeout(ENDPOINT_ENDS_WITHIN, doing).await.unwrap_or_else(|_| Err(late()));
    match done {
        Ok(done) => {
            context.shutdown.cleaned("endpoint");
            done
        }
        Err(error) => {
            context.ui.warn(&format!("endpoint `{id}` stays enabled: {error}"));
            "kept"
        }
    }
}
