//! A run: the route, then the cases in their order, then what was stored is taken back.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use url::Url;

use super::cases::{Case, Group, Kind};
use super::compose::compose;
use super::judge::{Came, Facts, judge, skipped};
use super::ledger::Ledger;
use super::message::{self, Message, Signing, Workshop};
use super::probe::{self, Probe};
use super::route::{self, Fault, Next, Place};
use crate::handler::sent::{self, Cause};
use crate::handler::{Answer, Diagnosis, Framework, stand_in};
use crate::history::Keeper;
use crate::http::{Certificates, Delivered, Http};
use crate::report::{Check, Health};
use crate::signature::SigningSecret;

/// Stands in for a tunnel's host name where none is known.
const TUNNEL_HOST: &str = "clerkhook-check.ngrok-free.dev";

/// The slow body comes in so many pieces, with so long between them: two seconds together.
const PIECES: usize = 8;
const PAUSE: Duration = Duration::from_millis(280);

/// The handler, and what it is asked with.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Clients.
    pub http: Http,
    /// Where it is.
    pub url: Url,
    /// The app, as hints name it.
    pub upstream: String,
    /// What its project is made with.
    pub framework: Option<Framework>,
    /// Whose certificates are accepted.
    pub certificates: Certificates,
    /// How long an answer may take.
    pub within: Duration,
    /// The host name of the running tunnel; `None` where the request must go to the real host.
    pub tunnel_host: Option<String>,
    /// With which events are signed.
    pub secret: SigningSecret,
    /// Where what is sent is kept.
    pub keeper: Keeper,
    /// As what it is kept.
    pub cause: Cause,
    /// The secret's source and mask.
    pub secret_name: String,
    /// The event types that it gets.
    pub events: Vec<String>,
    /// Shows what it does.
    pub probe: Option<Probe>,
}

/// A run over one handler.
#[derive(Debug)]
pub struct Run {
    subject: Subject,
    cases: Vec<Case>,
    workshop: Mutex<Workshop>,
    ledger: Mutex<Ledger>,
    answered: AtomicUsize,
}

impl Run {
    /// Nothing is sent yet. `seed` makes the ids differ from those of another run.
    pub fn new(subject: Subject, cases: Vec<Case>, seed: u64) -> Self {
        let has_example = |event: &&String| Workshop::body(event, 0).is_some();
        let usual = subject.events.iter().find(|event| *event == "user.created");
        let base = usual.or_else(|| subject.events.iter().find(has_example)).map_or("user.created", String::as_str);
        let workshop = Mutex::new(Workshop::new(subject.secret.clone(), base, seed));
        Self { subject, cases, workshop, ledger: Mutex::default(), answered: AtomicUsize::new(0) }
    }

    /// The app.
    pub fn upstream(&self) -> &str {
        &self.subject.upstream
    }

    /// Clients.
    pub(super) fn http(&self) -> &Http {
        &self.subject.http
    }

    /// The messages that are repeated between readings: each once.
    fn probed(&self, case: &Case, messages: &Option<Vec<Message>>) -> Option<(&Probe, Vec<Message>)> {
        let probe = self.subject.probe.as_ref()?;
        let messages = messages.as_ref().filter(|messages| !messages.is_empty())?;
        match case.kind {
            Kind::DuplicateId => Some((probe, messages[..1].to_vec())),
            Kind::UpdateBeforeCreate => Some((probe, messages.clone())),
            _ => None,
        }
    }

    /// How many requests the cases take, without those that take back what was stored.
    pub fn requests(&self) -> usize {
        self.cases.iter().map(Case::requests).sum()
    }

    /// How many requests have come to an end.
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// Everything that the handler accepted, and what of it may still be stored.
    pub fn stored(&self) -> (Vec<String>, Vec<String>) {
        let ledger = lock(&self.ledger);
        (ledger.ids().to_vec(), ledger.left())
    }

    /// Looks at the route. Its checks are those that were chosen.
    ///
    /// # Errors
    /// `Fault` when the cases would tell nothing.
    pub async fn route(&self) -> Result<Vec<Check>, Fault> {
        let came = self.send(self.signed(Signing::Right)).await;
        let answers = match self.follow(&came).await {
            Next::Stop(fault) => return Err(fault),
            _ => came,
        };
        let mut checks = Vec::new();
        for case in self.cases.iter().filter(|case| case.group == Group::Route) {
            checks.push(match case.kind {
                Kind::TunnelHost => self.tunnel_host(case).await,
                _ => self.answers(case, &answers),
            });
        }
        Ok(checks)
    }

