//! Lists of Svix, page by page: `{data, iterator, done}` (Svix docs, API pagination).

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::Svix;
use crate::error::Result;
use crate::http::Call;

/// Most that Svix gives in a page (Svix docs, API).
const MOST: usize = 250;

#[derive(Deserialize)]
struct Page<T> {
    data: Vec<T>,
    iterator: Option<String>,
    #[serde(default)]
    done: bool,
}

impl Svix {
    /// The first `most` items of a list, over as many pages as that takes; `what` completes "Svix does not allow to …".
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        what: &'static str,
        list: &Url,
        most: usize,
    ) -> Result<Vec<T>> {
        let mut items = Vec::new();
        let mut iterator: Option<String> = None;
        while items.len() < most {
            let mut url = list.clone();
            url.query_pairs_mut().append_pair("limit", &MOST.min(most - items.len()).to_string());
            if let Some(iterator) = &iterator {
                url.query_pairs_mut().append_pair("iterator", iterator);
            }
            let page: Page<T> = self.read(what, Call::get(url)).await?;
            let empty = page.data.is_empty();
            items.extend(page.data);
            match page.iterator {
                Some(next) if !page.done && !empty && iterator.as_ref() != Some(&next) => iterator = Some(next),
                _ => break,
            }
        }
        items.truncate(most);
        Ok(items)
    }
}
