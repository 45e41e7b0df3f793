//! The one stream of what a command tells: whoever shows it subscribes, and gets each report in its order.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, TryLockError};

use tokio::time::Instant;

use super::{Report, Status, Step};

/// Shows what is told, and decides what of it.
pub trait Renderer: Send + Sync {
    /// Shows a report, or says nothing of it.
    fn show(&self, report: &Report);
}

/// Hands each report to every renderer, one after the other, and knows which steps have begun.
#[derive(Default)]
pub struct Stream {
    renderers: RwLock<Vec<Arc<dyn Renderer>>>,
    /// Held while a report is shown, so that all see the same order.
    begun: Mutex<Vec<(Step, Instant)>>,
}

impl Stream {
    /// From now on `renderer` gets every report.
    pub fn subscribe(&self, renderer: Arc<dyn Renderer>) {
        self.renderers.write().unwrap_or_else(PoisonError::into_inner).push(renderer);
    }

    /// Tells something. A step that was begun ends before it begins once more, and where the work ends.
    pub fn emit(&self, report: &Report) {
        // The log comes from anywhere: it waits for no order.
        if let Report::Log(_) = report {
            return self.show(report);
        }
        self.pass(self.begun.lock().unwrap_or_else(PoisonError::into_inner), report);
    }

    /// The same, but past a renderer that is at work and may hang; then steps are not ended.
    pub fn emit_at_once(&self, report: &Report) {
        match self.begun.try_lock() {
            Ok(begun) => self.pass(begun, report),
            Err(TryLockError::Poisoned(poisoned)) => self.pass(poisoned.into_inner(), report),
            Err(TryLockError::WouldBlock) => self.show(report),
        }
    }

    fn pass(&self, mut begun: MutexGuard<'_, Vec<(Step, Instant)>>, report: &Report) {
        match report {
            Report::Step { step, status, .. } => {
                let known = begun.iter().position(|(begun, _)| begun == step).map(|place| begun.remove(place));
                if *status == Status::Start {
                    known.into_iter().for_each(|step| self.cut_short(step));
                    begun.push((*step, Instant::now()));
                }
            }
            Report::Settled | Report::Ended | Report::Farewell(_) => {
                begun.drain(..).for_each(|step| self.cut_short(step));
            }
            _ => {}
        }
        self.show(report);
    }

    fn cut_short(&self, (step, at): (Step, Instant)) {
        self.show(&Report::CutShort { step, ms: u64::try_from(at.elapsed().as_millis()).ok() });
    }

    fn show(&self, report: &Report) {
        let renderers = self.renderers.read().unwrap_or_else(PoisonError::into_inner);
        renderers.iter().for_each(|renderer| renderer.show(report));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Remembers what it was shown, in short.
    #[derive(Default)]
    struct Memory(Mutex<Vec<String>>);

    impl Renderer for Memory {
        fn show(&self, report: &Report) {
            let short = match report {
                Report::Step { step, status, .. } => format!("{} {status:?}", step.word()),
                Report::CutShort { step, .. } => format!("{} cut short", step.word()),
                other => format!("{other:?}"),
            };
            self.0.lock().expect("no panic").push(short);
        }
    }

    fn shown(reports: &[Report]) -> Vec<String> {
        let (stream, memories) = (Stream::default(), [Arc::new(Memory::default()), Arc::default()]);
        memories.iter().for_each(|memory: &Arc<Memory>| stream.subscribe(Arc::clone(memory) as Arc<dyn Renderer>));
        reports.iter().for_each(|report| stream.emit(report));
        let [first, second] = memories.map(|memory| std::mem::take(&mut *memory.0.lock().expect("no panic")));
        assert_eq!(first, second);
        first
    }

    #[test]
    fn each_begun_step_ends_once_for_every_renderer() {
        let step = |step, status| Report::step(step, status, "");
        let told = shown(&[
            step(Step::App, Status::Start),
            step(Step::Tunnel, Status::Start),
            step(Step::Endpoint, Status::Warn),
            step(Step::App, Status::Ok),
            step(Step::Tunnel, Status::Start),
            Report::Settled,
            Report::Ended,
        ]);
        let wanted = "app Start, tunnel Start, endpoint Warn, app Ok, tunnel cut short, tunnel Start, tunnel cut short";
        assert_eq!(told.join(", "), format!("{wanted}, Settled, Ended"));
    }

    #[test]
    fn whoever_leaves_at_once_does_not_wait_for_a_renderer_that_hangs() {
        let (stream, memory) = (Stream::default(), Arc::new(Memory::default()));
        stream.subscribe(Arc::clone(&memory) as Arc<dyn Renderer>);
        let at_work = stream.begun.lock().expect("no panic");
        stream.emit_at_once(&Report::Ended);
        drop(at_work);
        assert_eq!(*memory.0.lock().expect("no panic"), ["Ended"]);
    }
}
