//! SHIM
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flags(u64);
macro_rules! f { ($($n:ident = $b:expr;)*) => { impl Flags { $(pub const $n: Flags = Flags(1<<$b);)* } } }
f! { WRITE=0; READONLY=1; DENYOOM=2; ADMIN=4; PUBSUB=5; NOSCRIPT=6; BLOCKING=8; LOADING=9; STALE=10; SKIP_MONITOR=11; SKIP_SLOWLOG=12; ASKING=13; FAST=14; NO_AUTH=15; MAY_REPLICATE=16; NO_ASYNC_LOADING=23; NO_MULTI=24; PROTECTED=20; ALLOW_BUSY=26;
NO_QUEUE=40; RUNS_QUEUE=41; PUBSUB_MODE=42; DISK_CHECK=43; ALLOW_PAUSED=44; TOUCHES=45; }
impl Flags {
    pub const NONE: Flags = Flags(0);
    pub const ALL: Flags = Flags(!0);
    pub const fn or(self, o: Flags) -> Flags {
        Flags(self.0 | o.0)
    }
    pub const fn and(self, o: Flags) -> Flags {
        Flags(self.0 & o.0)
    }
    pub const fn has(self, o: Flags) -> bool {
        self.0 & o.0 != 0
    }
}
pub struct CommandSpec {
    pub name: &'static str,
    pub arity: i32,
    pub flags: Flags,
}
impl CommandSpec {
    pub const EMPTY: CommandSpec = CommandSpec { name: "", arity: 0, flags: Flags::NONE };
}
