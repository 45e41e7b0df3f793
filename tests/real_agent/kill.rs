//! Killed at any moment, clerkhook or its agent: no agent is left running unnoticed, and the next run proves an event.

use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::fixture::{Output, alive};
use crate::stand::Stand;
use crate::visitor::App;

/// How many rounds, when the environment names no number.
const ROUNDS: u32 = 10;

/// The moments are the same at each run, as far as time is.
const SEED: u64 = 20_261_123;

pub fn the_next_run_proves_an_event() {
    let stand = Stand::with_any_agent();
    let app = App::start(&[]);
    let line = format!("up {} --path / --no-env --json", app.port);
    let begin = Instant::now();
    let endpoint = proven(&stand, &line, "undisturbed").of_type("endpoint").remove(0)["endpoint_id"].clone();
    let undisturbed = begin.elapsed();

    let (rounds, mut random) = (rounds(), Random(SEED));
    let _ = writeln!(std::io::stderr(), "{rounds} rounds, seed {SEED}, an undisturbed run takes {undisturbed:?}");
    for round in 1..=rounds {
        let moment = undisturbed.mul_f64(random.fraction() * 1.5);
        let kills_agent = random.fraction() < 0.5;
        let name = format!("round {round} of {rounds}, {} killed after {moment:?}", victim(kills_agent));
        disturb(&stand, &line, moment, kills_agent.then(|| undisturbed.mul_f64(random.fraction())), &name);
        let left: Vec<u32> = stand.agents();
        assert!(left.len() <= 1, "{name}: {left:?} are left");
        let output = proven(&stand, &line, &name);
        assert_eq!(output.of_type("endpoint")[0]["endpoint_id"], endpoint, "{name}: the endpoint stays the same one");
        assert_eq!(stand.agents(), [0; 0], "{name}: {left:?} were left before\n{}", output.stderr);
    }
}

fn victim(agent: bool) -> &'static str {
    if agent { "the agent" } else { "clerkhook" }
}

/// Starts a set-up and kills it or, while there is one, its agent. Who lives on without an agent is ended after
/// `pause`, and leaves none.
fn disturb(stand: &Stand, line: &str, moment: Duration, pause: Option<Duration>, name: &str) {
    let up = stand.start(line);
    std::thread::sleep(moment);
    let agent = stand.agents().first().copied();
    match (pause, agent) {
        (Some(pause), Some(agent)) => {
            // It may be ending by itself.
            let _ = Command::new("kill").arg("-KILL").arg(agent.to_string()).output();
            std::thread::sleep(pause);
            if alive(up.child.id()) {
                up.signal("TERM");
            }
            let output = up.finish();
            assert!(output.code.is_some(), "{name}: {output:?}");
            assert_eq!(stand.agents(), [0; 0], "{name}");
        }
        _ => {
            up.signal("KILL");
            up.finish();
        }
    }
}

fn proven(stand: &Stand, line: &str, name: &str) -> Output {
    let output = stand.start(&format!("{line} --once")).finish();
    assert_eq!(output.code, Some(0), "{name}: {}{}", output.stdout, output.stderr);
    assert_eq!(output.of_type("proof")[0]["status_code"], 200, "{name}");
    output
}

fn rounds() -> u32 {
    let wished = std::env::var("CLERKHOOK_KILL_ROUNDS").ok();
    wished.map_or(ROUNDS, |number| number.parse().expect("CLERKHOOK_KILL_ROUNDS is a number"))
}

/// SplitMix64.
struct Random(u64);

impl Random {
    /// From 0 to 1, without 1.
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let high = u32::try_from((mixed ^ (mixed >> 31)) >> 32).expect("32 bits");
        f64::from(high) / (f64::from(u32::MAX) + 1.0)
    }
}
