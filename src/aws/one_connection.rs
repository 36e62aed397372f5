//! A server on the loopback address, for tests of what is sent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Answers so many requests of the first connection, and takes no other: its address, and the head and the body
/// of each request.
pub(super) fn serve(answer: &'static [u8], count: usize) -> (String, JoinHandle<Vec<(String, String)>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("its address"));
    let requests = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("it is set");
        let mut reader = BufReader::new(stream.try_clone().expect("the same"));
        let mut request = || {
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                assert!(reader.read_line(&mut line).expect("a line") > 0, "the connection ends");
                if line == "\r\n" {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a number");
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("the body");
            stream.write_all(answer).expect("it is written");
            (head, String::from_utf8(body).expect("UTF-8"))
        };
        (0..count).map(|_| request()).collect()
    });
    (endpoint, requests)
}
