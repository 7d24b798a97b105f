//! A way to a server that breaks: connections through it are reset in the middle of a dialogue, or
//! stand still for good, and it counts how many are open.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// A proxy on loopback that runs until it is dropped.
pub struct Proxy {
    pub port: u16,
    line: Arc<Line>,
    _runtime: Runtime,
}

/// What happens to a connection, once the bytes before it have passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Reset,
    /// Nothing passes any more, and nobody is told.
    Silence,
}

#[derive(Debug, Default)]
struct Line {
    /// Bytes to let pass first, on whatever connections; one after the other.
    ahead: Mutex<VecDeque<(usize, Trouble)>>,
    cut: AtomicUsize,
    open: AtomicUsize,
    most: AtomicUsize,
}

impl Proxy {
    /// In front of a port of this machine.
    pub fn to(upstream: u16) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let (port, line) = (listener.local_addr().unwrap().port(), Arc::new(Line::default()));
        let of_all = line.clone();
        runtime.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let Ok((client, _)) = listener.accept().await else { continue };
                let line = of_all.clone();
                connections.spawn(async move {
                    line.comes();
                    // refused, reset, ended: the connection is gone
                    let _ = carry(client, upstream, &line).await;
                    line.open.fetch_sub(1, SeqCst);
                });
            }
        });
        Self { port, line, _runtime: runtime }
    }

    /// Resets a connection once so many bytes have passed, the middle of a dialogue.
    pub fn cuts_after(&self, bytes: usize) {
        self.line.ahead.lock().unwrap().push_back((bytes, Trouble::Reset));
    }

    /// Lets a connection stand still once so many bytes have passed.
    pub fn falls_silent_after(&self, bytes: usize) {
        self.line.ahead.lock().unwrap().push_back((bytes, Trouble::Silence));
    }

    /// Connections that were cut or fell silent.
    pub fn broken(&self) -> usize {
        self.line.cut.load(SeqCst)
    }

    /// The most connections that clients had open at the same time.
    pub fn most_open(&self) -> usize {
        self.line.most.load(SeqCst)
    }
}

impl Line {
    fn comes(&self) {
        let open = self.open.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(open, SeqCst);
    }

    /// How many of these bytes still pass, and what happens then.
    fn pass(&self, bytes: usize) -> (usize, Option<Trouble>) {
        let mut ahead = self.ahead.lock().unwrap();
        match ahead.front_mut() {
            Some((left, trouble)) if *left <= bytes => {
                let end = (*left, Some(*trouble));
                ahead.pop_front();
                self.cut.fetch_add(1, SeqCst);
                end
            }
            Some((left, _)) => {
                *left -= bytes;
                (bytes, None)
            }
            None => (bytes, None),
        }
    }
}

async fn carry(mut client: TcpStream, upstream: u16, line: &Line) -> std::io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", upstream)).await?;
    let (mut asked, mut answered) = ([0; 4096], [0; 4096]);
    loop {
        let (count, to_server) = tokio::select! {
            count = client.read(&mut asked) => (count?, true),
            count = server.read(&mut answered) => (count?, false),
        };
        if count == 0 {
            return Ok(());
        }
        let (passing, trouble) = line.pass(count);
        if to_server {
            server.write_all(&asked[..passing]).await?;
        } else {
            client.write_all(&answered[..passing]).await?;
        }
        match trouble {
            None => {}
            Some(Trouble::Reset) => {
                client.set_zero_linger()?;
                return server.set_zero_linger();
            }
            Some(Trouble::Silence) => {
                // the server's end stays open, as after a router that lost its memory
                while client.read(&mut asked).await? > 0 {}
                return Ok(());
            }
        }
    }
}
