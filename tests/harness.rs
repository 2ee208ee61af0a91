//! The tools of the tests, tested: a proxy that does not cut where it says would make every test of a link worthless.

mod common;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use common::client::request;
use common::{Client, Direction, Proxy, SOON, Server, Value, real_redis, text, wait_until};

/// Sends back what it gets.
fn echo() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || std::io::copy(&mut stream.try_clone().unwrap(), &mut stream));
        }
    });
    port
}

/// Answers one connection with these bytes, whatever it asks.
fn answering(bytes: &'static [u8]) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for byte in bytes.chunks(1) {
            stream.write_all(byte).unwrap();
        }
        let _ = stream.read(&mut [0; 64]);
    });
    port
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream
}

/// What arrives until the connection ends.
fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 64];
    while let Ok(len @ 1..) = stream.read(&mut chunk) {
        bytes.extend_from_slice(&chunk[..len]);
    }
    bytes
}

#[test]
fn the_proxy_cuts_at_the_byte_it_was_told() {
    let proxy = Proxy::to(echo());
    for direction in [Direction::Up, Direction::Down] {
        for count in [1, 5, 10] {
            proxy.cut_after(direction, count);
            let mut stream = connect(proxy.port());
            stream.write_all(b"0123456789").unwrap();
            let got = rest(stream);
            wait_until("the cut is over", SOON, || !proxy.cut_is_due(direction));
            let most = count as usize - 1;
            assert!(got.len() <= most, "{direction:?} {count}: {got:?}");
            if direction == Direction::Down {
                assert!(b"0123456789".starts_with(&got[..]));
            }
        }
    }
    let mut stream = connect(proxy.port());
    stream.write_all(b"0123456789").unwrap();
    let mut all = [0; 10];
    stream.read_exact(&mut all).unwrap();
    assert_eq!(&all, b"0123456789", "afterwards everything passes");
    proxy.cut();
    assert_eq!(rest(stream), b"");
}

#[test]
fn the_proxy_holds_delays_records_and_refuses() {
    let proxy = Proxy::to(echo());
    proxy.record();
    let mut stream = connect(proxy.port());
    let mut four = [0; 4];
    proxy.hold(Direction::Down);
    stream.write_all(b"held").unwrap();
    wait_until("the bytes are on the far side", SOON, || proxy.passed(Direction::Up) == 4);
    stream.set_read_timeout(Some(Duration::from_millis(30))).unwrap();
    assert!(stream.read(&mut four).is_err(), "nothing comes while held");
    proxy.release(Direction::Down);
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.read_exact(&mut four).unwrap();
    assert_eq!(&four, b"held");
    proxy.delay(Direction::Up, Duration::from_millis(40));
    let start = Instant::now();
    stream.write_all(b"late").unwrap();
    stream.read_exact(&mut four).unwrap();
    assert!(start.elapsed() >= Duration::from_millis(40));
    assert_eq!(proxy.recorded(Direction::Up), b"heldlate");
    assert_eq!(proxy.recorded(Direction::Down), b"heldlate");
    proxy.shut();
    assert_eq!(rest(stream), b"");
    assert_eq!(rest(connect(proxy.port())), b"");
    proxy.admit();
    let mut again = connect(proxy.port());
    proxy.delay(Direction::Up, Duration::ZERO);
    again.write_all(b"back").unwrap();
    again.read_exact(&mut four).unwrap();
    assert_eq!(&four, b"back");
}

#[test]
fn the_client_decodes_what_comes_byte_by_byte() {
    let mut client = Client::connect(answering(
        b"+OK\r\n-ERR no\r\n:-5\r\n$3\r\na\r\n\r\n$-1\r\n*-1\r\n*2\r\n$0\r\n\r\n*0\r\n_\r\n#t\r\n,1.5\r\n(123\r\n\
          =8\r\ntxt:text\r\n~1\r\n:1\r\n%1\r\n+k\r\n:2\r\n|1\r\n+a\r\n+b\r\n>1\r\n+p\r\n\n",
    ));
    let simple = |text: &str| Value::Simple(text.into());
    let expected = [
        simple("OK"),
        Value::Error("ERR no".into()),
        Value::Int(-5),
        Value::Bulk(b"a\r\n".to_vec()),
        Value::Null,
        Value::Null,
        Value::Array(vec![Value::Bulk(Vec::new()), Value::Array(Vec::new())]),
        Value::Null,
        Value::Bool(true),
        Value::Double("1.5".into()),
        Value::BigNumber("123".into()),
        Value::Verbatim("txt".into(), "text".into()),
        Value::Set(vec![Value::Int(1)]),
        Value::Map(vec![(simple("k"), Value::Int(2))]),
        Value::Push(vec![simple("p")]),
    ];
    for value in expected {
        assert_eq!(client.read_value(), value);
    }
    assert_eq!(client.read_line(), "", "the keep-alive of a master is an empty line");
    assert!(client.read_within(Duration::from_millis(20)).is_none());
}

#[test]
fn masks_hide_what_differs_and_nothing_else() {
    let mask = |line| text::mask(line, text::Strictness::Numbers);
    assert_eq!(
        mask("slave0:ip=127.0.0.1,port=1,state=online,offset=12,lag=3"),
        "slave0:ip=127.0.0.1,port=1,state=online,offset=<n>,lag=<n>"
    );
    assert_eq!(mask("second_repl_offset:-1"), "second_repl_offset:-1");
    assert_eq!(mask("repl_backlog_size:1048576"), "repl_backlog_size:1048576");
    assert_eq!(mask("master_replid:0a9051ca213417f200d78772c9ca6c779f126d36"), "master_replid:<id>");
    let zeros = format!("master_replid2:{}", "0".repeat(40));
    assert_eq!(mask(&zeros), zeros);
    assert_eq!(request(&["GET", "a"]), b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n");
}

#[test]
fn servers_are_up_at_once_and_gone_when_dropped() {
    let mut server = Server::start("");
    let (port, dir) = (server.port(), server.dir().to_owned());
    assert_eq!(server.run("ping"), "PONG");
    server.kill();
    assert!(!server.alive());
    server.launch();
    assert_eq!(server.port(), port);
    assert_eq!(server.run("ping"), "PONG");
    drop(server);
    assert!(Client::try_connect(port).is_err());
    assert!(!dir.exists());
}

#[test]
fn many_servers_at_once_have_ports_of_their_own() {
    let starting: Vec<_> = (0..8).map(|_| thread::spawn(|| Server::start(""))).collect();
    let servers: Vec<Server> = starting.into_iter().map(|thread| thread.join().unwrap()).collect();
    let mut ports: Vec<u16> = servers.iter().map(Server::port).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 8);
}

#[test]
fn a_cut_in_the_middle_of_a_transfer_is_survived() {
    let Some(original) = real_redis() else { return };
    let (master, replica) = (original.clone().start(), original.start());
    let value = "x".repeat(300_000);
    master.cmd(&["set", "big", &value]);
    let proxy = Proxy::to(master.port());
    proxy.cut_after(Direction::Down, 2_000);
    replica.replicaof(proxy.port());
    wait_until("the cut", SOON, || !proxy.cut_is_due(Direction::Down));
    master.wait_same_data(&replica);
    assert!(proxy.accepted() >= 2);
}
