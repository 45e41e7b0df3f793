//! What every call is watched for: one that takes long is told of, and at a set time all of them end.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};
use url::Url;

/// A call that takes longer is told of.
pub const SLOW: Duration = Duration::from_secs(3);

/// Is handed the address of a call that takes long.
type Tell = Box<dyn Fn(&Url) + Send + Sync>;

/// The watch over the calls of some clients.
#[derive(Default)]
pub struct Watch {
    tell: Option<Tell>,
    ends: Mutex<Option<Instant>>,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Watch").field("ends", &self.ends).finish_non_exhaustive()
    }
}

impl Watch {
    /// One that tells.
    pub fn telling(tell: impl Fn(&Url) + Send + Sync + 'static) -> Self {
        Self { tell: Some(Box::new(tell)), ends: Mutex::default() }
    }

    /// Sets when every call ends that is begun from now on.
    pub fn end_by(&self, time: Option<Instant>) {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }

    /// Watches a call to this address; `None` when its time is over.
    pub async fn over<T>(&self, url: &Url, call: impl Future<Output = T>) -> Option<T> {
        let ends = *self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let slow = async {
            sleep(SLOW).await;
            self.tell.iter().for_each(|tell| tell(url));
            std::future::pending().await
        };
        let late = async {
            match ends {
                Some(time) => sleep_until(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            answer = call => Some(answer),
            answer = slow => answer,
            () = late => None,
        }
    }
}
