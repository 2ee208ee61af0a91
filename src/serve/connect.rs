//! Connections of our own: the name is looked up aside, then one address after the other is tried.
//!
//! A name server may take half a minute to say nothing. So a host that is not an address is looked up on a thread of
//! its own, which wakes the loop when it has an answer; until then the attempt has no socket, and everybody is
//! served. While a name is being looked up, whoever asks for it again waits for the same answer: a link that tries
//! anew every second costs one thread, not one a second. At most `MOST` names are looked up at a time.
//!
//! Of several addresses the next is tried when the one before refuses (`localhost` may mean ::1 first).
//!
//! Deviation: Redis 7.2 looks names up in the serving thread, which then answers nobody, and tries the first address
//! only. Source: behaviour of `connectWithMaster`, `anetTcpGenericConnect`.

use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::net::reactor::Waker;
use crate::net::stream::{Stream, resolve};
use crate::state::client::ClientId;

/// Names looked up at the same time.
const MOST: usize = 8;

/// What is known of a name: addresses, or why there are none.
type Found = Result<Vec<SocketAddr>, String>;
/// How a name is looked up; another one in tests.
type LookUp = fn(&str) -> Found;

/// An attempt to connect.
struct Attempt {
    client: ClientId,
    host: String,
    port: u16,
    /// `bind-source-addr`
    source: Option<String>,
    /// Not tried yet. `None` while the name is being looked up.
    addresses: Option<Vec<SocketAddr>>,
}

/// What became of an attempt.
pub enum Next {
    /// This socket connects.
    Connecting(Stream),
    /// It could not even be begun.
    Failed(String),
}

/// See the head of the file.
pub struct Connector {
    attempts: Vec<Attempt>,
    /// Names under way.
    asked: Vec<String>,
    answers: Receiver<(String, Found)>,
    sender: Sender<(String, Found)>,
    waker: Waker,
    look_up: LookUp,
}

impl Connector {
    /// `waker` ends the loop's sleep when a name is found.
    pub fn new(waker: Waker) -> Connector {
        Connector::with(waker, |name| resolve(name, 0))
    }

    fn with(waker: Waker, look_up: LookUp) -> Connector {
        let (sender, answers) = channel();
        Connector { attempts: Vec::new(), asked: Vec::new(), answers, sender, waker, look_up }
    }

    /// Begins an attempt; `None` when a name must be looked up first.
    pub fn begin(&mut self, client: ClientId, host: &str, port: u16, source: Option<&str>) -> Option<Next> {
        self.forget(client);
        let literal = host.parse::<IpAddr>().ok();
        let addresses = literal.map(|ip| vec![SocketAddr::new(ip, port)]);
        let source = source.map(str::to_owned);
        self.attempts.push(Attempt { client, host: host.to_owned(), port, source, addresses });
        if literal.is_some() {
            return self.next(client);
        }
        self.ask(host);
        None
    }

    /// Starts to look a name up, unless somebody does already. Without a free place its turn comes later.
    fn ask(&mut self, name: &str) {
        if self.asked.len() >= MOST || self.asked.iter().any(|asked| asked == name) {
            return;
        }
        let (sender, waker, look_up, asked) =
            (self.sender.clone(), self.waker.clone(), self.look_up, name.to_owned());
        let run = move || {
            let found = look_up(&asked);
            // Nobody waits any more when the server is leaving.
            if sender.send((asked, found)).is_ok() {
                let _ = waker.wake();
            }
        };
        match std::thread::Builder::new().name("resolver".into()).spawn(run) {
            Ok(_) => self.asked.push(name.to_owned()),
            Err(e) => {
                let found = Err(format!("starting a thread: {}", crate::net::os_text(&e)));
                // It lies in our own channel until the loop looks.
                let _ = self.sender.send((name.to_owned(), found));
                let _ = self.waker.wake();
            }
        }
    }

    /// The attempts whose names were found, or not, since the last look.
    pub fn answered(&mut self) -> Vec<(ClientId, Next)> {
        let mut done = Vec::new();
        while let Ok((name, found)) = self.answers.try_recv() {
            self.asked.retain(|asked| *asked != name);
            let waiting = self.attempts.iter_mut().filter(|a| a.addresses.is_none() && a.host == name);
            let mut clients = Vec::new();
            for attempt in waiting {
                let port = attempt.port;
                let of_port = |mut address: SocketAddr| {
                    address.set_port(port);
                    address
                };
                attempt.addresses = Some(found.iter().flatten().copied().map(of_port).collect());
                clients.push(attempt.client);
            }
            for client in clients {
                let next = match &found {
                    Err(text) => Some(Next::Failed(text.clone())),
                    Ok(_) => self.next(client),
                };
                done.extend(next.map(|next| (client, next)));
            }
        }
        let unasked: Vec<String> =
            self.attempts.iter().filter(|a| a.addresses.is_none()).map(|a| a.host.clone()).collect();
        unasked.iter().for_each(|name| self.ask(name));
        done
    }