    /// Sends the cases and judges them.
    pub async fn cases(&self) -> Vec<Check> {
        let chosen: Vec<&Case> = self.cases.iter().filter(|case| case.group != Group::Route).collect();
        let messages: Vec<Option<Vec<Message>>> = self.messages(&chosen);
        let slow = chosen.iter().position(|case| case.kind == Kind::SlowClient);
        let readings = Mutex::new(Vec::new());
        let one_by_one = async {
            let mut all = Vec::new();
            for (case, messages) in chosen.iter().zip(&messages) {
                if let Some((probe, messages)) = self.probed(case, messages) {
                    let (came, seen) = probe::repeat(self, probe, messages).await;
                    readings.lock().unwrap_or_else(PoisonError::into_inner).push((case.kind.clone(), seen));
                    all.push(came);
                    continue;
                }
                let sent = if matches!(case.kind, Kind::SlowClient | Kind::TwentyAtOnce) { &None } else { messages };
                all.push(self.send_all(sent.clone().unwrap_or_default()).await);
            }
            all
        };
        // Two seconds of waiting need not be waited for; what comes at once must be alone.
        let slowly = self.send_slowly(slow.and_then(|at| messages[at].clone()));
        let (mut came, slowly) = tokio::join!(one_by_one, slowly);
        if let Some(at) = slow {
            came[at].extend(slowly);
        }
        if let Some(at) = chosen.iter().position(|case| case.kind == Kind::TwentyAtOnce) {
            came[at] = self.send_at_once(messages[at].clone().unwrap_or_default()).await;
        }
        let facts = self.facts(&chosen, &came);
        let judged = chosen.iter().zip(&came).zip(&messages);
        judged
            .map(|((case, came), messages)| match messages {
                None => skipped(case, "there is no example of this event type"),
                Some(_) => {
                    let readings = readings.lock().unwrap_or_else(PoisonError::into_inner);
                    let seen = readings.iter().find(|(kind, _)| *kind == case.kind).map(|(_, seen)| seen);
                    let check = judge(case, came, &facts);
                    seen.into_iter().fold(check, probe::judged)
                }
            })
            .collect()
    }

    /// Tells the handler to delete the users that it accepted. Stops where it does not answer.
    pub async fn clean(&self) {
        let left = lock(&self.ledger).left();
        for id in left.iter().filter(|id| id.starts_with("user_")) {
            let message = lock(&self.workshop).message(message::deletion(id), Signing::Right);
            if self.send(message).await.is_err() {
                return;
            }
        }
    }

    fn answers(&self, case: &Case, came: &Came) -> Check {
        let check = judge(case, std::slice::from_ref(came), &self.plain_facts());
        // What a handler makes of a good event is the cases' to say.
        let seen = check.case.map(|seen| crate::report::CaseSeen { cause: None, ..seen });
        Check { status: Health::Ok, fix: None, case: seen, ..check }
    }

    async fn tunnel_host(&self, case: &Case) -> Check {
        let Some(host) = &self.subject.tunnel_host else {
            return skipped(case, "not sent: the app is not on this machine");
        };
        let mut message = lock(&self.workshop).message("{}", Signing::None);
        message.headers.push(message::header("host", host));
        message.headers.push(message::header("x-forwarded-host", host));
        message.headers.push(message::header("x-forwarded-proto", "https"));
        let came = self.send(message).await;
        let check = judge(case, std::slice::from_ref(&came), &self.plain_facts());
        let fault = route::tunnel_host(&came, self.place());
        let status = if fault.is_some() { Health::Fail } else { Health::Ok };
        let (cause, fix) = fault.map(|fault| (fault.found, fault.fix)).unzip();
        let seen = check.case.map(|seen| crate::report::CaseSeen { cause, ..seen });
        Check { status, fix, case: seen, ..check }
    }

    /// Asks on until it is clear whether a handler answers.
    async fn follow(&self, came: &Came) -> Next {
        let mut next = route::first(came, self.place());
        let Ok(answer) = came else { return next };
        if next == Next::Neighbour {
            let mut elsewhere = self.subject.url.clone();
            elsewhere.set_path("/clerkhook-no-such-route");
            let message = lock(&self.workshop).message("{}", Signing::None);
            next = route::neighbour(answer, &self.send_to(&elsewhere, message).await, self.place());
        }
        match next {
            Next::Signature => {
                let forged = self.send(self.signed(Signing::Forged)).await;
                let body = lock(&self.workshop).base();
                let half = lock(&self.workshop).message(&body.as_bytes()[..body.len() / 2], Signing::Forged);
                route::signature(answer, &forged, &self.send(half).await, self.place())
            }
            Next::StandIn => {
                let Subject { http, url, certificates, .. } = &self.subject;
                stand_in(http, url, *certificates, answer)
                    .await
                    .map_or(Next::Cases, |found| Next::Stop(Fault::Wrong(found)))
            }
            Next::OtherPaths(diagnosis) => Next::Stop(Fault::Wrong(self.suggested(diagnosis).await)),
            next => next,
        }
    }

