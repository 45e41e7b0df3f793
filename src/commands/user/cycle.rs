//! One user's whole life: made, changed, deleted, each event proven; deleted too when something fails or is interrupted.

use super::stage::{Changed, Stage, told, told_gone};
use crate::clerk::user::{Names, User};
use crate::error::{Error, Result};
use crate::report::UserAction;

/// Leads a user through it.
///
/// # Errors
/// `UserLeft` when it could not be deleted; those of each event.
pub async fn cycle(stage: &Stage<'_>) -> Result<()> {
    let made = stage.create().await?;
    let id = made.user.id.clone();
    let left = format!("the user {id} (`clerkhook user delete {id}` deletes it)");
    stage.context.shutdown.would_leave("user", left);
    stage.note_unless_another(&id);
    stage.context.ui.emit(&told(UserAction::Created, &made.user));
    let lived = match live(stage, &made).await {
        Ok(deleted) => Ok(deleted),
        Err(error) => Err(clear(stage, &made.user, error).await),
    };
    stage.context.shutdown.cleaned("user");
    stage.prove("user.deleted", &lived?).await
}

async fn live(stage: &Stage<'_>, made: &Changed) -> Result<Changed> {
    stage.prove("user.created", made).await?;
    let changed = stage.update(&made.user, &Names::default()).await?;
    stage.prove("user.updated", &changed).await?;
    stage.delete(&changed.user).await
}

/// Deletes it although `error` ended its life early; gives the error that is to be told.
async fn clear(stage: &Stage<'_>, user: &User, error: Error) -> Error {
    let Err(cause) = stage.clerk.delete_user(&user.id).await else {
        stage.context.state.forget_user(&user.id);
        stage.context.ui.emit(&told_gone(user));
        return error;
    };
    let left = Error::UserLeft { id: user.id.clone(), cause: cause.to_string() };
    if matches!(error, Error::Interrupted) {
        stage.context.ui.warn(&format!("{left}: {cause}; {}", left.hint()));
        return error;
    }
    left
}
