//! The webhook endpoint: found by our `uid`, created or patched only where it differs, its secret kept.

use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Svix, twins};
use crate::error::{Error, Result};
use crate::http::{Call, Retry};
use crate::report::Action;
use crate::secret::Secret;

/// An endpoint as Svix describes it. Older answers say `filterTypes`, newer ones `eventTypes`, some both.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Described")]
pub struct Endpoint {
    /// `ep_…`.
    pub id: String,
    /// Where events are delivered.
    pub url: String,
    /// The mark by which it is found again.
    pub uid: Option<String>,
    /// Whether deliveries are held back.
    pub disabled: bool,
    /// Its filter; `None` lets every event type through.
    pub events: Option<Vec<String>>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was changed last.
    pub updated_at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    created_at: Option<Timestamp>,
    id: String,
    url: String,
    uid: Option<String>,
    #[serde(default)]
    disabled: bool,
    event_types: Option<Vec<String>>,
    filter_types: Option<Vec<String>>,
    updated_at: Option<Timestamp>,
}

impl From<Described> for Endpoint {
    fn from(described: Described) -> Self {
        let Described { id, url, uid, disabled, event_types, filter_types, created_at, updated_at } = described;
        Self { id, url, uid, disabled, events: event_types.or(filter_types), created_at, updated_at }
    }
}

impl Endpoint {
    /// Whether its filter lets an event type through.
    pub fn lets_through(&self, event: &str) -> bool {
        self.events.as_ref().is_none_or(|events| events.iter().any(|known| known == event))
    }
}

/// What the endpoint should be.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The mark of this machine, user and profile.
    pub uid: String,
    /// The mark that earlier versions gave it.
    pub former: String,
    /// Where events should be delivered.
    pub url: String,
    /// The event types it should listen to.
    pub events: Vec<String>,
    /// Somebody's endpoint to take over.
    pub adopt: Option<String>,
}

/// What has to be done, in full before anything is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The one thing to do.
    pub change: Change,
    /// Endpoints of others with the same URL; they are left alone.
    pub twins: Vec<String>,
    /// The one that was ours until another is adopted.
    pub released: Option<String>,
}

/// The one thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// There is none yet.
    Create(Value),
    /// Some fields differ; the texts say which.
    Patch(Endpoint, Value, Vec<String>),
    /// It is already right.
    Keep(Endpoint),
}

impl Change {
    /// The word for it.
    pub fn action(&self) -> Action {
        match self {
            Self::Create(_) => Action::Created,
            Self::Patch(..) => Action::Updated,
            Self::Keep(_) => Action::Unchanged,
        }
    }

    /// The endpoint as it was.
    pub fn before(&self) -> Option<&Endpoint> {
        match self {
            Self::Create(_) => None,
            Self::Patch(endpoint, ..) | Self::Keep(endpoint) => Some(endpoint),
        }
    }

    /// What differs, for a person.
    pub fn reasons(&self) -> &[String] {
        match self {
            Self::Patch(_, _, reasons) => reasons,
            Self::Create(_) | Self::Keep(_) => &[],
        }
    }
}

/// The endpoint with a mark; where none has it, the one with the former mark.
pub fn marked<'a>(existing: &'a [Endpoint], uid: &str, former: &str) -> Option<&'a Endpoint> {
    let with = |mark: &str| existing.iter().find(|endpoint| endpoint.uid.as_deref() == Some(mark));
    with(uid).or_else(|| with(former))
}

/// Compares what is there with what is wanted.
///
/// # Errors
/// `AdoptMissing` when the endpoint to take over is not there.
pub fn plan(existing: &[Endpoint], wanted: &Wanted) -> Result<Plan> {
    let ours = marked(existing, &wanted.uid, &wanted.former);
    let target = match &wanted.adopt {
        Some(id) => {
            let found = existing.iter().find(|endpoint| endpoint.id == *id);
            Some(found.ok_or_else(|| Error::AdoptMissing { id: id.clone() })?)
        }
        None => ours,
    };
    let is_target = |endpoint: &Endpoint| target.is_some_and(|target| target.id == endpoint.id);
    let released = ours.filter(|ours| target.is_some() && !is_target(ours)).map(|ours| ours.id.clone());
    let mut twins = twins(existing, &wanted.url, target.map(|target| target.id.as_str()));
    twins.retain(|id| released.as_ref() != Some(id));
    let change = match target {
        None => Change::Create(json!({
            "url": wanted.url,
            "uid": wanted.uid,
            "description": "made by clerkhook",
            "filterTypes": wanted.events,
            "disabled": false,
        })),
        Some(endpoint) => difference(endpoint, wanted),
    };
    Ok(Plan { change, twins, released })
}

