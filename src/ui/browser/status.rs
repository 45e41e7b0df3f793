//! The line that stands below the lines of a set-up while it runs: where it leads, whether it is verified, how much came, and
//! the keys. As much of it as has room; what matters least goes first.

use super::super::text::grouped;
use super::text::Plain;
use crate::ui::paint::{BAD, FAINT, GOOD, NAME, ODD, paint};
use crate::ui::painted::{Painted, painted};

/// Between its parts.
const BETWEEN: &str = "  ";

/// What the line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusLine {
    /// The proof held.
    pub ready: bool,
    /// The public URL.
    pub public_url: String,
    /// The app, as it was named, and the route in it.
    pub upstream: String,
    /// The route.
    pub path: String,
    /// `ep_…`.
    pub endpoint: Option<String>,
    /// Who verifies on the way, if anybody does.
    pub verified_by: Option<String>,
    /// How many came.
    pub events: usize,
    /// Of those, how many failed.
    pub failed: usize,
}

impl StatusLine {
    /// The line, in so many columns.
    pub fn line(&self, columns: usize) -> Painted {
        let mut parts = self.parts();
        // What goes first stands last in rank; marks, counts and keys stay as long as anything does.
        while width(&parts) > columns
            && let Some((least, _)) = parts.iter().enumerate().max_by_key(|(_, (rank, _))| *rank)
            && parts.len() > 1
        {
            parts.remove(least);
        }
        Painted::join(parts.into_iter().map(|(_, part)| part), BETWEEN)
    }

    /// Each part with its rank: the higher, the sooner it goes.
    fn parts(&self) -> Vec<(u8, Painted)> {
        let bare = |url: &str| Plain::of(url.trim_start_matches("http://")).as_str().to_owned();
        let state = if self.ready { paint(GOOD, "● ready") } else { paint(ODD, "◌ waiting") };
        let events = if self.events == 1 { "event" } else { "events" };
        let counts = painted!("{} {}", grouped(self.events), events);
        let failed = (self.failed > 0).then(|| paint(BAD, painted!("{} failed", grouped(self.failed))));
        let verified = match &self.verified_by {
            Some(by) => paint(GOOD, painted!("verified by {}", by)),
            None => paint(FAINT, "not verified on the way"),
        };
        let keys = painted!("{} look  {} stop", paint(NAME, "⏎"), paint(NAME, "^C"));
        let place = |rank: u8, part: Option<Painted>| part.map(|part| (rank, part));
        [
            place(0, Some(state)),
            place(4, (!self.public_url.is_empty()).then(|| Painted::text(&self.public_url))),
            place(5, Some(painted!("→ {}{}", bare(&self.upstream), self.path))),
            place(7, self.endpoint.as_ref().map(|endpoint| paint(FAINT, endpoint))),
            place(6, Some(verified)),
            place(1, Some(counts)),
            place(2, failed),
            place(3, Some(keys)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn width(parts: &[(u8, Painted)]) -> usize {
    let between = BETWEEN.len() * parts.len().saturating_sub(1);
    parts.iter().map(|(_, part)| part.width()).sum::<usize>() + between
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> StatusLine {
        StatusLine {
            ready: true,
            public_url: "https://quiet-owl.ngrok-free.dev".into(),
            upstream: "http://localhost:3000".into(),
            path: "/api/webhooks".into(),
            endpoint: Some("ep_2abCdEf".into()),
            verified_by: Some("ngrok".into()),
            events: 2006,
            failed: 3,
        }
    }

    #[test]
    fn what_matters_least_goes_first() {
        let told = |columns: usize| status().line(columns).plain();
        snapbox::assert_data_eq!(
            [160, 120, 100, 80, 60, 40, 20, 5].map(told).join("\n"),
            snapbox::str![[r#"
● ready  https://quiet-owl.ngrok-free.dev  → localhost:3000/api/webhooks  ep_2abCdEf  verified by ngrok  2,006 events  3 failed  ⏎ look  ^C stop
● ready  https://quiet-owl.ngrok-free.dev  → localhost:3000/api/webhooks  2,006 events  3 failed  ⏎ look  ^C stop
● ready  https://quiet-owl.ngrok-free.dev  2,006 events  3 failed  ⏎ look  ^C stop
● ready  2,006 events  3 failed  ⏎ look  ^C stop
● ready  2,006 events  3 failed  ⏎ look  ^C stop
● ready  2,006 events  3 failed
● ready
● ready
"#]]
        );
    }

    #[test]
    fn it_is_never_wider_than_the_terminal_but_for_its_state() {
        for columns in 9..200 {
            assert!(status().line(columns).width() <= columns, "{columns}");
        }
        let odd =
            StatusLine { public_url: "https://x\u{1b}[2J".into(), path: "/\u{7}".into(), ..StatusLine::default() };
        assert!(!odd.line(200).plain().chars().any(char::is_control));
    }
}
