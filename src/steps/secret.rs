//! The signing secret: fetched, and written where the app reads it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::endpoint::{self, Intent, Registered};
use super::{Begun, Context, project, sandbox_secret};
use crate::config::Source;
use crate::dotenv::{self, Change, Old};
use crate::error::{Error, Result};
use crate::process::{self, Program};
use crate::report::{self, Report, Status, Step};
use crate::running::Setup;
use crate::running::control::{self, Question};
use crate::secret::Secret;
use crate::signature::{SecretFault, SigningSecret};
use crate::svix::Svix;

/// Git answers at once; where it does not, the question is dropped.
const GIT_LIMIT: Duration = Duration::from_secs(2);

/// The doors through which a signing secret comes, all of them shut.
pub const LOOKED: &str = "looked for `CLERK_WEBHOOK_SIGNING_SECRET` and its older names in the environment, `.env.local`, \
                          `.env.development.local`, `.env.development` and `.env`";

/// What to do about env files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvWish {
    /// Which one to write.
    pub place: EnvPlace,
    /// A secret that is replaced stays as a comment.
    pub keep_old: bool,
    /// The app gets it from clerkhook itself, and need not load it.
    pub app_is_told: bool,
}

/// Which env file to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EnvPlace {
    /// Choose it by the project; beside a sandbox none.
    #[default]
    Choose,
    /// This one.
    File(PathBuf),
    /// None.
    Nowhere,
}

/// The secret, and whether the app must be started again to know it.
#[derive(Clone, Debug)]
pub struct Learned {
    /// For verifying.
    pub secret: SigningSecret,
    /// The env file was changed, and the app has not shown yet that it knows.
    pub written: bool,
    /// The env file that holds it.
    pub file: Option<PathBuf>,
}

/// Fetches the endpoint's secret, unless it was `read` already, and writes it to the env file. A sandbox's new endpoint
/// takes the project's first.
///
/// # Errors
/// Those of Svix and of env files.
pub async fn learn(
    context: &Context,
    svix: &Svix,
    registered: &Registered,
    read: Option<Secret>,
    env: &EnvWish,
) -> Result<Learned> {
    let step = context.begin(Step::Secret, "reading the signing secret");
    let fetched = match read {
        Some(text) => Ok(text),
        None => of_endpoint(context, svix, registered).await,
    };
    write(context, step, fetched, env).await
}

/// The secret of a registered endpoint. A sandbox's new endpoint takes the project's first.
///
/// # Errors
/// Those of Svix.
pub async fn of_endpoint(context: &Context, svix: &Svix, registered: &Registered) -> Result<Secret> {
    match sandbox_secret::settle(context, svix, registered).await? {
        Some(settled) => Ok(settled),
        None => context.unless_interrupted(svix.secret(&registered.endpoint.id)).await,
    }
}

/// The same for an endpoint that is as it was: nothing changes at Svix.
///
/// # Errors
/// Those of Svix and of env files.
pub async fn fetch(context: &Context, svix: &Svix, endpoint_id: &str, env: &EnvWish) -> Result<Learned> {
    let step = context.begin(Step::Secret, "reading the signing secret");
    let fetched = context.unless_interrupted(svix.secret(endpoint_id)).await;
    write(context, step, fetched, env).await
}

async fn write(context: &Context, step: Begun, fetched: Result<Secret>, env: &EnvWish) -> Result<Learned> {
    let learned = match fetched {
        Ok(text) => keep(context, text, "the endpoint", env).await,
        Err(error) => Err(error),
    };
    settle(step, learned)
}

/// Tells the running set-ups of an endpoint that its secret is another one now, so that whoever verifies keeps in step.
///
/// # Errors
/// Those of the set-up.
pub async fn tell_set_ups(context: &Context, endpoint_id: &str) -> Result<()> {
    let with_it = |setup: &Setup| setup.endpoint_id.as_deref() == Some(endpoint_id);
    let setups = context.state.running().into_iter().map(|(_, setup)| setup).filter(with_it);
    for address in setups.filter_map(|setup| setup.control) {
        control::ask(&context.http.patient(), &address, &Question::SecretRotated).await?;
    }
    Ok(())
}

/// The secret that the app most likely verifies with: the project's own, else the endpoint's.
///
/// # Errors
/// `SigningSecretMalformed`, `EndpointMissing`, those of Clerk and Svix.
pub async fn known(context: &Context) -> Result<SigningSecret> {
    if let Some(text) = &context.settings.signing_secret {
        return parse(&text.value, &text.source.to_string());
    }
    let connected = context.unless_interrupted(endpoint::connect(context, Intent::Look)).await?;
    let remote = connected.ok_or(Error::EndpointMissing)?;
    let ours = endpoint::ours(context, &remote.endpoints)?.ok_or(Error::EndpointMissing)?;
    let fetched = context.unless_interrupted(remote.svix.secret(&ours.id)).await;
    remote.svix.log_out().await;
    parse(&fetched?, "the endpoint")
}

/// The same for a delivery of our own, which needs no Clerk key where a secret is at hand.
///
/// # Errors
/// `SigningSecretMissing` where there is neither secret nor key; those of [`known`].
pub async fn for_signing(context: &Context) -> Result<SigningSecret> {
    let settings = &context.settings;
    let nothing_to_ask = settings.clerk_secret_key.is_none() && !context.ui.interactive();
    if settings.signing_secret.is_none() && nothing_to_ask {
        let looked = format!("{LOOKED}; there is no Clerk key to fetch it with either");
        return Err(Error::SigningSecretMissing { looked });
    }
    known(context).await
}

