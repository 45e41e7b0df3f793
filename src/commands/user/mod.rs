//! `clerkhook user`: makes the real events happen with throw-away users, and proves that they arrive.

mod clean;
mod cycle;
mod stage;
mod target;

use std::time::Duration;

use tokio::time::Instant;

use crate::clerk::user::Names;
use crate::config::Upstream;
use crate::error::Result;
use crate::report::{Plan, Report, Step};
use crate::steps::Context;
use crate::steps::endpoint::{self, Intent};
use crate::steps::proof::deliverable;
use stage::Stage;

/// What to do.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Make one.
    Create,
    /// Give other names to this one, or to the last one that was made.
    Update(Option<String>, Names),
    /// Delete this one, or the last one that was made.
    Delete(Option<String>),
    /// Delete every one that clerkhook made.
    DeleteAll,
    /// Make one, change it, delete it.
    Cycle,
}

/// Options of `user`.
#[derive(Clone, Debug)]
pub struct Options {
    /// What to do.
    pub deed: Deed,
    /// Which tunnel, when several run.
    pub upstream: Option<Upstream>,
    /// Whether to prove that each event arrives.
    pub wait: bool,
    /// How long to wait for each proof.
    pub timeout: Duration,
    /// Say what would be done.
    pub dry_run: bool,
}

impl Deed {
    /// The events that it makes.
    fn events(&self) -> &'static [&'static str] {
        match self {
            Self::Create => &["user.created"],
            Self::Update(..) => &["user.updated"],
            Self::Delete(_) => &["user.deleted"],
            Self::DeleteAll => &[],
            Self::Cycle => &["user.created", "user.updated", "user.deleted"],
        }
    }

    /// The command that tries it again.
    fn command(&self) -> &'static str {
        match self {
            Self::Create => "clerkhook user create",
            Self::Update(..) => "clerkhook user update",
            Self::Delete(_) | Self::DeleteAll => "clerkhook user delete",
            Self::Cycle => "clerkhook user cycle",
        }
    }
}

/// Does it. Before anything is changed, the endpoint must be able to get the events.
///
/// # Errors
/// `UserUnnamed`, `UserMissing`, `UserForeign`, `UserQuota`, `UserLeft`, those of `send-test`, those of Clerk.
pub async fn user(context: &Context, options: &Options) -> Result<()> {
    let intent = if options.dry_run { Intent::Look } else { Intent::Send };
    let clerk = endpoint::clerk(context, intent).await?;
    if matches!(options.deed, Deed::DeleteAll) {
        return clean::delete_all(context, &clerk, options.dry_run).await;
    }
    context.http.end_by(Some(Instant::now() + options.timeout));
    let mut stage = Stage::enter(context, &clerk, options, intent).await?;
    let done = perform(context, &mut stage, options).await;
    stage.leave().await;
    done
}

async fn perform(context: &Context, stage: &mut Stage<'_>, options: &Options) -> Result<()> {
    if let Some(place) = &stage.place {
        deliverable(&place.endpoint, options.deed.events())?;
    }
    // Looked for first: who names a user wrongly is told before anything else happens.
    let user = match &options.deed {
        Deed::Update(id, _) | Deed::Delete(id) => Some(target::find(context, stage.clerk, id.as_deref()).await?),
        Deed::Create | Deed::DeleteAll | Deed::Cycle => None,
    };
    if options.dry_run {
        let user = user.map(|user| format!("{}, {}", user.id, user.email()));
        options.deed.events().iter().for_each(|event| plan(context, event, user.as_deref()));
        return Ok(());
    }
    if let Some(place) = &mut stage.place {
        place.prepare(context).await?;
    }
    context.http.end_by(None);
    match (&options.deed, user) {
        (Deed::Create, _) => stage.create_and_prove().await,
        (Deed::Update(_, names), Some(user)) => stage.update_and_prove(&user, names).await,
        (Deed::Delete(_), Some(user)) => stage.delete_and_prove(&user).await,
        (Deed::Cycle, _) => cycle::cycle(stage).await,
        (Deed::Update(..) | Deed::Delete(_) | Deed::DeleteAll, _) => Ok(()),
    }
}

fn plan(context: &Context, event: &str, user: Option<&str>) {
    let (action, what) = match event {
        "user.created" => ("create", "a throw-away user"),
        "user.updated" => ("change", user.unwrap_or("its last name")),
        _ => ("delete", user.unwrap_or("it again")),
    };
    let detail = format!("{what}, which makes {event}");
    context.ui.emit(&Report::Plan(Plan { step: Step::User, action, detail }));
}