    /// Tries the next address. `None` when all were tried, or there is no such attempt.
    pub fn next(&mut self, client: ClientId) -> Option<Next> {
        let attempt = self.attempts.iter_mut().find(|a| a.client == client)?;
        let addresses = attempt.addresses.as_mut()?;
        let mut last = None;
        while !addresses.is_empty() {
            let address = addresses.remove(0);
            match Stream::connect(address, attempt.source.as_deref()) {
                Ok(stream) => return Some(Next::Connecting(stream)),
                Err(text) => last = Some(Next::Failed(text)),
            }
        }
        last
    }

    /// The attempt has come to its end, or is not wanted any more.
    pub fn forget(&mut self, client: ClientId) {
        self.attempts.retain(|a| a.client != client);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::listener::Listener;
    use crate::net::reactor::{Reactor, WAKE};
    use std::sync::Mutex;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    fn client(slot: u32) -> ClientId {
        ClientId { slot, generation: 0 }
    }

    fn poll(reactor: &mut Reactor) {
        reactor.poll(Some(Duration::from_secs(10))).unwrap();
        assert!(reactor.ready().any(|ready| ready.token == WAKE));
    }

    /// A name server that says nothing until it is let.
    static GATE: Mutex<Option<Receiver<()>>> = Mutex::new(None);

    fn slow(_: &str) -> Found {
        let gate = GATE.lock().unwrap().take();
        gate.unwrap().recv().unwrap();
        Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))])
    }

    #[test]
    fn a_slow_name_holds_nobody_up_and_is_asked_for_once() {
        let (open, gate) = channel();
        *GATE.lock().unwrap() = Some(gate);
        let listener = Listener::tcp("127.0.0.1", 0, 8).unwrap();
        let mut reactor = Reactor::new(8).unwrap();
        let mut connector = Connector::with(reactor.waker(), slow);
        for slot in 0..5 {
            // A second look-up would find no gate, and end in a panic of its thread without an answer.
            assert!(connector.begin(client(slot), "slow.example", listener.port(), None).is_none());
            assert!(connector.answered().is_empty());
        }
        connector.forget(client(2));
        open.send(()).unwrap();
        poll(&mut reactor);
        let done = connector.answered();
        let who: Vec<u32> = done.iter().map(|(id, _)| id.slot).collect();
        assert_eq!(who, [0, 1, 3, 4]);
        assert!(done.iter().all(|(_, next)| matches!(next, Next::Connecting(_))));
        assert!(connector.asked.is_empty());
    }

    #[test]
    fn a_name_that_is_not_found_fails_with_the_resolvers_words() {
        let mut reactor = Reactor::new(8).unwrap();
        let mut connector = Connector::with(reactor.waker(), |_| Err("Name or service not known".into()));
        for slot in 0..MOST as u32 + 3 {
            assert!(connector.begin(client(slot), &format!("no{slot}.example"), 1, None).is_none());
        }
        let mut told = 0;
        while told < MOST + 3 {
            poll(&mut reactor);
            for (id, next) in connector.answered() {
                assert!(matches!(next, Next::Failed(text) if text == "Name or service not known"));
                connector.forget(id);
                told += 1;
            }
        }
    }

    #[test]
    fn the_next_address_is_tried_when_one_refuses() {
        fn two(_: &str) -> Found {
            Ok(vec![SocketAddr::from(([127, 0, 0, 2], 0)), SocketAddr::from(([127, 0, 0, 1], 0))])
        }
        let listener = Listener::tcp("127.0.0.1", 0, 8).unwrap();
        let mut reactor = Reactor::new(8).unwrap();
        let mut connector = Connector::with(reactor.waker(), two);
        assert!(connector.begin(client(1), "two.example", listener.port(), None).is_none());
        poll(&mut reactor);
        assert_eq!(connector.answered().len(), 1);
        let Some(Next::Connecting(stream)) = connector.next(client(1)) else { panic!("the second") };
        while !stream.connected().unwrap() {
            std::thread::yield_now();
        }
        assert_eq!(stream.peer_text(), format!("127.0.0.1:{}", listener.port()));
        assert!(connector.next(client(1)).is_none(), "there is no third");
    }
}
