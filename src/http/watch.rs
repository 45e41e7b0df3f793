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

    /// Waits for one answer from this address.
    pub async fn waiting<T>(&self, url: &Url, answer: impl Future<Output = T>) -> T {
        let slow = async {
            sleep(SLOW).await;
            self.tell.iter().for_each(|tell| tell(url));
            std::future::pending().await
        };
        tokio::select! {
            answer = answer => answer,
            answer = slow => answer,
        }
    }

    /// Ends a call with all its tries when the time is over: `None`.
    pub async fn in_time<T>(&self, call: impl Future<Output = T>) -> Option<T> {
        let ends = *self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let late = async {
            match ends {
                Some(time) => sleep_until(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            answer = call => Some(answer),
            () = late => None,
        }
    }
}
