//! The sandbox's agent as a real child process, between a visitor and an app.

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use base64::Engine as _;
use clerkhook::http::Http;
use clerkhook::process::{self, Child, Program};
use clerkhook::sandbox::agent::{AgentSettings, Installed, install};
use clerkhook::sandbox::edge::Edge;
use clerkhook::secret::Secret;
use clerkhook::serve::{bind, serve};
use clerkhook::signature::{SigningSecret, sign};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

const TOKEN: &str = "2sandboxAuthtokenOfNobody000_4kfake0000000000000";
const SIGNING_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

/// Nothing here takes so long; what does has failed.
const LIMIT: Duration = Duration::from_secs(30);

/// An edge and an agent's directory.
struct Stand {
    edge: Edge,
    directory: tempfile::TempDir,
}

impl Stand {
    fn new() -> Self {
        let edge = Edge::start(Secret::new(TOKEN)).expect("an edge");
        Self { edge, directory: tempfile::tempdir().expect("a directory") }
    }

    fn settings(&self, version: &str, faults: &[&str]) -> AgentSettings {
        let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
        AgentSettings { version: version.to_owned(), faults, ..AgentSettings::new(self.edge.address()) }
    }

    fn install(&self, settings: &AgentSettings, token: &str) -> Installed {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_clerkhook"));
        install(self.directory.path(), &program, settings, token).expect("an installed agent")
    }

    /// Starts a current agent and waits until it is ready.
    async fn agent(&self, args: &[&str]) -> Agent {
        self.agent_with(&self.settings("3.39.1", &[]), args).await
    }

    async fn agent_with(&self, settings: &AgentSettings, args: &[&str]) -> Agent {
        let installed = self.install(settings, TOKEN);
        let mut agent = Agent::spawn(&installed, args);
        agent.ready().await;
        agent
    }

    /// Runs an agent that is expected to end by itself.
    async fn ending(&self, settings: &AgentSettings, token: &str, args: &[&str]) -> (Option<i32>, String, String) {
        let installed = self.install(settings, token);
        let output = process::output(&program(&installed, args), LIMIT).await.expect("an end");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    }
}

fn program(installed: &Installed, args: &[&str]) -> Program {
    let config = installed.config.display().to_string();
    let rest = ["--config", config.as_str(), "--log=stdout", "--log-format=json"];
    let all = ["http"].iter().chain(args).chain(&rest).copied();
    let mut program = Program::new(&installed.bin, all);
    program.env_remove.push("NGROK_AUTHTOKEN".into());
    program
}

/// A running agent and what it said so far.
struct Agent {
    child: Child,
    lines: mpsc::Receiver<String>,
    said: Vec<Value>,
    noise: usize,
    url: String,
    api: String,
}

impl Agent {
    fn spawn(installed: &Installed, args: &[&str]) -> Self {
        let mut child = process::spawn(&program(installed, args)).expect("a child");
        let lines = child.lines();
        Self { child, lines, said: Vec::new(), noise: 0, url: String::new(), api: String::new() }
    }

    /// The next record with this message; what is no JSON is passed over.
    async fn says(&mut self, message: &str) -> Value {
        let wait = async {
            loop {
                let line =
                    self.lines.recv().await.unwrap_or_else(|| panic!("silent before `{message}`: {:?}", self.said));
                let Ok(record) = serde_json::from_str::<Value>(&line) else {
                    self.noise += 1;
                    continue;
                };
                self.said.push(record.clone());
                if record["msg"] == message {
                    return record;
                }
            }
        };
        timeout(LIMIT, wait).await.unwrap_or_else(|_| panic!("never said `{message}`"))
    }

    async fn ready(&mut self) {
        let web = self.says("starting web service").await;
        self.api = format!("http://{}/api", web["addr"].as_str().expect("an address"));
        let tunnel = self.says("started tunnel").await;
        self.url = tunnel["url"].as_str().expect("a URL").to_owned();
    }

    async fn api(&self, path: &str) -> Value {
        let answer = client().get(format!("{}{path}", self.api)).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.expect("JSON")
    }

    async fn captured(&self) -> Vec<Value> {
        let answer = self.api("/requests/http").await;
        answer["requests"].as_array().expect("a list").clone()
    }

