//! `clerkhook check`: proves the app's own webhook handler, with made-up events and the signing secret alone.

mod junit;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::interval;

use crate::delivery::Origin;
use crate::error::{Error, Result};
use crate::handler::conformance::{
    Case, Choice, Fault, Group, OPEN, Probe, Run, Subject, UnknownCase, cases, skipped, tunnel_host, worst,
};
use crate::handler::sent::Cause;
use crate::history::Keeper;
use crate::http::{Certificates, is_loopback};
use crate::report::{self, CaseSeen, Check, Conformance, Health, Plan, Report, Step};
use crate::steps::target::{self, Target, To};
use crate::steps::{Context, kept, secret};
use crate::ui::Question;
use junit::Suite;

/// Why a case was not sent when the route is wrong.
const NOT_SENT: &str = "not sent: the route comes first";

/// How often a person is told how far it is.
const LOOK: Duration = Duration::from_millis(250);

/// Options of `check`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The handler.
    pub handler: Option<To>,
    /// The event types that it gets.
    pub events: Vec<String>,
    /// Which checks are made.
    pub choice: Choice,
    /// Shows what the handler does.
    pub probe: Option<Probe>,
    /// Only say which there are.
    pub list: bool,
    /// Where the results go as JUnit XML.
    pub junit: Option<PathBuf>,
    /// How long an answer may take.
    pub timeout: Duration,
    /// Any certificate of an app on this machine is taken.
    pub insecure_upstream: bool,
    /// Say what would be sent.
    pub dry_run: bool,
}

/// Checks a handler.
///
/// # Errors
/// `CaseUnknown`, `ProbeFailed`, `AppDown`, `FileUnwritable`, those of the signing secret; `HandlerFailed` when a check does not hold.
pub async fn check(context: &Context, options: &Options) -> Result<()> {
    let unknown = |UnknownCase { name, nearest }| Error::CaseUnknown { name, meant: nearest };
    let chosen = options.choice.of(cases(&options.events)).map_err(unknown)?;
    if options.list {
        return list(context, &chosen);
    }
    let keeper = if options.dry_run { Keeper::none() } else { context.keeper() };
    let checked = check_all(context, options, &chosen, &keeper).await;
    kept::finish(context, &keeper);
    checked
}

async fn check_all(context: &Context, options: &Options, chosen: &[Case], keeper: &Keeper) -> Result<()> {
    let target = target::local(context, options.handler.as_ref());
    let subject = subject(context, options, &target, keeper.clone()).await?;
    let run = Run::new(subject.clone(), chosen.to_vec(), seed());
    let intent = announcement(&run, &subject);
    if options.dry_run {
        context.ui.emit(&Report::Plan(Plan { step: Step::Test, action: "send", detail: intent }));
        return Ok(());
    }
    allow(context, &subject, run.requests()).await?;
    if let Some(probe) = &options.probe {
        let failed = |cause| Error::ProbeFailed { probe: probe.to_string(), cause };
        probe.read(&context.http).await.map_err(failed)?;
    }
    let report = options.junit.as_deref().map(Suite::open).transpose()?;
    context.ui.note(&intent);
    // What was stored is taken back after Ctrl-C too, while a second one leaves at once.
    let made = context.unless_interrupted(watched(context, &run, make(&run, chosen, options))).await;
    context.ui.settle();
    run.clean().await;
    let checks = match made {
        Ok(checks) => checks,
        Err(error) => {
            tell_stored(context, &run);
            return Err(error);
        }
    };
    let of = |group: &Group| checks.iter().filter(|check| check.parts().0 == group.word()).cloned().collect();
    let groups: Vec<Vec<Check>> = Group::ALL.iter().map(of).collect();
    context.ui.emit(&Report::Checks { groups, stopped: is_stopped(&checks) });
    let ended = conclusion(&target, &checks, &run);
    context.ui.emit(&Report::Conformance(ended.clone()));
    // A page or a wall stores nothing.
    if !is_stopped(&checks) {
        tell_stored(context, &run);
    }
    report.map(|report| report.write(&ended.url, &checks)).transpose()?;
    verdict(options, &checks, &ended)
}

fn list(context: &Context, chosen: &[Case]) -> Result<()> {
    for case in chosen {
        context.ui.emit(&Report::Case(report::Case { case: case.full_name(), sent: case.sent.to_owned() }));
    }
    Ok(())
}

async fn subject(context: &Context, options: &Options, target: &Target, keeper: Keeper) -> Result<Subject> {
    let secret = secret::for_signing(context).await?;
    let source = context.settings.signing_secret.as_ref().map(|text| text.source.to_string());
    let source = source.unwrap_or_else(|| "the endpoint".to_owned());
    let here = is_loopback(&target.url);
    if options.insecure_upstream && !here {
        context.ui.warn("`--insecure-upstream` is for apps on this machine; certificates are checked");
    }
    let setup = context.set_up(options.handler.as_ref().map(To::upstream));
    let public_url = setup.map(|setup| setup.public_url);
    Ok(Subject {
        http: context.http.clone(),
        url: target.url.clone(),
        upstream: target.upstream.clone(),
        framework: context.framework(),
        certificates: if options.insecure_upstream && here { Certificates::Any } else { Certificates::Trusted },
        within: options.timeout,
        tunnel_host: here.then(|| tunnel_host(public_url.as_deref())),
        secret_name: format!("{source} ({})", secret.text().masked()),
        keeper,
        cause: Cause { origin: Origin::Check, source: None, secret: Some(secret.clone()) },
        secret,
        events: options.events.clone(),
        probe: options.probe.clone(),
    })
}

