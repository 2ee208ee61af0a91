//! Keyspace events, beside the original: the same random commands to our server and to Debian's redis-server, both
//! with every class of event selected, and one subscriber each that listens to all of them. After each command the
//! events must be the same, in the same order, and so must the reply.
//!
//! `REPLIS_SEED` sets the first seed (1), `REPLIS_SEEDS` the number of rounds (6), `REPLIS_ORIGINAL` the path of
//! another original than Debian's. A round that finds a difference prints its seed, the last commands and both
//! lists.

mod common;
#[path = "differential/rng.rs"]
#[allow(dead_code)]
mod rng;

use std::time::Duration;

use common::{Client, Server, Setup, Value, real_redis, wait_until};
use rng::Rng;

/// Commands of a round.
const STEPS: usize = 1500;

/// What a template may hold: `K` a key, `V` a value, `N` a small integer, `F` a number, `M` a member or field, `S` a
/// score, `T` a moment that is past. Each of 12 keys is taken for any type, so that some commands fail. Chance is
/// left out: a random member that goes would make two servers unlike.
const TEMPLATES: &str = "\
set K V;set K V nx;set K V xx;set K V get;set K V ex 100;set K V px 100000 nx;set K V keepttl;\
setnx K V;setex K 100 V;psetex K 100000 V;getset K V;getdel K;get K;getex K;getex K ex 100;getex K persist;\
getex K pxat T;append K V;append K N;strlen K;incr K;decr K;incrby K N;decrby K N;incrbyfloat K F;setrange K 0 V;\
setrange K N V;getrange K 0 N;mset K V K V;msetnx K V K V;mget K K;substr K 0 N;\
del K;del K K;unlink K;exists K;touch K K;type K;ttl K;expire K 100;expire K 100 nx;pexpire K 900000 gt;\
expireat K T;expire K -1;pexpireat K T xx;persist K;rename K K;renamenx K K;move K 1;copy K K;copy K K replace;\
copy K K db 1;copy K K db 1 replace;object freq K;dbsize;\
lpush K V;rpush K V V;rpush K V V;lpushx K V;rpushx K V;lpop K;rpop K;lpop K 2;rpop K N;lrem K N V;lset K N V;\
linsert K before V M;linsert K after V V;ltrim K N -1;ltrim K 0 N;ltrim K 5 1;lmove K K left right;\
lmove K K right right;rpoplpush K K;lmpop 2 K K left;lmpop 1 K right count 3;lrange K 0 -1;llen K;lindex K N;\
lpos K V;\
sadd K M;sadd K M M M;sadd K N N;srem K M;srem K M M;smove K K M;spop K 1000;sinterstore K K K;sunionstore K K K;\
sdiffstore K K K;sismember K M;scard K;sinter K K;sunion K K;sintercard 2 K K;smembers K;smismember K M M;\
hset K M V;hset K M V M V;hsetnx K M V;hmset K M V;hdel K M;hdel K M M M;hincrby K M N;hincrbyfloat K M F;hget K M;\
hmget K M M;hlen K;hstrlen K M;hexists K M;\
zadd K S M;zadd K S M S M;zadd K nx S M;zadd K xx S M;zadd K ch S M;zadd K gt S M;zadd K incr S M;zincrby K S M;\
zrem K M;zrem K M M;zremrangebyscore K -1 S;zremrangebyrank K 0 0;zremrangebylex K - +;zpopmin K;zpopmax K 2;\
zpopmin K 100;zmpop 2 K K min;zmpop 1 K max count 2;zunionstore K 2 K K;zinterstore K 2 K K;zdiffstore K 2 K K;\
zrangestore K K 0 2;zrangestore K K 0 S byscore;zrange K 0 -1;zscore K M;zcard K;zrank K M;zcount K 0 S;\
zunion 2 K K;zmscore K M M;\
setbit K N 1;setbit K 7 0;getbit K 7;bitcount K;bitop and K K K;bitop not K K;bitfield K set u8 0 N;\
bitfield K incrby i8 8 1 get u4 0;sort K alpha store K;sort K alpha";

/// How a key is made to die: with an expiry that passes at once, and a look a moment later.
const DYING: &str = "set K V px 1";

struct Side {
    asks: Client,
    hears: Client,
    marks: u64,
    _server: Server,
}

impl Side {
    fn new(server: Server) -> Side {
        let mut asks = Client::connect(server.port());
        assert_eq!(asks.run("config set notify-keyspace-events KEAmn"), "OK");
        let mut hears = Client::connect(server.port());
        hears.run("psubscribe __key*__:* mark");
        hears.read_value();
        Side { asks, hears, marks: 0, _server: server }
    }