    /// The newest exchange of a number of them, once it has its response.
    async fn newest_of(&self, count: usize) -> Value {
        eventually(|| async {
            let all = self.captured().await;
            all.first().filter(|newest| all.len() == count && !newest["response"].is_null()).cloned()
        })
        .await
    }

    async fn exit_code(&mut self) -> Option<i32> {
        let status = timeout(LIMIT, self.child.wait()).await.expect("an end in time").expect("a status");
        status.code()
    }
}

fn client() -> Client {
    static HTTP: std::sync::LazyLock<Http> = std::sync::LazyLock::new(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Http::new(LIMIT)
    });
    HTTP.client(&"http://127.0.0.1".parse().expect("a URL")).clone()
}

/// Asks until there is an answer; the pause only saves processor time.
async fn eventually<T, F: Future<Output = Option<T>>>(ask: impl Fn() -> F) -> T {
    let asking = async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LIMIT, asking).await.expect("it happens in time")
}

/// An app that echoes bodies under `/echo` and remembers them.
async fn app() -> (String, Arc<Mutex<Vec<Bytes>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let remembered = seen.clone();
    let echo = move |body: Bytes| async move {
        remembered.lock().expect("no panic").push(body.clone());
        body
    };
    let listener = bind(0).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/echo", post(echo)).layer(axum::extract::DefaultBodyLimit::disable());
    tokio::spawn(serve(listener, router, std::future::pending()));
    (address.to_string(), seen)
}

/// An address where nobody listens; the socket keeps it from being given to somebody else.
fn dead_address() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let address = socket.local_addr().expect("an address");
    (socket, address)
}

fn decoded(raw: &Value) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(raw.as_str().expect("text")).expect("base64")
}

/// Reads a message whose body has the length that its head says.
async fn read_message(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8(bytes.clone()).expect("UTF-8");
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        assert_ne!(stream.read_buf(&mut bytes).await.expect("bytes"), 0, "cut: {text}");
    }
}

#[tokio::test]
async fn it_starts_and_tells_it_like_ngrok() {
    let stand = Stand::new();
    let (upstream, _) = app().await;
    let agent = stand.agent(&[&upstream]).await;
    let messages: Vec<&str> = agent.said.iter().filter_map(|record| record["msg"].as_str()).collect();
    let expected = ["open config file", "starting web service", "client session established", "started tunnel"];
    assert_eq!(messages, expected);
    assert_eq!(agent.said[3]["addr"]["Host"], upstream);
    let tunnels = agent.api("/tunnels").await;
    assert_eq!(tunnels["tunnels"][0]["public_url"], agent.url);
    assert_eq!(tunnels["tunnels"][0]["config"]["addr"], format!("http://{upstream}"));
    assert_eq!(agent.api("/status").await["status"], "online");
    assert_eq!(agent.api("/endpoints/command_line").await["upstream"]["url"], format!("http://{upstream}"));
}

#[tokio::test]
async fn logfmt_and_no_log_are_as_asked_for() {
    let stand = Stand::new();
    let installed = stand.install(&stand.settings("3.20.0", &["exit:100ms"]), TOKEN);
    let (upstream, _) = app().await;
    let run = |log: &'static str| {
        let args = ["http", &upstream, log, "--log-format=logfmt"].map(str::to_owned);
        let mut program = Program::new(&installed.bin, args);
        program.env_remove.push("NGROK_AUTHTOKEN".into());
        async move { process::output(&program, LIMIT).await.expect("an end") }
    };
    let text = String::from_utf8(run("--log=stdout").await.stdout).expect("UTF-8");
    assert!(text.contains("lvl=info msg=\"no configuration paths supplied\""), "{text}");
    assert!(text.contains("lvl=info msg=\"starting web service\" obj=web addr=127.0.0.1:"), "{text}");
    assert!(text.contains(&format!("name=command_line addr=http://{upstream} url=http://127.0.0.1:")), "{text}");
    assert_eq!(run("--log=false").await.stdout, b"");
}

