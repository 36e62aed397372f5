//! A server on the loopback address that stands in for AWS: it answers by a script, and remembers each call
//! and when it was open.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anybody waits.
const NEVER: Duration = Duration::from_mins(5);
/// Headers that are of one connection.
const OF_A_CONNECTION: [&str; 4] = ["connection", "content-length", "transfer-encoding", "host"];

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    began: Instant,
    ended: Option<Instant>,
}

/// What goes back.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
    /// Nothing, for longer than anybody waits.
    Silence,
}

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Call {
    /// The service that it is signed for.
    pub(crate) fn service(&self) -> &str {
        self.header("authorization").split('/').nth(3).unwrap_or_default()
    }

    /// The operation, where a header or the form names it; else the path.
    pub(crate) fn operation(&self) -> &str {
        let action = || self.body.split('&').find_map(|field| field.strip_prefix("Action="));
        match self.header("x-amz-target") {
            "" => action().unwrap_or(&self.path),
            target => target.rsplit('.').next().unwrap_or_default(),
        }
    }

    /// What is asked: the same for an equal call.
    pub(crate) fn asked(&self) -> String {
        format!("{} {} {} {}", self.service(), self.operation(), self.path, self.body)
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self::Answer { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn with(self, name: &str, value: impl Into<String>) -> Self {
        match self {
            Self::Answer { status, mut headers, body } => {
                headers.push((name.to_owned(), value.into()));
                Self::Answer { status, headers, body }
            }
            Self::Silence => Self::Silence,
        }
    }
}

impl Server {
    /// Starts one. The script may take its time: each connection has a thread of its own.
    pub(crate) fn start(script: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Self {
        let (listener, url) = listen();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (log, script) = (Arc::clone(&calls), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                // An end of the connection is the end of it.
                thread::spawn(move || while serve(&stream, &log, &*script).is_some() {});
            }
        });
        Self { url, calls }
    }

    /// One that hands on to another, after a while.
    pub(crate) fn before(upstream: &str, delay: Duration) -> Self {
        let upstream = upstream.trim_start_matches("http://").to_owned();
        Self::start(move |call| {
            thread::sleep(delay);
            forward(&upstream, call)
        })
    }

    /// What was asked of it. What the SDK sends again, as it does where an answer takes too long on a busy machine, is
    /// the same call.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let mut seen = BTreeSet::new();
        let mut is_new = |call: &Call| {
            let invocation = call.header("amz-sdk-invocation-id");
            invocation.is_empty() || seen.insert(invocation.to_owned())
        };
        locked(&self.calls).iter().filter(|call| is_new(call)).cloned().collect()
    }
}

/// The address of one that resets every connection: it closes them with the request unread.
pub(crate) fn resetting() -> String {
    let (listener, url) = listen();
    thread::spawn(move || {
        listener.incoming().map_while(Result::ok).for_each(|stream| drop(stream.peek(&mut [0])));
    });
    url
}

/// Which of the calls went out together: a call belongs to the first round that was still open when it began.
/// Those that go on where another call of the same question ended only keep their round open.
pub(crate) fn rounds(calls: &[Call], goes_on: &[&str]) -> usize {
    let mut calls: Vec<&Call> = calls.iter().collect();
    calls.sort_by_key(|call| call.began);
    let (mut rounds, mut open_until) = (0, None);
    for call in calls {
        let ended = call.ended.expect("it has an answer");
        if open_until.is_none_or(|end| call.began >= end)
            && !goes_on.iter().any(|name| call.operation().ends_with(name))
        {
            rounds += 1;
        }
        open_until = open_until.max(Some(ended));
    }
    rounds
}

/// Calls that were made more than once.
pub(crate) fn repeated(calls: &[Call]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    calls.iter().map(Call::asked).filter(|asked| !seen.insert(asked.clone())).collect()
}

/// Hands a call on to who listens at `address`.
pub(crate) fn forward(address: &str, call: &Call) -> Reply {
    let mut stream = TcpStream::connect(address).expect("the emulator listens");
    let mut lines = vec![format!("{} {} HTTP/1.1", call.method, call.path)];
    lines.extend(
        call.headers
            .iter()
            .filter(|(name, _)| !OF_A_CONNECTION.contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {value}")),
    );
    lines.extend([
        format!("host: {address}"),
        "connection: close".to_owned(),
        format!("content-length: {}", call.body.len()),
    ]);
    stream.write_all((lines.join("\r\n") + "\r\n\r\n" + &call.body).as_bytes()).expect("the emulator hears");
    let mut reader = BufReader::new(&stream);
    let mut line = String::new();
    reader.read_line(&mut line).expect("the emulator answers");
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let headers = headers(&mut reader).expect("headers");
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
        .expect("the emulator tells a length");
    let body = body(&mut reader, length).expect("a body");
    let kept = headers.into_iter().filter(|(name, _)| !OF_A_CONNECTION.contains(&name.as_str()));
    Reply::Answer { status, headers: kept.collect(), body }
}

fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, url)
}

fn serve(mut stream: &TcpStream, log: &Mutex<Vec<Call>>, script: &dyn Fn(&Call) -> Reply) -> Option<()> {
    let call = receive(stream)?;
    let number = {
        let mut log = locked(log);
        log.push(call.clone());
        log.len() - 1
    };
    match script(&call) {
        Reply::Silence => {
            thread::sleep(NEVER);
            None
        }
        Reply::Answer { status, headers, body } => {
            let mut lines =
                vec![format!("HTTP/1.1 {status} Scripted"), format!("content-length: {}", body.len())];
            lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
            locked(log)[number].ended = Some(Instant::now());
            // Who asked may have gone.
            stream.write_all((lines.join("\r\n") + "\r\n\r\n" + &body).as_bytes()).ok()
        }
    }
}

fn receive(stream: &TcpStream) -> Option<Call> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let began = Instant::now();
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let headers = headers(&mut reader)?;
    let body =
        body(&mut reader, headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0))?;
    Some(Call { method, path, headers, body, began, ended: None })
}

fn headers(reader: &mut BufReader<&TcpStream>) -> Option<BTreeMap<String, String>> {
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { return Some(headers) };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
}

fn body(reader: &mut BufReader<&TcpStream>, length: usize) -> Option<String> {
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
