//! The test of a set-up: once, or whenever the app has changed until it holds.

use super::Options;
use super::parts::{SetUp, came};
use super::pending::Pending;
use crate::error::{Error, Result};
use crate::report::{Proof, Report, Status, Step};
use crate::steps::Context;
use crate::steps::change::Watched;
use crate::steps::proof::prove;

impl SetUp {
    /// Proves it now or not at all.
    pub async fn try_once(&mut self, context: &Context, options: &Options) -> Result<()> {
        // The proof of verification has a genuine event of its own.
        if let Some(wish) = options.secure {
            return self.secure(context, options, wish).await.map(drop);
        }
        if self.is_untested(context, options) {
            return Ok(());
        }
        let Some(trial) = self.trial(options) else { return Ok(()) };
        let proven = prove(context, &trial).await;
        self.tested += u64::from(came(&proven));
        self.hold_to(proven).map(drop)
    }

    /// Has the proof made while the set-up lives, or says that it is ready where none is to be made.
    pub fn await_proof(&mut self, context: &Context, options: &Options) {
        if options.secure.is_none() && self.is_untested(context, options) {
            return self.announce(context, options);
        }
        self.prove_again(options);
    }

    /// Has a proof made of how things stand now.
    pub fn prove_again(&mut self, options: &Options) {
        let Some(app) = &self.app else { return };
        let files: Vec<_> = self.learned.iter().filter_map(|learned| learned.file.clone()).collect();
        let watched = Watched::new(app.upstream.clone(), self.path.clone(), files);
        self.pending = Some(Pending::new(watched, super::example(&options.events), None));
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
        let Some(held) = self.trial(options).map(|trial| trial.held()) else { return Ok(None) };
        let context = context.clone();
        Ok(Some(async move { prove(&context, &held.trial()).await }))
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

    fn tried(&mut self, context: &Context, options: &Options, held: Result<()>) -> Result<()> {
        context.ui.settle();
        match held {
            Ok(()) => {
                self.pending = None;
                if !self.ready {
                    self.announce(context, options);
                }
                Ok(())
            }
            Err(error @ Error::NotDelivered { .. }) => {
                self.pending.iter_mut().for_each(|pending| pending.failed(context, &error));
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