#[tokio::test]
async fn a_request_passes_byte_for_byte_and_is_captured() {
    let stand = Stand::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let upstream = listener.local_addr().expect("an address").to_string();
    let agent = stand.agent(&[&upstream]).await;
    let host = agent.url.strip_prefix("http://").expect("plain HTTP").to_owned();

    let mut visitor = TcpStream::connect(&host).await.expect("a connection");
    let body = "{\"emoji\":\"\u{1f980}\",\"space\" : 1}";
    let request = format!(
        "POST /hook?x=%20 HTTP/1.1\r\nHost: {host}\r\nSvix-ID: msg_1\r\nx-Odd-CASE: a\r\nX-Many: 1\r\nX-Many: 2\r\n\
         Connection: keep-alive, X-Hop\r\nX-Hop: gone\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    visitor.write_all(request.as_bytes()).await.expect("sent");
    let (mut arriving, _) = listener.accept().await.expect("the agent");
    let arrived = read_message(&mut arriving).await;
    let expected = format!(
        "POST /hook?x=%20 HTTP/1.1\r\nHost: {host}\r\nSvix-ID: msg_1\r\nx-Odd-CASE: a\r\nX-Many: 1\r\nX-Many: 2\r\n\
         Content-Length: {}\r\nx-forwarded-for: 127.0.0.1\r\nx-forwarded-host: {host}\r\nx-forwarded-proto: \
         http\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(arrived, expected);
    assert_eq!(agent.captured().await[0]["response"], Value::Null);

    let answer =
        "HTTP/1.1 418 I'm a teapot\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-ODD: y\r\nContent-Length: 3\r\n\r\nno!";
    arriving.write_all(answer.as_bytes()).await.expect("answered");
    assert_eq!(read_message(&mut visitor).await, answer);

    let exchange = agent.newest_of(1).await;
    assert_eq!(exchange["tunnel_name"], "command_line");
    assert_eq!(exchange["request"]["headers"]["Svix-Id"], json!(["msg_1"]));
    assert_eq!(exchange["request"]["headers"]["X-Many"], json!(["1", "2"]));
    assert_eq!(exchange["request"]["uri"], "/hook?x=%20");
    assert!(decoded(&exchange["request"]["raw"]).ends_with(format!("\r\n\r\n{body}").as_bytes()));
    assert_eq!(exchange["response"]["status_code"], 418);
    assert!(decoded(&exchange["response"]["raw"]).ends_with(b"\r\n\r\nno!"));
    assert!(exchange["duration"].as_u64() > Some(0));
    let id = exchange["id"].as_str().expect("an id");
    assert_eq!(agent.api(&format!("/requests/http/{id}")).await, exchange);
}

#[tokio::test]
async fn large_chunked_and_parallel_requests_pass() {
    let stand = Stand::new();
    let (upstream, seen) = app().await;
    let agent = stand.agent(&[&upstream]).await;
    let url = format!("{}/echo", agent.url);
    let large = Bytes::from_iter((0..3_000_000u32).map(|number| (number % 251) as u8));
    // A stream has no length, so it goes in chunks.
    let (mut writer, reader) = tokio::io::duplex(64 * 1024);
    let sent = large.clone();
    tokio::spawn(async move { writer.write_all(&sent).await });
    let chunks = futures_body(reader);
    let answer = client().post(&url).body(chunks).send().await.expect("an answer");
    assert!(answer.bytes().await.expect("a body") == large);
    assert!(seen.lock().expect("no panic")[0] == large);

    let visits = (0..50).map(|number| {
        let request = client().post(&url).body(format!("visit {number}"));
        tokio::spawn(async move {
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.text().await.expect("a body"), format!("visit {number}"));
        })
    });
    for visit in visits.collect::<Vec<_>>() {
        visit.await.expect("a visit");
    }
    assert_eq!(agent.captured().await.len(), 51);
    assert_eq!(agent.api("/requests/http?limit=3").await["requests"].as_array().map(Vec::len), Some(3));
    let metrics = agent.api("/tunnels/command_line").await["metrics"].clone();
    assert_eq!(metrics["http"]["count"], 51);
}

fn futures_body(mut reader: tokio::io::DuplexStream) -> reqwest::Body {
    let (sender, receiver) = mpsc::channel::<Bytes>(1);
    tokio::spawn(async move {
        let mut buffer = vec![0; 10_000];
        while let Ok(count @ 1..) = reader.read(&mut buffer).await {
            if sender.send(Bytes::copy_from_slice(&buffer[..count])).await.is_err() {
                return;
            }
        }
    });
    reqwest::Body::wrap(Chunks(receiver))
}

/// A body of unknown length.
struct Chunks(mpsc::Receiver<Bytes>);

impl axum::body::HttpBody for Chunks {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(|chunk| Ok(hyper::body::Frame::data(chunk))))
    }
}

