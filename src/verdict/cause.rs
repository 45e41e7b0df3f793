//! Everything that is known to break a signature: a name for programs, a sentence, and what to do.

use super::span::span;

/// Why a delivery is not verified. What a sentence claims was seen: a signature that fits once the one thing is undone,
/// or a header or secret that no verifier takes; else it says "likely".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentences say what each means")]
pub enum Cause {
    #[error("it carries no signature headers")]
    Unsigned,
    #[error("it lacks the header {0}")]
    HeaderMissing(String),
    #[error("it is signed under `webhook-*` names, and Clerk's `verifyWebhook` reads `svix-*` only")]
    HeaderFamily,
    #[error("its headers are partly named `svix-*` and partly `webhook-*`")]
    HeaderMixed,
    #[error("its timestamp header is not a number of seconds")]
    TimestampNotSeconds,
    #[error("its timestamp header is in milliseconds; seconds are due")]
    TimestampMilliseconds,
    #[error("its signature is right, but its timestamp is {} old; {} are allowed", span(*age), span(*allowed))]
    TimestampTooOld { age: i64, allowed: i64 },
    #[error("its signature is right, but its timestamp is {} in the future; {} are allowed", span(*ahead), span(*allowed))]
    TimestampTooNew { ahead: i64, allowed: i64 },
    #[error("its signature is right, but this machine's clock is {} {}", span(*off), if *ahead { "ahead" } else { "behind" })]
    ClockSkew { off: i64, ahead: bool },
    #[error("its signature header has no `v1,` in front of the signature")]
    SignatureNoVersion,
    #[error("its signature header holds only asymmetric signatures (`v1a,`), which no `whsec_` secret can check")]
    SignatureAsymmetric,
    #[error("its signature was cut: it is the beginning of the right one")]
    SignatureTruncated,
    #[error("its signature is written in hex; base64 is due")]
    SignatureHex,
    #[error("its signature is written in URL-safe base64 (`-`, `_`); the standard alphabet is due")]
    SignatureUrlSafe,
    #[error("its signature is no base64 of 32 bytes")]
    SignatureNotBase64,
    #[error("the secret in {0} begins with `v1,`")]
    SecretVersionPrefix(String),
    #[error("in place of the secret {0} holds an endpoint id (`ep_…`)")]
    SecretEndpointId(String),
    #[error("in place of the secret {0} holds a Clerk secret key (`sk_…`)")]
    SecretClerkKey(String),
    #[error("in place of the secret {0} holds a publishable key (`pk_…`)")]
    SecretPublishableKey(String),
    #[error("what follows `whsec_` in {0} is not base64")]
    SecretNotBase64(String),
    #[error("the secret in {0} is written in URL-safe base64 (`-`, `_`)")]
    SecretUrlSafe(String),
    #[error("the secret in {0} has white space or quotes inside")]
    SecretSpace(String),
    #[error("{0} holds a whole line `NAME=whsec_…` in place of the value")]
    SecretAssignment(String),
    #[error("it is signed with the secret in {0} read as hex")]
    SecretHex(String),
    #[error("it is signed with the text of the secret in {0}, which should have been decoded from base64 first")]
    SecretAsText(String),
    #[error("it is signed with the secret of {theirs}, not with that in {yours}")]
    SecretOtherEndpoint { theirs: String, yours: String },
    #[error("its body is empty")]
    BodyEmpty,
    #[error("its body is cut: {came} of {said} bytes came")]
    BodyTruncated { came: usize, said: usize },
    #[error("nothing fits, and its body is no whole JSON: likely it was cut")]
    BodyCut,
    #[error("its body is compressed (gzip); the signature is over the text")]
    BodyCompressed,
    #[error("a line end or other white space was added at the end of the body")]
    BodyNewlineAdded,
    #[error("a line end was removed from the end of the body")]
    BodyNewlineRemoved,
    #[error("a byte order mark was added in front of the body")]
    BodyByteOrderMark,
    #[error("the line ends of the body were changed: {0}")]
    BodyLineEnds(&'static str),
    #[error("the body was encoded twice: it is a JSON text that holds the JSON")]
    BodyDoubleEncoded,
    #[error("the body was encoded in base64")]
    BodyBase64,
    #[error("the body was encoded as a form")]
    BodyFormEncoded,
    #[error("the characters of the body were changed: {0}")]
    BodyCharset(&'static str),
    #[error("the body was re-serialised: keys sorted")]
    BodyKeysSorted,
    #[error("the body was re-serialised: keys in another order")]
    BodyKeysReordered,
    #[error("the body was re-serialised: {0}")]
    BodyEscapes(&'static str),
    #[error("the body was re-serialised: numbers written another way")]
    BodyNumbers,
    #[error("the body was re-serialised: {0}")]
    BodyWhiteSpace(&'static str),
    #[error("the body was re-serialised: {0}")]
    BodyReserialised(String),
    #[error("the signature does not match: {} and {bodies} other forms of the body were tried; likely another secret signed it, or a value was changed", counted(*secrets))]
    NoMatch { secrets: usize, bodies: usize, asked: bool },
}

fn counted(secrets: usize) -> String {
    if secrets == 1 { "1 secret".to_owned() } else { format!("{secrets} secrets") }
}

const RAW: &str = "verify the raw bytes of the request before anything parses them: `express.raw({ type: 'application/json' })`, \
                   `await req.text()`";
const COPY: &str =
    "copy the secret again: Clerk dashboard, Webhooks, the endpoint, Signing Secret; or `clerkhook secret write`";
const SIGNER: &str = "mend whoever signs; `clerkhook replay --fresh` signs a captured delivery as Svix does";
const KEPT: &str = "keep the bytes as they came: save the body without an editor or `echo`";

impl Cause {
    /// The name for programs.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::HeaderMissing(_) => "header-missing",
            Self::HeaderFamily => "header-family",
            Self::HeaderMixed => "header-mixed",
            Self::TimestampNotSeconds => "timestamp-not-seconds",
            Self::TimestampMilliseconds => "timestamp-milliseconds",
            Self::TimestampTooOld { .. } => "timestamp-too-old",
            Self::TimestampTooNew { .. } => "timestamp-too-new",
            Self::ClockSkew { .. } => "clock-skew",
            Self::SignatureNoVersion => "signature-no-version",
            Self::SignatureAsymmetric => "signature-asymmetric",
            Self::SignatureTruncated => "signature-truncated",
            Self::SignatureHex => "signature-hex",
            Self::SignatureUrlSafe => "signature-url-safe",
            Self::SignatureNotBase64 => "signature-not-base64",
            Self::SecretVersionPrefix(_) => "secret-version-prefix",
            Self::SecretEndpointId(_) => "secret-endpoint-id",
            Self::SecretClerkKey(_) => "secret-clerk-key",
            Self::SecretPublishableKey(_) => "secret-publishable-key",
            Self::SecretNotBase64(_) => "secret-not-base64",
            Self::SecretUrlSafe(_) => "secret-url-safe",
            Self::SecretSpace(_) => "secret-space",
            Self::SecretAssignment(_) => "secret-assignment",
            Self::SecretHex(_) => "secret-hex",
            Self::SecretAsText(_) => "secret-as-text",
            Self::SecretOtherEndpoint { .. } => "secret-other-endpoint",
            Self::BodyEmpty => "body-empty",
            Self::BodyTruncated { .. } => "body-truncated",
            Self::BodyCut => "body-cut",
            Self::BodyCompressed => "body-compressed",
            Self::BodyNewlineAdded => "body-newline-added",
            Self::BodyNewlineRemoved => "body-newline-removed",
            Self::BodyByteOrderMark => "body-byte-order-mark",
            Self::BodyLineEnds(_) => "body-line-ends",
            Self::BodyDoubleEncoded => "body-double-encoded",
            Self::BodyBase64 => "body-base64",
            Self::BodyFormEncoded => "body-form-encoded",
            Self::BodyCharset(_) => "body-charset",
            Self::BodyKeysSorted => "body-keys-sorted",
            Self::BodyKeysReordered => "body-keys-reordered",
            Self::BodyEscapes(_) => "body-escapes",
            Self::BodyNumbers => "body-numbers",
            Self::BodyWhiteSpace(_) => "body-white-space",
            Self::BodyReserialised(_) => "body-reserialised",
            Self::NoMatch { .. } => "no-match",
        }
    }

    /// What to do.
    pub fn fix(&self) -> String {
        let fix = match self {
            Self::Unsigned => "send one that is signed: `clerkhook send-test`, or `clerkhook replay last`",
            Self::HeaderMissing(_) => "save it with all three headers: `svix-id`, `svix-timestamp`, `svix-signature`",
            Self::HeaderFamily => "for an app that uses Clerk's SDK, have it sent under the `svix-*` names",
            Self::HeaderMixed => {
                "use one family; Clerk's deliveries have `svix-id`, `svix-timestamp`, `svix-signature`"
            }
            Self::TimestampNotSeconds | Self::TimestampMilliseconds => {
                "write Unix seconds: `Math.floor(Date.now() / 1000)`"
            }
            Self::TimestampTooOld { .. } => {
                "a saved delivery is judged alone with `--ignore-time`, or as of then with `--at TIME`; a replayed one \
                 needs a fresh signature: `clerkhook replay --fresh`"
            }
            Self::TimestampTooNew { .. } => {
                "compare this machine's clock with Clerk's: `clerkhook verify --remote`, or `clerkhook doctor`"
            }
            Self::ClockSkew { .. } => "set the clock by network time",
            Self::SignatureNoVersion
            | Self::SignatureHex
            | Self::SignatureUrlSafe
            | Self::SecretHex(_)
            | Self::SecretAsText(_) => SIGNER,
            Self::SignatureAsymmetric => "use an endpoint with a `whsec_` secret; Clerk's have one",
            Self::SignatureTruncated | Self::SignatureNotBase64 => "save it again with the whole header",
            Self::SecretVersionPrefix(_) => "remove `v1,`: the secret begins with `whsec_`",
            Self::SecretSpace(_) => "write it in one piece, from `whsec_` to its last character",
            Self::SecretAssignment(_) => "keep only what follows the `=`",
            Self::SecretUrlSafe(_)
            | Self::SecretEndpointId(_)
            | Self::SecretClerkKey(_)
            | Self::SecretPublishableKey(_)
            | Self::SecretNotBase64(_) => COPY,
            Self::SecretOtherEndpoint { .. } => {
                "give the app that endpoint's secret, or have events sent to the app's own endpoint"
            }
            Self::BodyEmpty => "something read the body before: verify first, then parse",
            Self::BodyTruncated { .. } | Self::BodyCut => {
                "save the whole body; in the app, raise the limit of the body parser"
            }
            Self::BodyCompressed => "decompress it before it is verified, or have the proxy leave it alone",
            Self::BodyNewlineAdded | Self::BodyNewlineRemoved | Self::BodyByteOrderMark | Self::BodyLineEnds(_) => KEPT,
            Self::BodyDoubleEncoded
            | Self::BodyBase64
            | Self::BodyFormEncoded
            | Self::BodyCharset(_)
            | Self::BodyKeysSorted
            | Self::BodyKeysReordered
            | Self::BodyEscapes(_)
            | Self::BodyNumbers
            | Self::BodyWhiteSpace(_)
            | Self::BodyReserialised(_) => RAW,
            Self::NoMatch { asked: true, .. } => {
                "name an older secret with `--secret-file FILE`, or compare the body with what was sent: Clerk dashboard, \
                 Webhooks, Message Attempts"
            }
            Self::NoMatch { .. } => {
                "try the secrets of all endpoints of the instance: `clerkhook verify --remote`, or name more with \
                 `--secret-file FILE`"
            }
        };
        fix.to_owned()
    }
}
