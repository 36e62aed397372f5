//! A server on the loopback address that answers from a script, and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Longer than any time-out of a test.
const NEVER: Duration = Duration::from_secs(30);

/// What came over the wire.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// What goes back.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Answer { status: u16, headers: Vec<(&'static str, String)>, body: String },
    Nothing,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self::Answer { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn with(self, name: &'static str, value: &str) -> Self {
        match self {
            Self::Answer { status, mut headers, body } => {
                headers.push((name, value.to_owned()));
                Self::Answer { status, headers, body }
            }
            Self::Nothing => Self::Nothing,
        }
    }
}

pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Request {
    /// `Region/service` of the signature.
    pub(crate) fn scope(&self) -> String {
        let credential = self.header("authorization").split("Credential=").nth(1).unwrap_or_default();
        credential.split('/').skip(2).take(2).collect::<Vec<_>>().join("/")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The operation, where a header or the form names it; else the path.
    pub(crate) fn called(&self) -> String {
        let action =
            || self.body.split('&').find_map(|field| field.strip_prefix("Action=")).map(str::to_owned);
        match self.header("x-amz-target") {
            "" => action().unwrap_or_else(|| self.path.clone()),
            target => target.to_owned(),
        }
    }
}

impl Server {
    /// Starts one; `script` gets the request and how many came before it.
    pub(crate) fn start(script: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, script) = (Arc::clone(&requests), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                thread::spawn(move || serve(&stream, &log, &*script));
            }
        });
        Self { url, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(mut stream: &TcpStream, log: &Mutex<Vec<Request>>, script: &dyn Fn(&Request, usize) -> Reply) {
    let Some(request) = receive(stream) else { return };
    let before = {
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push(request.clone());
        log.len() - 1
    };
    match script(&request, before) {
        Reply::Nothing => thread::sleep(NEVER),
        Reply::Answer { status, headers, body } => {
            let mut lines = vec![
                format!("HTTP/1.1 {status} Scripted"),
                format!("Content-Length: {}", body.len()),
                "Connection: close".to_owned(),
            ];
            lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
            // Who asked may have gone.
            let _ = stream.write_all((lines.join("\r\n") + "\r\n\r\n" + &body).as_bytes());
        }
    }
}

fn receive(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let mut request = Request { method: words.next()?, path: words.next()?, ..Request::default() };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        request.headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; request.header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).ok()?;
    Some(request)
}