#[tokio::test]
async fn a_replay_goes_to_the_app_and_appears() {
    let stand = Stand::new();
    let (upstream, seen) = app().await;
    let agent = stand.agent(&[&upstream]).await;
    client().post(format!("{}/echo", agent.url)).body("again").send().await.expect("an answer");
    let original = agent.newest_of(1).await;

    let ask = |id: &Value| {
        let request = client().post(format!("{}/requests/http", agent.api)).json(&json!({"id": id}));
        async { request.send().await.expect("an answer") }
    };
    assert_eq!(ask(&original["id"]).await.status(), 204);
    let replayed = agent.newest_of(2).await;
    assert_eq!(replayed["remote_addr"], "replayed");
    assert_eq!(replayed["response"]["status_code"], 200);
    assert_eq!(replayed["request"], original["request"]);
    assert_ne!(replayed["id"], original["id"]);
    assert_eq!(*seen.lock().expect("no panic"), ["again", "again"]);

    let unknown = ask(&json!("airt_none")).await;
    assert_eq!(unknown.status(), 404);
    let expected = json!({
        "error_code": 106, "status_code": 404, "msg": "request entry not found", "details": {"id": "airt_none"}
    });
    assert_eq!(unknown.json::<Value>().await.expect("JSON"), expected);

    let cleared = client().delete(format!("{}/requests/http", agent.api)).send().await.expect("an answer");
    assert_eq!((cleared.status().as_u16(), agent.captured().await.len()), (204, 0));
}

#[tokio::test]
async fn a_dead_app_is_a_captured_502() {
    let stand = Stand::new();
    let (_held, upstream) = dead_address();
    let upstream = upstream.to_string();
    let agent = stand.agent(&[&upstream]).await;
    let answer = client().get(&agent.url).send().await.expect("an answer");
    assert_eq!(answer.status(), 502);
    assert_eq!(answer.headers()["ngrok-error-code"], "ERR_NGROK_8012");
    let text = answer.text().await.expect("a body");
    assert!(text.contains(&format!("http://{upstream}")) && text.contains("connection refused"), "{text}");
    assert_eq!(agent.newest_of(1).await["response"]["status_code"], 502);
}

#[tokio::test]
async fn authtokens_are_refused_with_the_code() {
    let stand = Stand::new();
    let unknown = "2nobodysAuthtoken00000000000_4kfake0000000000000";
    for (token, code) in [("ak_short", "ERR_NGROK_105"), (unknown, "ERR_NGROK_107")] {
        let (status, stdout, stderr) = stand.ending(&stand.settings("3.39.1", &[]), token, &["80"]).await;
        assert_eq!(status, Some(1));
        assert!(stdout.contains("\"lvl\":\"crit\",\"msg\":\"command failed\"") && stdout.contains(code), "{stdout}");
        assert!(stderr.contains(&format!("ERROR:  Your authtoken: {token}\n")), "{stderr}");
        assert!(stderr.contains(&format!("ERROR:  {code}\n")), "{stderr}");
    }
    let (status, stdout, stderr) = stand.ending(&stand.settings("2.3.41", &[]), "ak_short", &["80"]).await;
    assert_eq!(status, Some(1));
    assert!(stderr.ends_with("\n\nERR_NGROK_105\n"), "{stderr}");
    assert!(stdout.ends_with(&stderr), "{stdout}");

    let bare = stand.file("bare.yml", "version: 3\n");
    let installed = stand.install(&stand.settings("3.39.1", &[]), TOKEN);
    let mut program = Program::new(&installed.bin, ["http", "80", "--config", &bare]);
    program.env_remove.push("NGROK_AUTHTOKEN".into());
    let output = process::output(&program, LIMIT).await.expect("an end");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("ERROR:  ERR_NGROK_4018\n") && output.status.code() == Some(1), "{stderr}");
}

