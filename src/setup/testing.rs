//! The test of a set-up: once, or whenever the app has changed until it holds.

use std::time::Instant;

use tokio::time::timeout;

use super::Options;
use super::parts::{SetUp, came};
use super::pending::{Pending, Unread};
use crate::error::{Error, Result};
use crate::report::{Proof, Report, Status, Step};
use crate::steps::Context;
use crate::steps::change::Watched;
use crate::steps::proof::prove;

impl SetUp {
    /// Proves it now or not at all. `began`: when the set-up did.
    pub async fn try_once(&mut self, context: &Context, options: &Options, began: Instant) -> Result<()> {
        // The proof of verification has a genuine event of its own.
        if let Some(wish) = options.secure {
            return self.secure(context, options, wish).await.map(drop);
        }
        if self.is_untested(context, options) {
            return Ok(());
        }
        self.taken(context, &options.after(began)).await?;
        self.count_as_taken(context);
        let options = &options.after(began);
        let Some(trial) = self.trial(options) else { return Ok(()) };
        let proven = prove(context, &trial).await;
        self.tested += u64::from(came(&proven));
        self.hold_to(proven).map(drop)
    }

    /// Has the proof made while the set-up lives, or says that it is ready where none is to be made.
    ///
    /// # Errors
    /// Those of going to the background.
    pub fn await_proof(&mut self, context: &Context, options: &Options) -> Result<()> {
        if options.secure.is_none() && self.is_untested(context, options) {
            return self.announce(context, options);
        }
        self.prove_again(context, options);
        Ok(())
    }

    /// Has a proof made of how things stand now.
    pub fn prove_again(&mut self, context: &Context, options: &Options) {
        self.pending = self.pending(context, options);
    }

    fn pending(&self, context: &Context, options: &Options) -> Option<Pending> {
        let (app, project) = (self.app.as_ref()?, &context.project);
        let routes = project.routes.iter().map(|route| project.directory.join(&route.file));
        let written = self.learned.as_ref().and_then(|learned| learned.file.clone());
        let watched = Watched::new(app.upstream.clone(), self.path.clone(), written.clone().into_iter().chain(routes));
        let reload = project.framework.as_ref().map(|found| found.value.framework.reload());
        let is_new = self.learned.as_ref().is_some_and(|learned| learned.written);
        let unread = written.filter(|_| is_new && app.built_in.is_none()).map(|file| Unread::new(file, reload));
        let pending = Pending::new(watched, super::example(&options.events), unread, project.start.as_deref());
        Some(pending.of_known(app.listened))
    }

    /// An app that has to be started again to know the secret has as long for that as its answer.
    async fn taken(&self, context: &Context, options: &Options) -> Result<()> {
        let pending = self.pending(context, options).filter(Pending::waits_for_secret);
        let Some(mut pending) = pending else { return Ok(()) };
        let taking = async { Ok(timeout(options.timeout, pending.next(context)).await) };
        match context.unless_interrupted(taking).await? {
            Ok(()) => Ok(()),
            Err(_) => Err(pending.verdict().unwrap_or(Error::Interrupted)),
        }
    }

    /// A try of the app that goes on beside the rest; `None` where it was done at once.
    ///
    /// # Errors
    /// Those of verification that the app cannot mend.
    pub async fn begin_try(
        &mut self,
        context: &Context,
        options: &Options,
    ) -> Result<Option<impl Future<Output = Result<Proof>> + use<>>> {
        if let Some(wish) = options.secure.filter(|_| !self.ready) {
            let secured = self.secure(context, options, wish).await;
            self.tried(context, options, secured.map(drop))?;
            return Ok(None);
        }
        self.count_as_taken(context);
        let Some(trial) = self.trial(options) else { return Ok(None) };
        let context = context.clone();
        Ok(Some(async move { prove(&context, &trial).await }))
    }

    /// What came of it: the set-up is ready, or waits on.
    ///
    /// # Errors
    /// What the app cannot mend.
    pub fn ended_try(&mut self, context: &Context, options: &Options, proven: Result<Proof>) -> Result<()> {
        self.tested += u64::from(came(&proven));
        let held = self.hold_to(proven).map(drop);
        self.tried(context, options, held)
    }

    /// Of a framework that is known the secret counts as taken once it was waited for, so another cause is looked for.
    fn count_as_taken(&mut self, context: &Context) {
        if context.project.framework.is_some() {
            self.learned.iter_mut().for_each(|learned| learned.written = false);
        }
    }

    fn tried(&mut self, context: &Context, options: &Options, held: Result<()>) -> Result<()> {
        context.ui.settle();
        match held {
            Ok(()) => {
                self.pending = None;
                if !self.ready {
                    self.announce(context, options)?;
                }
                self.show_withheld(context);
                Ok(())
            }
            Err(error @ Error::NotDelivered { .. }) => {
                self.pending.iter_mut().for_each(|pending| pending.failed(context, &error));
                self.show_withheld(context);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn hold_to(&mut self, proven: Result<Proof>) -> Result<Proof> {
        // The app has shown that it knows the secret.
        if proven.is_ok() {
            self.learned.iter_mut().for_each(|learned| learned.written = false);
        }
        proven
    }

    /// Whether no test is to be made, which is said.
    fn is_untested(&self, context: &Context, options: &Options) -> bool {
        let skip = |why: &str| context.ui.emit(&Report::step(Step::Test, Status::Skip, why));
        if self.trial(options).is_none() {
            skip("left to you: send one from the Clerk dashboard");
            return true;
        }
        if options.no_test {
            skip("not sent (`--no-test`)");
        }
        options.no_test
    }
}
