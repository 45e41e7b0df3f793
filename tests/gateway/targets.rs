//! Request targets as a stranger would write them, from a seed: pieces that one parser or another stumbles over.

const SEED: u64 = 0x5eed_c1e2_4400_4b1d;

/// What targets are made of. `EVIL` is another host's address.
const PIECES: [&str; 48] = [
    "/",
    "/",
    "/",
    "//",
    "///",
    "\\",
    "/\\",
    "%2f",
    "%2F",
    "%5c",
    "%252f",
    "api",
    "API",
    "Api",
    "%61pi",
    "a%70i",
    "ap%69",
    "%2561pi",
    "webhooks",
    "WebHooks",
    "%77ebhooks",
    "webhook%73",
    "%25%37%37ebhooks",
    "webhooks/",
    "webhooks.json",
    "api/webhooks",
    "/api/webhooks",
    "api%2fwebhooks",
    ".",
    "..",
    "%2e",
    "%2e%2e",
    ".%2E",
    "%252e%252e",
    "/../",
    "/./",
    "..;",
    ";",
    ";v=1",
    "?",
    "#",
    "@",
    ":",
    "EVIL",
    "http://EVIL",
    "%00",
    "%09",
    "%",
];

/// What every router takes for the webhook path, and what is put around it.
const CORES: [&str; 4] = ["/api/webhooks", "/API/webhooks/", "/api//webhooks", "/%61pi/%77ebhooks"];

/// A sequence of them, always the same.
pub struct Targets {
    state: u64,
    evil: String,
}

impl Targets {
    pub fn new(evil: String) -> Self {
        Self { state: SEED, evil }
    }

    fn below(&mut self, limit: usize) -> usize {
        // xorshift64*: spread well enough to choose pieces.
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let spread = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(spread).unwrap_or_default() % limit
    }

    fn piece(&mut self) -> &'static str {
        PIECES[self.below(PIECES.len())]
    }
}

impl Iterator for Targets {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut target = String::new();
        // Most begin as a target has to.
        if self.below(8) != 0 {
            target.push('/');
        }
        let core = (self.below(3) == 0).then(|| (self.below(6), CORES[self.below(CORES.len())]));
        for place in 0..=self.below(9) {
            if let Some((at, core)) = core
                && at == place
            {
                target.push_str(core);
            }
            target.push_str(self.piece());
        }
        Some(target.replace("EVIL", &self.evil))
    }
}
