//! How long one verification takes, here and in Svix's official crate, in one run: `cargo bench --bench signature`.

use std::hint::black_box;
use std::io::Write as _;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;
use clerkhook::signature::{HEADERS, Signed, SigningSecret, sign, verify};
use svix::webhooks::Webhook;

/// Bodies in bytes, from a deletion to the largest that Svix takes.
const SIZES: [usize; 5] = [300, 2_000, 16_000, 64_000, 256_000];

/// Both sides take turns, so that a slower machine for a while is slower for both.
const ROUNDS: usize = 31;

/// Bytes of a round, so that each takes about as long.
const VOLUME: usize = 4_000_000;

fn main() {
    let mut table = String::from("| body | clerkhook | `svix` | ratio |\n|---|---|---|---|\n");
    for size in SIZES {
        let (ours, theirs) = compared(size);
        table += &format!("| {size} B | {ours} ns | {theirs} ns | {:.2} |\n", ours as f64 / theirs as f64);
    }
    // Under `cargo test --benches` or when piped into `head`, nobody may read it.
    let _ = std::io::stdout().write_all(table.as_bytes());
}

/// Median nanoseconds of one verification.
fn compared(size: usize) -> (u128, u128) {
    let secret = SigningSecret::from_key(&[7; 24]);
    let official = Webhook::new(secret.text().expose()).expect("a secret");
    let body = format!("{{\"data\":\"{}\"}}", "x".repeat(size - 11)).into_bytes();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
    let now = i64::try_from(now).expect("a time");
    let values = ["msg_1".to_owned(), now.to_string(), sign(std::slice::from_ref(&secret), "msg_1", now, &body)];
    let mut headers = HeaderMap::new();
    for (name, value) in HEADERS.into_iter().zip(&values) {
        headers.insert(name, value.parse().expect("a header"));
    }
    let secrets = [secret];
    // Both read the headers from the map, as an app has them.
    let ours = || {
        let signed = Signed::read(|name| headers.get(name)?.to_str().ok());
        verify(&secrets, &signed, black_box(&body), now).expect("genuine");
    };
    let theirs = || official.verify(black_box(&body), &headers).expect("genuine");
    let times = VOLUME / (size + 2_000);
    let mut rounds: [Vec<u128>; 2] = Default::default();
    for _ in 0..ROUNDS {
        rounds[0].push(timed(times, ours));
        rounds[1].push(timed(times, theirs));
    }
    let [ours, theirs] = rounds.map(median);
    (ours, theirs)
}

fn timed(times: usize, work: impl Fn()) -> u128 {
    let begin = Instant::now();
    (0..times).for_each(|_| work());
    begin.elapsed().as_nanos() / times as u128
}

fn median(mut values: Vec<u128>) -> u128 {
    values.sort_unstable();
    values[values.len() / 2]
}