#[tokio::test]
async fn a_url_that_is_online_is_refused_until_it_is_free() {
    let stand = Stand::new();
    let mut first = stand.agent(&["80"]).await;
    let url = first.url.clone();
    let settings = stand.settings("3.39.1", &[]);
    let (status, stdout, _) = stand.ending(&settings, TOKEN, &["80", "--url", &url]).await;
    assert_eq!(status, Some(1));
    assert!(stdout.contains("ERR_NGROK_334") && stdout.contains("is already online"), "{stdout}");
    let (_, stdout, _) = stand.ending(&settings, TOKEN, &["80", "--url", "https://owl.ngrok-free.app"]).await;
    assert!(stdout.contains("ERR_NGROK_319"), "{stdout}");

    first.child.stop(LIMIT).await;
    let gone = || async {
        let answer = client().get(&url).send().await.expect("an answer");
        (answer.status() == 404).then(|| answer.headers()["ngrok-error-code"].clone())
    };
    assert_eq!(eventually(gone).await, "ERR_NGROK_3200");
    let second = stand.agent(&["80", "--url", &url]).await;
    assert_eq!(second.url, url);
}

#[tokio::test]
async fn it_comes_back_after_the_edge_does() {
    let Stand { edge, directory } = Stand::new();
    let (upstream, _) = app().await;
    let stand = Stand { edge, directory };
    let mut agent = stand.agent(&[&upstream]).await;
    let url = agent.url.clone();
    let Stand { edge, directory: _kept } = stand;
    let address = edge.address();
    edge.stop().await;
    agent.says("session closed, starting reconnect loop").await;
    agent.says("failed to reconnect session").await;
    assert_eq!(agent.api("/status").await["status"], "reconnecting");
    assert_eq!(agent.api("/tunnels").await["tunnels"][0]["public_url"], url);

    let _edge = Edge::start_at(address, Secret::new(TOKEN)).expect("the same address");
    agent.says("client session established").await;
    let echoed = || async {
        let answer = client().post(format!("{url}/echo")).body("back").send().await.ok()?;
        (answer.status() == 200).then_some(())
    };
    eventually(echoed).await;
}

#[tokio::test]
async fn a_lost_session_comes_back_with_its_url() {
    let stand = Stand::new();
    let (upstream, _) = app().await;
    let mut agent = stand.agent_with(&stand.settings("3.39.1", &["drop:0s"]), &[&upstream]).await;
    agent.says("session closed, starting reconnect loop").await;
    agent.says("client session established").await;
    let url = agent.url.clone();
    let echoed = || async {
        let answer = client().post(format!("{url}/echo")).body("back").send().await.ok()?;
        (answer.status() == 200).then_some(())
    };
    eventually(echoed).await;
    assert_eq!(agent.said.iter().filter(|record| record["msg"] == "started tunnel").count(), 1);
}

fn signed_post(url: &str, body: &'static str) -> reqwest::RequestBuilder {
    let now = jiff::Timestamp::now().as_second();
    let secret = SigningSecret::parse(SIGNING_SECRET).expect("a secret");
    let signature = sign(&[secret], "msg_1", now, body.as_bytes());
    let headers = [("svix-id", "msg_1".to_owned()), ("svix-timestamp", now.to_string()), ("svix-signature", signature)];
    let headers: HashMap<_, _> = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    client().post(url).body(body).headers((&headers).try_into().expect("headers"))
}

fn policy_text() -> String {
    let config = json!({"provider": "clerk", "secret": SIGNING_SECRET});
    let actions = json!([{"type": "verify-webhook", "config": config}]);
    json!({"on_http_request": [{"expressions": ["req.url.path == '/echo'"], "actions": actions}]}).to_string()
}

