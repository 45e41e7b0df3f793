//! A delivery as a row of the picker: what tells it apart from the others, in as many columns as there are.

use console::{measure_text_width, truncate_str};

use crate::report::{Delivery, Signature};
use crate::ui::human::local_time;
use crate::ui::text::harmless;

/// From this width on, types have room and verdicts are words.
const WIDE: usize = 70;

/// What is offered.
#[derive(Clone, Debug)]
pub enum Offer {
    /// A delivery.
    Delivery(Box<Offered>),
    /// Anything else: its name, and what tells it apart.
    Named(String, String),
}

/// A delivery that is offered.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The delivery.
    pub delivery: Delivery,
    /// Whom it tells of: an address, or an id.
    pub who: Option<String>,
}

impl Offer {
    /// Whether each word of a filter stands somewhere in it.
    pub fn matches(&self, filter: &str) -> bool {
        match self {
            Self::Delivery(offered) => offered.matches(filter),
            Self::Named(name, detail) => {
                let all = format!("{name} {detail}").to_lowercase();
                filter.to_lowercase().split_whitespace().all(|word| all.contains(word))
            }
        }
    }

    /// As many columns as there are, or fewer.
    pub fn row(&self, columns: usize) -> String {
        match self {
            Self::Delivery(offered) => offered.row(columns),
            Self::Named(name, detail) => {
                truncate_str(&harmless(&format!("{name}  {detail}")), columns, "…").trim_end().to_owned()
            }
        }
    }
}

impl Offered {
    fn matches(&self, filter: &str) -> bool {
        let Delivery { id, message_id, event, path, received_at, .. } = &self.delivery;
        let status = self.delivery.status_code.map(|status| status.to_string());
        let known = [Some(id), message_id.as_ref(), event.as_ref(), Some(path), self.who.as_ref(), status.as_ref()];
        let mut all: Vec<String> = known.into_iter().flatten().map(|text| text.to_lowercase()).collect();
        all.extend([self.delivery.signature.word().to_owned(), local_time(received_at)]);
        filter.to_lowercase().split_whitespace().all(|word| all.iter().any(|text| text.contains(word)))
    }

    fn row(&self, columns: usize) -> String {
        let delivery = &self.delivery;
        let wide = columns >= WIDE;
        let event = harmless(delivery.event.as_deref().unwrap_or(&delivery.path)).into_owned();
        let room = if wide { 24 } else { 12 };
        let event = truncate_str(&event, room, "…");
        let status = delivery.status_code.map_or_else(|| "…".to_owned(), |status| status.to_string());
        let verdict = match (wide, delivery.signature) {
            (true, signature) => format!("{:<9}", signature.word()),
            (false, Signature::Valid) => "✓".to_owned(),
            (false, Signature::Invalid) => "✗".to_owned(),
            (false, Signature::Unchecked) => "!".to_owned(),
        };
        let gap = if wide { "  " } else { " " };
        let blank = " ".repeat(room.saturating_sub(measure_text_width(&event)));
        let time = local_time(&delivery.received_at);
        let front = format!("{time}{gap}{event}{blank}{gap}{status:>3}{gap}{verdict}{gap}");
        let left = columns.saturating_sub(measure_text_width(&front));
        let who = harmless(self.who.as_deref().or(delivery.message_id.as_deref()).unwrap_or(&delivery.id)).into_owned();
        // Addresses differ at their beginning, ids at their end.
        let who = if who.contains('@') { truncate_str(&who, left, "…").into_owned() } else { tail(&who, left) };
        truncate_str(&format!("{front}{who}"), columns, "…").trim_end().to_owned()
    }
}

/// The end of a text, with `…` in front when it is longer than these columns.
pub fn tail(text: &str, columns: usize) -> String {
    if measure_text_width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = Vec::new();
    let mut used = 1;
    for letter in text.chars().rev() {
        used += measure_text_width(letter.encode_utf8(&mut [0; 4]));
        if used > columns {
            break;
        }
        kept.push(letter);
    }
    std::iter::once('…').chain(kept.into_iter().rev()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn offer(event: &str, who: &str) -> Offered {
        let delivery = Delivery {
            id: "airt_1".into(),
            message_id: Some("msg_2abc".into()),
            event: Some(event.into()),
            method: "POST".into(),
            path: "/api/webhooks".into(),
            status_code: Some(200),
            duration_ms: Some(4),
            signature: Signature::Valid,
            reason: None,
            replay: false,
            received_at: "2026-11-24T10:00:00Z".into(),
            origin: crate::delivery::Origin::Clerk,
            set_up: None,
        };
        Offered { delivery, who: Some(who.into()) }
    }

    #[test]
    fn what_tells_apart_stays_on_a_narrow_row() {
        let row = offer("organizationMembership.created", "user_2abcdefghijklmnopqX7").row(37);
        assert!(row.ends_with("X7") && row.contains("organizatio…") && row.contains("200 ✓"), "{row}");
        let row = offer("user.created", "ann@example.com").row(37);
        assert!(row.contains("user.created 200 ✓ ann@exa"), "{row}");
        let row = offer("user.created", "ann@example.com").row(77);
        assert!(row.contains("200  valid") && row.ends_with("ann@example.com"), "{row}");
    }

    #[test]
    fn a_filter_is_words_in_any_order_and_case() {
        let offer = offer("user.created", "Ann@example.com");
        for filter in ["", "ann", "CREATED ann@", "200 valid", "2abc", "airt"] {
            assert!(offer.matches(filter), "{filter}");
        }
        assert!(!offer.matches("ann bob"));
    }

    proptest! {
        #[test]
        fn no_row_is_wider_than_its_room(event in "\\PC{0,60}", who in "\\PC{0,60}", columns in 1usize..130) {
            prop_assert!(measure_text_width(&offer(&event, &who).row(columns)) <= columns);
        }
    }
}
