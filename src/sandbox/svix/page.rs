//! Lists by pages: `{data, iterator, prevIterator, done}`; an iterator is the id of an item, or `-` and one.

use std::cmp::Ordering;
use std::ops::Range;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::parameters::Parameters;
use super::refusal::Refusal;

/// How a list is ordered where the caller does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    Descending,
}

impl Order {
    fn compare(self, one: &str, other: &str) -> Ordering {
        match self {
            Self::Ascending => one.cmp(other),
            Self::Descending => other.cmp(one),
        }
    }
}

/// A part of a list.
#[derive(Debug, PartialEq)]
pub struct Page<T> {
    items: Vec<T>,
    iterator: Option<String>,
    previous: Option<String>,
    done: bool,
}

impl<T> Page<T> {
    /// Cuts the page that `limit`, `iterator` and `order` ask for. `id` gives what items are ordered by.
    pub fn cut(
        mut items: Vec<T>,
        id: impl Fn(&T) -> &str,
        parameters: &Parameters,
        order: Order,
    ) -> Result<Self, Refusal> {
        let limit = usize::from(parameters.number("limit", 1..=250)?.unwrap_or(50));
        let order = match parameters.text("order") {
            Some("ascending") => Order::Ascending,
            Some("descending") => Order::Descending,
            _ => order,
        };
        items.sort_by(|one, other| order.compare(id(one), id(other)));
        let ids: Vec<&str> = items.iter().map(&id).collect();
        let (range, done) = range(&ids, limit, parameters.text("iterator"), order);
        let items: Vec<T> = items.drain(range).collect();
        let iterator = items.last().map(|item| id(item).to_owned());
        let previous = items.first().map(|item| format!("-{}", id(item)));
        Ok(Self { items, iterator, previous, done })
    }

    /// The answer, each item as `shape` gives it.
    pub fn answer(&self, shape: impl Fn(&T) -> Value) -> Response {
        let body = json!({
            "data": self.items.iter().map(shape).collect::<Vec<_>>(),
            "iterator": self.iterator,
            "prevIterator": self.previous,
            "done": self.done,
        });
        Json(body).into_response()
    }
}

/// Which of the ordered ids are on the page, and whether nothing follows in its direction. An item that was deleted
/// meanwhile still marks its place.
fn range(ids: &[&str], limit: usize, iterator: Option<&str>, order: Order) -> (Range<usize>, bool) {
    if let Some(first) = iterator.and_then(|iterator| iterator.strip_prefix('-')) {
        let end = ids.partition_point(|id| order.compare(id, first).is_lt());
        let start = end.saturating_sub(limit);
        return (start..end, start == 0);
    }
    let start = iterator.map_or(0, |last| ids.partition_point(|id| order.compare(id, last).is_le()));
    let end = ids.len().min(start + limit);
    (start..end, end == ids.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(items: &[&'static str], query: &[(&str, &str)]) -> Result<Page<&'static str>, Refusal> {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Page::cut(items.to_vec(), |item| item, &Parameters(query), Order::Descending)
    }

    #[test]
    fn pages_go_forth_and_back() {
        let items = ["c", "a", "e", "b", "d"];
        let first = cut(&items, &[("limit", "2")]).expect("a page");
        assert_eq!((first.items, first.iterator.as_deref(), first.done), (vec!["e", "d"], Some("d"), false));
        let last = cut(&items, &[("limit", "3"), ("iterator", "d")]).expect("a page");
        assert_eq!((last.items, last.previous.as_deref(), last.done), (vec!["c", "b", "a"], Some("-c"), true));
        let back = cut(&items, &[("limit", "1"), ("iterator", "-c")]).expect("a page");
        assert_eq!((back.items, back.done), (vec!["d"], false));
        let ascending = cut(&items, &[("limit", "2"), ("order", "ascending"), ("iterator", "b")]).expect("a page");
        assert_eq!((ascending.items, ascending.done), (vec!["c", "d"], false));
    }

    #[test]
    fn a_deleted_item_still_marks_its_place_and_no_item_needs_no_page() {
        assert_eq!(cut(&["e", "b", "a"], &[("iterator", "c")]).expect("a page").items, ["b", "a"]);
        let empty = cut(&[], &[]).expect("a page");
        assert_eq!((empty.iterator, empty.previous, empty.done), (None, None, true));
    }

    #[test]
    fn a_limit_out_of_range_is_invalid() {
        for limit in ["0", "251", "many"] {
            assert_eq!(
                cut(&["a"], &[("limit", limit)]).err(),
                Some(Refusal::invalid("query", Some("limit"), "value must be an integer from 1 to 250", "value_error"))
            );
        }
    }

    proptest! {
        #[test]
        fn walking_all_pages_sees_each_item_once(count in 0usize..60, limit in 1usize..20) {
            let ids: Vec<String> = (0..count).map(|number| format!("{number:03}")).collect();
            let mut seen = Vec::new();
            let mut iterator = None;
            loop {
                let mut query = vec![("limit".to_owned(), limit.to_string())];
                query.extend(iterator.map(|iterator| ("iterator".to_owned(), iterator)));
                let page = Page::cut(ids.clone(), |id| id, &Parameters(query), Order::Ascending).expect("a page");
                seen.extend(page.items);
                if page.done {
                    break;
                }
                iterator = page.iterator;
            }
            prop_assert_eq!(seen, ids);
        }
    }
}