/// Takes a text as a signing secret.
///
/// # Errors
/// `SigningSecretMalformed`.
pub fn parse(text: &Secret, source_name: &str) -> Result<SigningSecret> {
    let malformed = |fault: SecretFault| Error::SigningSecretMalformed {
        source_name: source_name.to_owned(),
        why: fault.to_string(),
    };
    SigningSecret::parse(text.expose()).map_err(malformed)
}

/// Takes a secret that was given by hand.
///
/// # Errors
/// `SigningSecretMalformed` and those of env files.
pub async fn take(context: &Context, text: &Secret, source: &Source, env: &EnvWish) -> Result<Learned> {
    let step = context.begin(Step::Secret, "taking the signing secret");
    settle(step, keep(context, text.clone(), &source.to_string(), env).await)
}

fn settle(step: Begun, kept: Result<(Learned, Status, String)>) -> Result<Learned> {
    let (learned, ..) = step.settle(kept, |(_, status, words)| (*status, words.clone()))?;
    Ok(learned)
}

async fn keep(context: &Context, text: Secret, source_name: &str, env: &EnvWish) -> Result<(Learned, Status, String)> {
    let secret = parse(&text, source_name)?;
    let (status, words, written, file) = match target(context, env)? {
        Target::Leave(why) => (Status::Skip, why.to_owned(), false, None),
        Target::Write(path, name) => {
            let before = dotenv::read(&path)?.and_then(|variables| variables.get(&name).cloned());
            let old = if env.keep_old { Old::Keep } else { Old::Drop };
            let change = dotenv::write(&path, &name, secret.text(), old)?;
            let written =
                Written { path: &path, name: &name, change, before, now: secret.text(), told: env.app_is_told };
            warn_of_exported(context, &written);
            let (status, words) = told(context, &written).await;
            (status, words, change != Change::Unchanged, Some(path))
        }
    };
    Ok((Learned { secret, written, file }, status, words))
}

enum Target {
    Leave(&'static str),
    Write(PathBuf, String),
}

/// What was done to an env file.
struct Written<'a> {
    path: &'a Path,
    name: &'a str,
    change: Change,
    before: Option<Secret>,
    now: &'a Secret,
    told: bool,
}

impl Written<'_> {
    fn shown(&self, context: &Context) -> String {
        project::from(&context.settings.working_directory, self.path).display().to_string()
    }
}

fn target(context: &Context, env: &EnvWish) -> Result<Target> {
    let path = match &env.place {
        EnvPlace::Nowhere => return Ok(Target::Leave("known; no env file written (`--no-env`)")),
        EnvPlace::Choose if context.settings.sandbox => {
            return Ok(Target::Leave("known; a sandbox's is not written to env files (`--env-file FILE` does)"));
        }
        EnvPlace::Choose => context.project.env_path(),
        EnvPlace::File(path) => context.settings.working_directory.join(path),
    };
    let variables = dotenv::read(&path)?;
    let name = context.project.variable_name(&variables.unwrap_or_default());
    Ok(Target::Write(path, name))
}

async fn told(context: &Context, written: &Written<'_>) -> (Status, String) {
    let (name, shown) = (written.name, written.shown(context));
    let ignored = is_ignored(context, written.path).await;
    let git = match ignored {
        Some(true) => " (git-ignored)",
        Some(false) => " (NOT git-ignored: add it to `.gitignore`)",
        None => "",
    };
    let load = if written.told { "" } else { "; restart the app to load it" };
    let before = written.before.as_ref().filter(|before| !before.expose().is_empty());
    let words = match (written.change, before) {
        (Change::Unchanged, _) => format!("{name} in {shown}{git} is right"),
        (Change::Replaced, Some(before)) => {
            format!("{name} in {shown}{git}: {} replaced by {}{load}", before.masked(), written.now.masked())
        }
        (Change::Created | Change::Added | Change::Replaced, _) => {
            format!("{name} written to {shown}{git}{load}")
        }
    };
    (if ignored == Some(false) { Status::Warn } else { Status::Ok }, words)
}

/// Says that the app prefers what its environment holds (Node's `dotenv`, Next and Vite alike).
fn warn_of_exported(context: &Context, written: &Written<'_>) {
    let Some(exported) = &context.settings.exported_signing_secret else { return };
    let Source::Environment(name) = exported.source else { return };
    if exported.value.expose() == written.now.expose() {
        return;
    }
    context.ui.warn(&format!(
        "the environment exports {name} as {}, which wins over {} in {}: unset it where the app is started",
        exported.value.masked(),
        written.now.masked(),
        written.shown(context)
    ));
}

/// `None` outside a repository, or without git.
async fn is_ignored(context: &Context, path: &Path) -> Option<bool> {
    let git = which::which_in("git", context.settings.search_path.clone(), &context.settings.working_directory).ok()?;
    let directory = path.parent()?.as_os_str().to_owned();
    let args = ["-C".into(), directory, "check-ignore".into(), "--quiet".into(), path.as_os_str().to_owned()];
    let output = process::output(&Program::new(git, args), GIT_LIMIT).await.ok()?;
    // git check-ignore: 0 ignored, 1 not ignored, 128 no repository.
    match output.status.code() {
        Some(0) => Some(true),
        Some(1) => Some(false),
        _ => None,
    }
}

/// What a dry run would do to the env file.
pub fn planned(context: &Context, env: &EnvWish) -> Result<Report> {
    let (action, detail) = match target(context, env)? {
        Target::Leave(why) => ("skip", why.to_owned()),
        Target::Write(path, name) => {
            let known = dotenv::read(&path)?.is_some_and(|variables| variables.get(&name).is_some());
            let action = if known { "change" } else { "create" };
            (action, format!("{name} in {} with the endpoint's signing secret", path.display()))
        }
    };
    Ok(Report::Plan(report::Plan { step: Step::Secret, action, detail }))
}
