//! A browser: one connection that stays open, a cookie, and the time until the last byte of an answer.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

pub struct Browser {
    address: SocketAddr,
    cookie: String,
    line: BufReader<TcpStream>,
}

impl Browser {
    pub fn new(address: SocketAddr, cookie: String) -> Self {
        Self { address, cookie, line: connected(address) }
    }

    /// How long an answer took; `None`: there is no such page. Being led on is an answer.
    pub fn asks(&mut self, path: &str) -> Option<Duration> {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n", self.address, self.cookie);
        let begun = Instant::now();
        self.line.get_mut().write_all(request.as_bytes()).unwrap();
        let (status, length) = self.head();
        let mut body = vec![0; length];
        self.line.read_exact(&mut body).unwrap();
        let took = begun.elapsed();
        assert!(matches!(status, 200 | 303 | 404), "{path}: {status}, {}", String::from_utf8_lossy(&body));
        (status != 404).then_some(took)
    }

    /// The status, and how long the body is.
    fn head(&mut self) -> (u16, usize) {
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            self.line.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest.split(' ').next().unwrap().parse().unwrap();
            } else if let Some(rest) = line.strip_prefix("content-length: ") {
                length = rest.parse().unwrap();
            } else if line.is_empty() {
                return (status, length);
            }
        }
    }
}

fn connected(address: SocketAddr) -> BufReader<TcpStream> {
    let begun = Instant::now();
    loop {
        match TcpStream::connect(address) {
            Ok(line) => {
                line.set_nodelay(true).unwrap();
                return BufReader::new(line);
            }
            Err(error) => {
                assert!(begun.elapsed() < Duration::from_mins(1), "the desk does not open: {error}");
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