#[tokio::test]
async fn a_policy_holds_forged_requests_back() {
    let stand = Stand::new();
    let (upstream, seen) = app().await;
    let policy = stand.file("policy.json", &policy_text());
    let agent = stand.agent(&[&upstream, "--traffic-policy-file", &policy]).await;
    let url = format!("{}/echo", agent.url);
    let forged = client().post(&url).body("{}").send().await.expect("an answer");
    assert_eq!(forged.status(), 403);
    assert_eq!(forged.headers()["ngrok-error-code"], "ERR_NGROK_3204");
    assert!(forged.text().await.expect("a body").contains("ERR_NGROK_3204"));
    assert_eq!(signed_post(&url, "{}").send().await.expect("an answer").status(), 200);
    assert_eq!(*seen.lock().expect("no panic"), ["{}"]);
    assert_eq!(client().get(format!("{}/other", agent.url)).send().await.expect("an answer").status(), 404);
    assert_eq!(agent.captured().await.len(), 2);

    let wrong = stand.file("wrong.json", r#"{"on_http_request":[{"actions":[{"type":"dance"}]}]}"#);
    let settings = stand.settings("3.39.1", &[]);
    let (status, stdout, _) = stand.ending(&settings, TOKEN, &["80", "--traffic-policy-file", &wrong]).await;
    assert!(status == Some(1) && stdout.contains("ERR_NGROK_2201"), "{stdout}");
}

#[tokio::test]
async fn a_policy_changes_in_place_and_outlives_a_lost_session() {
    let stand = Stand::new();
    let (upstream, _) = app().await;
    let agent = stand.agent(&[&upstream]).await;
    let url = format!("{}/echo", agent.url);
    let forged = || async { client().post(&url).body("{}").send().await.map(|answer| answer.status().as_u16()).ok() };
    assert_eq!(forged().await, Some(200));

    let endpoint_url = format!("{}/endpoints/command_line", agent.api);
    let mut endpoint = agent.api("/endpoints/command_line").await;
    endpoint["traffic_policy"] = policy_text().into();
    let put = |endpoint: &Value| {
        let request = client().put(&endpoint_url).json(endpoint);
        async { request.send().await.expect("an answer") }
    };
    let changed = put(&endpoint).await;
    assert_eq!(changed.status(), 200);
    assert_eq!(changed.json::<Value>().await.expect("JSON")["traffic_policy"], policy_text());
    assert_eq!(forged().await, Some(403));
    assert_eq!(signed_post(&url, "{}").send().await.expect("an answer").status(), 200);

    endpoint["traffic_policy"] = "{".into();
    let refused = put(&endpoint).await;
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.expect("a body").contains("ERR_NGROK_22"));
    assert_eq!(forged().await, Some(403));

    let Stand { edge, directory: _kept } = stand;
    let address = edge.address();
    edge.stop().await;
    let _edge = Edge::start_at(address, Secret::new(TOKEN)).expect("the same address");
    let status = eventually(|| async { forged().await }).await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn second_and_third_versions_differ() {
    let stand = Stand::new();
    let (upstream, _) = app().await;
    let settings = stand.settings("2.3.41", &[]);
    let (status, _, stderr) = stand.ending(&settings, TOKEN, &["80", "--url=http://127.0.0.1:1"]).await;
    assert_eq!((status, stderr.as_str()), (Some(1), "ERROR:  unknown flag: --url\nERROR:  \n"));
    let installed = stand.install(&settings, TOKEN);
    let version = process::output(&Program::new(&installed.bin, ["version"]), LIMIT).await.expect("an end");
    assert_eq!(version.stdout, b"ngrok version 2.3.41\n");

    let mut agent = stand.agent_with(&settings, &[&upstream]).await;
    assert_eq!(agent.said.last().map(|record| &record["name"]), Some(&json!("command_line (http)")));
    assert_eq!(agent.said.last().map(|record| &record["addr"]), Some(&json!(format!("http://{upstream}"))));
    assert_eq!(agent.says("started tunnel").await["name"], "command_line");
    let tunnels = agent.api("/tunnels").await;
    let names: Vec<_> = tunnels["tunnels"].as_array().expect("a list").iter().map(|tunnel| &tunnel["name"]).collect();
    assert_eq!(names, ["command_line", "command_line (http)"]);
    for path in ["/status", "/endpoints"] {
        let answer = client().get(format!("{}{path}", agent.api)).send().await.expect("an answer");
        assert_eq!(answer.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn sigterm_is_a_clean_end() {
    let stand = Stand::new();
    let mut agent = stand.agent(&["80"]).await;
    agent.child.stop(LIMIT).await;
    assert_eq!(agent.exit_code().await, Some(0));
    agent.says("received stop request").await;
}

#[tokio::test]
async fn faults_are_what_they_say() {
    let stand = Stand::new();
    let (upstream, _) = app().await;
    let ending = |fault: &'static str| {
        let settings = stand.settings("3.39.1", &[fault]);
        let (stand, upstream) = (&stand, upstream.as_str());
        async move { stand.ending(&settings, TOKEN, &[upstream]).await }
    };
    let (status, stdout, _) = ending("exit:0s").await;
    assert!(status == Some(1) && stdout.contains("starting web service") && !stdout.contains("started tunnel"));
    let (status, stdout, _) = ending("exit:1ms").await;
    assert!(status == Some(1) && stdout.contains("started tunnel"), "{stdout}");
    for (fault, code) in [("108", "ERR_NGROK_108"), ("121", "ERR_NGROK_121"), ("4018", "ERR_NGROK_4018")] {
        let (status, _, stderr) = ending(fault).await;
        assert!(status == Some(1) && stderr.contains(code), "{stderr}");
    }
    assert!(ending("334:1").await.1.contains("ERR_NGROK_334"));
    let settings = stand.settings("3.39.1", &["334:1", "garbage", "noinspect"]);
    let agent = stand.agent_with(&settings, &[&upstream]).await;
    client().post(format!("{}/echo", agent.url)).body("x").send().await.expect("an answer");
    assert_eq!(agent.captured().await.len(), 0);
    assert!(agent.noise > 0);

    let settings = stand.settings("3.39.1", &["plain", "exit:1ms"]);
    let (_, stdout, _) = stand.ending(&settings, TOKEN, &[&upstream]).await;
    assert!(stdout.contains("started tunnel tunnels command_line") && !stdout.contains("lvl"), "{stdout}");
}

#[tokio::test]
async fn a_deaf_agent_has_to_be_killed() {
    let stand = Stand::new();
    let installed = stand.install(&stand.settings("3.39.1", &["hang:hard"]), TOKEN);
    let mut agent = Agent::spawn(&installed, &["80"]);
    agent.says("starting web service").await;
    agent.child.stop(Duration::from_millis(300)).await;
    assert_eq!(agent.exit_code().await, None);
}

#[tokio::test]
async fn the_web_address_is_guarded() {
    let stand = Stand::new();
    let agent = stand.agent(&["80"]).await;
    let tunnels = format!("{}/tunnels", agent.api);
    let foreign = client().get(&tunnels).header("host", "evil.example").send().await.expect("an answer");
    assert_eq!(foreign.status(), 401);
    let form = client().post(&tunnels).body("addr=80").send().await.expect("an answer");
    assert_eq!(form.status(), 415);

    let address = tunnels.strip_prefix("http://").and_then(|rest| rest.split('/').next()).expect("an address");
    let overlay = stand.file("web.yml", &format!("version: 3\nagent:\n  web_addr: {address}\n"));
    let settings = stand.settings("3.39.1", &[]);
    let (status, stdout, stderr) = stand.ending(&settings, TOKEN, &["80", "--config", &overlay]).await;
    assert_eq!(status, Some(1));
    assert!(stdout.contains("\"lvl\":\"crit\""), "{stdout}");
    assert!(stderr.contains(&format!("listen tcp {address}: bind: address already in use")), "{stderr}");
}

#[tokio::test]
async fn tunnels_open_and_close_through_the_api() {
    let stand = Stand::new();
    let (upstream, _) = app().await;
    let agent = stand.agent(&["80"]).await;
    let open = |name: &str| {
        let config = json!({"name": name, "proto": "http", "addr": upstream});
        let request = client().post(format!("{}/tunnels", agent.api)).json(&config);
        async { request.send().await.expect("an answer") }
    };
    let opened = open("second").await;
    assert_eq!(opened.status(), 201);
    let url = opened.json::<Value>().await.expect("JSON")["public_url"].as_str().expect("a URL").to_owned();
    assert_eq!(client().post(format!("{url}/echo")).body("x").send().await.expect("an answer").status(), 200);
    assert_eq!(open("second").await.status(), 400);
    let closed = client().delete(format!("{}/tunnels/second", agent.api)).send().await.expect("an answer");
    assert_eq!(closed.status(), 204);
    assert_eq!(client().post(format!("{url}/echo")).body("x").send().await.expect("an answer").status(), 404);
    assert_eq!(agent.api("/tunnels").await["tunnels"].as_array().map(Vec::len), Some(1));
}