    /// Asks the usual paths what they take; `OPTIONS` changes nothing.
    async fn suggested(&self, diagnosis: Diagnosis) -> Diagnosis {
        let options = Message { method: "OPTIONS", ..message::get() };
        if let Some(diagnosis) = route::takes_others(&self.send_to(&self.subject.url, options).await, self.place()) {
            return diagnosis;
        }
        let mut taking = Vec::new();
        for path in route::USUAL_PATHS.iter().filter(|path| **path != self.subject.url.path()) {
            let mut url = self.subject.url.clone();
            url.set_path(path);
            let options = Message { method: "OPTIONS", ..message::get() };
            if route::takes_post(&self.send_to(&url, options).await) {
                taking.push(*path);
            }
        }
        route::suggest(diagnosis, &taking)
    }

    fn signed(&self, signing: Signing) -> Message {
        let mut workshop = lock(&self.workshop);
        let body = workshop.base();
        workshop.message(body, signing)
    }

    fn messages(&self, cases: &[&Case]) -> Vec<Option<Vec<Message>>> {
        let mut workshop = lock(&self.workshop);
        let life = workshop.seed();
        cases.iter().map(|case| compose(&mut workshop, &case.kind, life, &self.subject.events)).collect()
    }

    fn place(&self) -> Place<'_> {
        let Subject { url, upstream, within, secret_name, framework, .. } = &self.subject;
        Place { path: url.path(), upstream, framework: *framework, within: *within, secret: secret_name }
    }

    fn plain_facts(&self) -> Facts<'_> {
        let Place { path, upstream, framework, within, .. } = self.place();
        Facts { open: false, takes: false, rewrites: false, within, path, upstream, framework }
    }

    fn facts(&self, cases: &[&Case], came: &[Vec<Came>]) -> Facts<'_> {
        let accepted = |wanted: &dyn Fn(&Kind) -> bool| {
            let mut of = cases.iter().zip(came).filter(|(case, _)| wanted(&case.kind));
            of.any(|(_, came)| came.iter().any(|came| came.as_ref().is_ok_and(Answer::is_success)))
        };
        let sent = |wanted: Kind| cases.iter().any(|case| case.kind == wanted);
        let plain = accepted(&|kind| matches!(kind, Kind::Event(_) | Kind::TwoSignatures | Kind::DuplicateId));
        Facts {
            open: accepted(&|kind| matches!(kind, Kind::NoHeaders | Kind::Forged)),
            takes: plain,
            rewrites: plain && sent(Kind::SpacedJson) && !accepted(&|kind| *kind == Kind::SpacedJson),
            ..self.plain_facts()
        }
    }

    pub(super) async fn send_all(&self, messages: Vec<Message>) -> Vec<Came> {
        let mut all = Vec::with_capacity(messages.len());
        for message in messages {
            all.push(self.send(message).await);
        }
        all
    }

    async fn send_at_once(&self, messages: Vec<Message>) -> Vec<Came> {
        let mut tasks = JoinSet::new();
        for message in messages {
            let (subject, body) = (self.subject.clone(), message.body.clone());
            tasks.spawn(async move { (dispatch(&subject, &subject.url, message).await, body) });
        }
        let mut all = Vec::new();
        while let Some(Ok((came, body))) = tasks.join_next().await {
            self.note(&came, &body);
            all.push(came);
        }
        all
    }

    async fn send_slowly(&self, messages: Option<Vec<Message>>) -> Vec<Came> {
        let mut all = Vec::new();
        for message in messages.unwrap_or_default() {
            let Subject { http, url, certificates, within, keeper, cause, .. } = &self.subject;
            let body = message.body.clone();
            let delivered = Delivered {
                method: message.method,
                url,
                headers: &message.headers,
                body: message.body,
                within: Some(*within + PAUSE * u32::try_from(PIECES).unwrap_or(u32::MAX)),
                certificates: *certificates,
            };
            let came = sent::deliver_slowly(http, keeper, cause, delivered, (PIECES, PAUSE)).await;
            self.note(&came, &body);
            all.push(came);
        }
        all
    }

    async fn send(&self, message: Message) -> Came {
        self.send_to(&self.subject.url, message).await
    }

    async fn send_to(&self, url: &Url, message: Message) -> Came {
        let body = message.body.clone();
        let came = dispatch(&self.subject, url, message).await;
        self.note(&came, &body);
        came
    }

    fn note(&self, came: &Came, body: &[u8]) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        if came.as_ref().is_ok_and(Answer::is_success) {
            lock(&self.ledger).note(body);
        }
    }
}

/// The host name to try as a tunnel's: that of the running set-up, else one that looks like it.
pub fn tunnel_host(public_url: Option<&str>) -> String {
    let host = public_url.and_then(|url| Url::parse(url).ok()?.host_str().map(str::to_owned));
    let real = host.filter(|host| host != "localhost" && host.parse::<std::net::IpAddr>().is_err());
    real.unwrap_or_else(|| TUNNEL_HOST.to_owned())
}

async fn dispatch(subject: &Subject, url: &Url, message: Message) -> Came {
    let delivered = Delivered {
        method: message.method,
        url,
        headers: &message.headers,
        body: message.body,
        within: Some(subject.within),
        certificates: subject.certificates,
    };
    sent::deliver(&subject.http, &subject.keeper, &subject.cause, delivered).await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