fn difference(endpoint: &Endpoint, wanted: &Wanted) -> Change {
    let mut patch = Map::new();
    let mut reasons = Vec::new();
    if endpoint.url != wanted.url {
        patch.insert("url".into(), json!(wanted.url));
        reasons.push("URL changed".to_owned());
    }
    if !same_set(endpoint.events.as_deref(), &wanted.events) {
        patch.insert("filterTypes".into(), json!(wanted.events));
        reasons.push("events changed".to_owned());
    }
    if endpoint.disabled {
        patch.insert("disabled".into(), json!(false));
        reasons.push("enabled again".to_owned());
    }
    if endpoint.uid.as_ref() != Some(&wanted.uid) {
        patch.insert("uid".into(), json!(wanted.uid));
        let was_ours = endpoint.uid.as_ref() == Some(&wanted.former);
        reasons.push(if was_ours { "marked anew" } else { "adopted" }.to_owned());
    }
    if patch.is_empty() {
        Change::Keep(endpoint.clone())
    } else {
        Change::Patch(endpoint.clone(), patch.into(), reasons)
    }
}

fn same_set(events: Option<&[String]>, wanted: &[String]) -> bool {
    let Some(events) = events else { return false };
    let sorted = |events: &[String]| {
        let mut events = events.to_vec();
        events.sort();
        events
    };
    sorted(events) == sorted(wanted)
}

#[derive(Deserialize)]
struct SecretAnswer {
    key: String,
}

impl Svix {
    /// All endpoints of the app, over all pages.
    pub async fn endpoints(&self) -> Result<Vec<Endpoint>> {
        self.pages("list endpoints", &self.app_url("endpoint"), usize::MAX).await
    }

    /// Does what was planned and gives the endpoint as it is then.
    pub async fn apply(&self, change: &Change) -> Result<Endpoint> {
        match change {
            Change::Keep(endpoint) => Ok(endpoint.clone()),
            Change::Create(body) => {
                let call = self.idempotent(self.app_url("endpoint"), body.clone());
                self.read("create the endpoint", call).await
            }
            Change::Patch(endpoint, body, _) => self.patch(&endpoint.id, body.clone()).await,
        }
    }

    /// The endpoint's signing secret, `whsec_…`.
    pub async fn secret(&self, endpoint_id: &str) -> Result<Secret> {
        let url = self.app_url(&format!("endpoint/{endpoint_id}/secret"));
        let answer: SecretAnswer = self.read("read the signing secret", Call::get(url)).await?;
        Ok(Secret::new(answer.key))
    }

    /// Makes a new signing secret; the old one signs along for a day. Hosted Svix answers 204, others with the key.
    pub async fn rotate_secret(&self, endpoint_id: &str) -> Result<()> {
        let url = self.app_url(&format!("endpoint/{endpoint_id}/secret/rotate"));
        self.call("rotate the signing secret", self.idempotent(url, json!({}))).await.map(drop)
    }

    /// Signs with this secret from now on, and with no other (Svix docs, endpoint secret rotate).
    pub async fn replace_secret(&self, endpoint_id: &str, secret: &Secret) -> Result<()> {
        let url = self.app_url(&format!("endpoint/{endpoint_id}/secret/rotate"));
        let body = json!({ "key": secret.expose(), "gracePeriodSeconds": 0 });
        self.call("replace the signing secret", self.idempotent(url, body)).await.map(drop)
    }

    /// Holds deliveries back, or lets them go again.
    pub async fn set_disabled(&self, endpoint_id: &str, disabled: bool) -> Result<Endpoint> {
        self.patch(endpoint_id, json!({ "disabled": disabled })).await
    }

    /// Takes our mark off an endpoint and holds its deliveries back; nobody looks after it any more.
    pub async fn release(&self, endpoint_id: &str) -> Result<Endpoint> {
        self.patch(endpoint_id, json!({ "uid": null, "disabled": true })).await
    }