/// Differs between runs, as a handler may remember what it has seen.
fn seed() -> u64 {
    let nanoseconds = Timestamp::now().as_nanosecond();
    // The lower half is what differs.
    u64::try_from(nanoseconds & i128::from(u64::MAX)).unwrap_or_default()
}

fn announcement(run: &Run, subject: &Subject) -> String {
    format!(
        "about {} requests to {}, signed with the secret from {}; all ids hold `_clerkhook`",
        run.requests(),
        subject.url,
        subject.secret_name,
    )
}

/// Somebody's handler on another machine may be the real one.
async fn allow(context: &Context, subject: &Subject, requests: usize) -> Result<()> {
    if context.yes || is_loopback(&subject.url) {
        return Ok(());
    }
    let question = Question::OtherMachine { requests, url: subject.url.to_string() };
    context.ui.agree(question, context.shutdown.wait()).await
}

/// Shows how far it is, as a slow app takes a minute.
async fn watched<T>(context: &Context, run: &Run, making: impl Future<Output = T>) -> T {
    let (mut making, mut looks) = (std::pin::pin!(making), interval(LOOK));
    loop {
        tokio::select! {
            made = &mut making => return made,
            _ = looks.tick() => {
                let answered = run.answered();
                let so_far = format!("{} of about {} answered", answered, run.requests().max(answered));
                context.ui.progress(Step::Test, &so_far);
            }
        }
    }
}

async fn make(run: &Run, chosen: &[Case], options: &Options) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    if !options.choice.skip.iter().any(|name| name == Group::Route.word()) {
        match run.route().await {
            Ok(route) => checks = route,
            Err(Fault::Down(cause)) => {
                let fix = "start the app, or name its address: `clerkhook check URL`";
                return Err(Error::AppDown { upstream: run.upstream().to_owned(), cause, fix });
            }
            Err(Fault::Wrong(diagnosis)) => return Ok(stopped(chosen, &diagnosis.found, diagnosis.fix)),
        }
    }
    checks.extend(run.cases().await);
    Ok(checks)
}

/// The route's check, and the others as not made.
fn stopped(chosen: &[Case], found: &str, fix: String) -> Vec<Check> {
    let case = CaseSeen { sent: "a signed event".to_owned(), ..CaseSeen::default() };
    let answers = Check {
        check: "route/answers".to_owned(),
        status: Health::Fail,
        found: found.to_owned(),
        fix: Some(fix),
        case: Some(case),
    };
    let others = chosen.iter().filter(|case| case.full_name() != answers.check).map(|case| skipped(case, NOT_SENT));
    std::iter::once(answers.clone()).chain(others).collect()
}

/// Whether the route ended it.
fn is_stopped(checks: &[Check]) -> bool {
    let [first, others @ ..] = checks else { return false };
    first.status == Health::Fail
        && first.parts().0 == Group::Route.word()
        && others.iter().all(|check| check.found == NOT_SENT)
}

fn conclusion(target: &Target, checks: &[Check], run: &Run) -> Conformance {
    let count = |status: Health| checks.iter().filter(|check| check.status == status).count();
    let (ids, left) = run.stored();
    Conformance {
        url: target.url.to_string(),
        passed: count(Health::Ok),
        failed: count(Health::Fail),
        skipped: count(Health::Skip),
        warned: count(Health::Warn),
        ids,
        left,
    }
}

/// What the handler may have stored, and how it is found.
fn tell_stored(context: &Context, run: &Run) {
    let (ids, left) = run.stored();
    let shown = |ids: &[String]| ids.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    match (ids.len(), left.len()) {
        (0, _) => {}
        (told, 0) => context.ui.note(&format!(
            "the handler was told of {told} made-up user{}, and of the deletion of each; should some be left, their ids \
             begin with `user_clerkhook`",
            if told == 1 { "" } else { "s" }
        )),
        (told, count) => context.ui.warn(&format!(
            "the handler may have stored {count} of {told} made-up records; their ids hold `_clerkhook`: {}{}",
            shown(&left),
            if count > 3 { ", …" } else { "" }
        )),
    }
}

fn verdict(options: &Options, checks: &[Check], ended: &Conformance) -> Result<()> {
    let Some(worst) = worst(checks) else { return Ok(()) };
    let cause = worst.case.as_ref().and_then(|case| case.cause.as_ref());
    let (failed, made) = (ended.failed, checks.len() - ended.skipped);
    let found = match cause {
        _ if is_stopped(checks) => "no check was made, as the route itself is wrong".to_owned(),
        Some(cause) if cause.contains(OPEN) => format!("{OPEN}: {failed} of {made} checks failed"),
        _ => format!("{failed} of {made} checks failed, `{}` among them", worst.check),
    };
    let again = if is_stopped(checks) { String::new() } else { format!(" --only {}", worst.check) };
    let handler = if options.handler.is_some() { format!(" {}", ended.url) } else { String::new() };
    Err(Error::HandlerFailed { found, again: format!("clerkhook check{handler}{again}") })
}