    /// All events up to now, as `channel=message`.
    fn events(&mut self) -> Vec<String> {
        self.marks += 1;
        let mark = self.marks.to_string();
        self.asks.cmd(&["publish", "mark", &mark]);
        let mut events = Vec::new();
        loop {
            let message = self.hears.read_value().texts();
            match &message[..] {
                [_, _, channel, text] if channel == "mark" && *text == mark => return events,
                [_, _, channel, text] => events.push(format!("{channel}={text}")),
                _ => panic!("no message: {message:?}"),
            }
        }
    }
}

fn fill(rng: &mut Rng, template: &str) -> Vec<String> {
    let moment = "1000000000";
    template
        .split(' ')
        .map(|word| match word {
            "K" => format!("k{}", rng.below(12)),
            "V" => rng.pick(&["a", "b", "10", "-3", "3.5", "some text"]).to_owned(),
            "N" => rng.pick(&["0", "1", "2", "7", "-1", "-2"]).to_owned(),
            "F" => rng.pick(&["0.5", "1", "-2.25", "0"]).to_owned(),
            "M" => rng.pick(&["a", "b", "c", "d", "1", "2"]).to_owned(),
            "S" => rng.pick(&["0", "1", "2.5", "-1", "7"]).to_owned(),
            "T" => moment.to_owned(),
            word => word.to_owned(),
        })
        .collect()
}

/// The next commands: one, several inside MULTI, or one that makes a key die.
fn draw(rng: &mut Rng, templates: &[&str]) -> Vec<Vec<String>> {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let one = |rng: &mut Rng| {
        let template = rng.pick(templates);
        fill(rng, template)
    };
    match rng.below(40) {
        0 | 1 => {
            let mut commands = vec![words("multi")];
            commands.extend((0..1 + rng.below(4)).map(|_| one(rng)));
            commands.push(words("exec"));
            commands
        }
        2 => {
            let set = fill(rng, DYING);
            let look = rng.pick(&["exists K", "get K", "append K x", "del K", "lpush K x", "sadd K x"]);
            let look = words(&look.replace('K', &set[1]));
            vec![set, words("pause"), look]
        }
        3 => vec![words(&format!("select {}", rng.below(2)))],
        _ => vec![one(rng)],
    }
}

/// Replies to be compared; those without order are sorted.
fn shown(command: &[String], reply: &Value) -> String {
    let unordered = ["sinter", "sunion", "smembers", "spop"].contains(&command[0].as_str());
    match reply {
        Value::Array(items) if unordered => {
            let mut texts: Vec<String> = items.iter().map(|item| format!("{item:?}")).collect();
            texts.sort();
            format!("{texts:?}")
        }
        reply => format!("{reply:?}"),
    }
}

fn round(sides: &mut [Side; 2], seed: u64) {
    let templates: Vec<&str> = TEMPLATES.split(';').collect();
    let mut rng = Rng::new(seed);
    let mut log: Vec<String> = Vec::new();
    for side in sides.iter_mut() {
        side.asks.run("flushall");
        side.events();
    }
    for _ in 0..STEPS {
        let commands = draw(&mut rng, &templates);
        for command in &commands {
            if command[0] == "pause" {
                // Until the key is past its time for certain; whether the cycle or the look removes it is all one.
                std::thread::sleep(Duration::from_millis(3));
                continue;
            }
            log.push(command.join(" "));
            let replies = sides.each_mut().map(|side| side.asks.cmd(command));
            let shown = replies.map(|reply| shown(command, &reply));
            assert_eq!(shown[0], shown[1], "ours, original; seed {seed}, after:\n{}", tail(&log));
        }
        let [ours, original] = sides.each_mut().map(Side::events);
        assert!(
            ours == original,
            "seed {seed}, after:\n{}\nours:\n  {}\noriginal:\n  {}",
            tail(&log),
            ours.join("\n  "),
            original.join("\n  ")
        );
    }
}

fn tail(log: &[String]) -> String {
    log[log.len().saturating_sub(25)..].join("\n")
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn the_same_commands_cause_the_same_events() {
    let original = match std::env::var_os("REPLIS_ORIGINAL") {
        Some(path) => Some(Setup::of(path)),
        None => real_redis(),
    };
    let Some(original) = original else { return };
    let mut sides = [Side::new(Server::start("")), Side::new(original.start())];
    let first = number("REPLIS_SEED", 1);
    (first..first + number("REPLIS_SEEDS", 6)).for_each(|seed| round(&mut sides, seed));
}

/// Keys that nobody asks for are announced by the cycle that removes them, each once.
#[test]
fn the_active_cycle_announces_what_it_removes() {
    let mut side = Side::new(Server::start("hz 100"));
    for i in 0..50 {
        side.asks.run(&format!("set k{i} v px 1"));
    }
    wait_until("the keys are gone", common::SOON, || side.asks.run("dbsize").int() == 0);
    let mut events = side.events();
    events.retain(|event| event.starts_with("__keyevent@0__:expired="));
    events.sort();
    let mut expected: Vec<String> = (0..50).map(|i| format!("__keyevent@0__:expired=k{i}")).collect();
    expected.sort();
    assert_eq!(events, expected);
}
