//! What each case sends.

use super::cases::{Kind, MANY};
use super::message::{self, Message, Signing, Workshop};

/// The messages of a case, in their order. `None` where the catalogue has no example; empty where the handler gets no
/// such events.
pub fn compose(workshop: &mut Workshop, kind: &Kind, life: u64, events: &[String]) -> Option<Vec<Message>> {
    let gets = |event: &str| events.iter().any(|known| known == event);
    let message = match kind {
        Kind::Answers | Kind::TunnelHost => return Some(Vec::new()),
        Kind::Event(event) => workshop.message(Workshop::body(event, life)?, Signing::Right),
        Kind::Get => message::get(),
        Kind::EmptyBody => workshop.message("", Signing::Right),
        Kind::DuplicateId => {
            let message = signed(workshop, str::to_owned, Signing::Right);
            return Some(vec![message.clone(), message]);
        }
        Kind::TwentyAtOnce => {
            return Some((0..MANY).map(|_| signed(workshop, str::to_owned, Signing::Right)).collect());
        }
        Kind::UpdateBeforeCreate if !gets("user.updated") || !gets("user.created") => return Some(Vec::new()),
        Kind::UpdateBeforeCreate => {
            let seed = workshop.seed();
            let bodies = [Workshop::body("user.updated", seed)?, Workshop::body("user.created", seed)?];
            return Some(bodies.map(|body| workshop.message(body, Signing::Right)).into());
        }
        Kind::DeleteUnknown if !gets("user.deleted") => return Some(Vec::new()),
        Kind::DeleteUnknown => {
            let seed = workshop.seed();
            workshop.message(Workshop::body("user.deleted", seed)?, Signing::Right)
        }
        Kind::UnknownType => {
            let seed = workshop.seed();
            workshop.message(message::unknown_type(seed), Signing::Right)
        }
        Kind::TamperedBody => {
            let mut message = signed(workshop, str::to_owned, Signing::Right);
            message.body = message::tampered(&String::from_utf8_lossy(&message.body)).into_bytes();
            message
        }
        Kind::SpacedJson => signed(workshop, message::spaced, Signing::Right),
        Kind::NonAscii => signed(workshop, message::foreign, Signing::Right),
        Kind::LargeBody => signed(workshop, message::large, Signing::Right),
        Kind::BrokenJson => signed(workshop, |body| body[..body.len() / 2].to_owned(), Signing::Right),
        Kind::SlowClient => signed(workshop, str::to_owned, Signing::Right),
        Kind::TwoSignatures => signed(workshop, str::to_owned, Signing::Rotated),
        Kind::NoHeaders => signed(workshop, str::to_owned, Signing::None),
        Kind::Forged => signed(workshop, str::to_owned, Signing::Forged),
        Kind::Stale => signed(workshop, str::to_owned, Workshop::STALE),
        Kind::Future => signed(workshop, str::to_owned, Workshop::FUTURE),
        Kind::WrongSecret => signed(workshop, str::to_owned, Signing::WrongKey),
        Kind::WebhookHeaders => signed(workshop, str::to_owned, Signing::StandardNames),
    };
    Some(vec![message])
}

/// The usual event of somebody new, its body changed before it is signed.
fn signed(workshop: &mut Workshop, change: impl Fn(&str) -> String, signing: Signing) -> Message {
    let body = change(&workshop.base());
    workshop.message(body, signing)
}