    /// Removes the endpoint with its secret and log. One that is gone already is fine.
    pub async fn delete(&self, endpoint_id: &str) -> Result<()> {
        let url = self.app_url(&format!("endpoint/{endpoint_id}"));
        let call = Call { method: Method::DELETE, ..Call::get(url) };
        match self.call("delete the endpoint", call).await {
            Ok(_) | Err(Error::SvixNotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn patch(&self, endpoint_id: &str, body: Value) -> Result<Endpoint> {
        let url = self.app_url(&format!("endpoint/{endpoint_id}"));
        // The same values twice are the same endpoint, so a patch may be tried again.
        let call = Call { method: Method::PATCH, json: Some(body), retry: Retry::Safe, ..Call::post(url) };
        self.read("change the endpoint", call).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(id: &str, uid: Option<&str>, url: &str) -> Endpoint {
        let events = Some(vec!["user.updated".to_owned(), "user.created".to_owned()]);
        let (id, url, uid) = (id.to_owned(), url.to_owned(), uid.map(str::to_owned));
        Endpoint { id, url, uid, disabled: false, events, created_at: None, updated_at: None }
    }

    fn wanted() -> Wanted {
        let events = vec!["user.created".to_owned(), "user.updated".to_owned()];
        Wanted {
            uid: "clerkhook-1".to_owned(),
            former: "clerkhook-0".to_owned(),
            url: "https://a.example/x".to_owned(),
            events,
            adopt: None,
        }
    }

    #[test]
    fn ours_is_kept_patched_or_created_and_others_are_left_alone() {
        let right = endpoint("ep_1", Some("clerkhook-1"), "https://a.example/x");
        let other = endpoint("ep_2", None, "https://a.example/x");
        let kept = plan(&[other.clone(), right.clone()], &wanted()).expect("a plan");
        assert_eq!(kept, Plan { change: Change::Keep(right.clone()), twins: vec!["ep_2".to_owned()], released: None });

        let stale = Endpoint { url: "https://old.example".to_owned(), disabled: true, events: None, ..right };
        let patched = plan(&[stale], &wanted()).expect("a plan").change;
        assert_eq!(patched.reasons(), ["URL changed", "events changed", "enabled again"]);
        let Change::Patch(_, body, _) = &patched else { panic!("{patched:?}") };
        assert_eq!(
            body,
            &json!({"url": "https://a.example/x", "filterTypes": ["user.created", "user.updated"], "disabled": false})
        );

        let created = plan(&[other], &wanted()).expect("a plan");
        assert!(matches!(created.change, Change::Create(_)));
    }

    #[test]
    fn another_endpoint_is_adopted_only_by_name() {
        let other = endpoint("ep_2", None, "https://a.example/x");
        let adopting = Wanted { adopt: Some("ep_2".to_owned()), ..wanted() };
        let Change::Patch(_, body, _) = plan(std::slice::from_ref(&other), &adopting).expect("a plan").change else {
            panic!("adopting marks it as ours")
        };
        assert_eq!(body, json!({"uid": "clerkhook-1"}));
        let right = endpoint("ep_1", Some("clerkhook-1"), "https://a.example/x");
        let moved = plan(&[right, other.clone()], &adopting).expect("a plan");
        assert_eq!((moved.released.as_deref(), moved.twins), (Some("ep_1"), vec![]));
        let missing = Wanted { adopt: Some("ep_3".to_owned()), ..wanted() };
        assert_eq!(plan(&[other], &missing).expect_err("not there").code(), "CH0601");
    }

    #[test]
    fn both_names_of_the_filter_are_read() {
        for filter in [r#""eventTypes":["a"]"#, r#""filterTypes":["a"]"#, r#""filterTypes":["a"],"eventTypes":["a"]"#] {
            let text = format!(r#"{{"id":"ep_1","url":"https://x","version":1,{filter}}}"#);
            let endpoint: Endpoint = serde_json::from_str(&text).expect("readable");
            assert_eq!(endpoint.events, Some(vec!["a".to_owned()]));
            assert!(endpoint.lets_through("a") && !endpoint.lets_through("b"));
        }
    }
}
