//! Admission: every reason to refuse a command before it runs, in Redis' order.
//!
//! The common case must cost two comparisons: [`Admission`] gathers the conditions that are rarely
//! true (loading, a broken link, a pause, a failed save …) into one set of bits, refreshed when a
//! batch of requests starts and after each administrative command. With no bit set and nothing
//! special about the client, only existence, arity and authentication are looked at.
//!
//! The core knows no command by name; flags of the row decide (`spec::Flags`, the internal ones
//! included). The order is a contract: it decides which error a client sees.
//!
//! Source: Redis 7.2.4 `processCommand`.

use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::blocked::PauseKind;
use crate::state::client::{ClientId, Flags};
use crate::state::host::Host;
use crate::state::spec::Flags as Cmd;

use super::evict::{self, Memory};
use super::evict_clients;
use super::server::Server;
use super::table::Command;

/// Rarely true conditions, as bits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Admission(u16);

impl Admission {
    const LOADING: u16 = 1 << 0;
    const ASYNC_LOADING: u16 = 1 << 1;
    const STALE: u16 = 1 << 2;
    const READ_ONLY: u16 = 1 << 3;
    const DISK_ERROR: u16 = 1 << 4;
    const FEW_REPLICAS: u16 = 1 << 5;
    const PAUSED_WRITE: u16 = 1 << 6;
    const PAUSED_ALL: u16 = 1 << 7;
    /// There is a `maxmemory` or a `maxmemory-clients`: memory is looked at before each command.
    const MEMORY_LIMIT: u16 = 1 << 8;

    fn has(self, bit: u16) -> bool {
        self.0 & bit != 0
    }

    /// Nothing out of the ordinary but perhaps a limit of memory.
    fn is_usual(self) -> bool {
        self.0 & !Admission::MEMORY_LIMIT == 0
    }

    /// Nothing out of the ordinary.
    pub fn is_clear(self) -> bool {
        self.0 == 0
    }
}

/// What admission decided when it did not refuse.
pub enum Verdict {
    Run(Command),
    /// Inside MULTI: to be queued.
    Queue(Command),
    /// CLIENT PAUSE: leave the request where it is and try again later.
    Postpone,
    /// A web browser's request: close the connection without a word.
    Hangup,
    /// The client was evicted just now.
    Gone,
}

/// Computes the bits anew.
pub fn refresh(srv: &mut Server) {
    let mut bits = 0;
    if let Some(loading) = &srv.persist.loading {
        bits |= if loading.async_loading { Admission::ASYNC_LOADING } else { Admission::LOADING };
    }
    if srv.repl.is_replica() {
        if !srv.config.replica_serve_stale_data && !srv.repl.link.is_online() {
            bits |= Admission::STALE;
        }
        if srv.config.replica_read_only {
            bits |= Admission::READ_ONLY;
        }
    } else if few_replicas(srv) {
        bits |= Admission::FEW_REPLICAS;
    }
    if snapshot_error(srv) || srv.persist.aof.has_disk_error() {
        bits |= Admission::DISK_ERROR;
    }
    if srv.config.maxmemory != 0 || srv.clients.books.kept {
        bits |= Admission::MEMORY_LIMIT;
    }
    match srv.blocked.paused(srv.clock.now_ms()) {
        Some(PauseKind::All) => bits |= Admission::PAUSED_ALL | Admission::PAUSED_WRITE,
        Some(PauseKind::Write) => bits |= Admission::PAUSED_WRITE,
        None => {}
    }
    srv.admission = Admission(bits);
}

/// `min-replicas-to-write` is set and not met.
pub fn few_replicas(srv: &Server) -> bool {
    let wanted = srv.config.min_replicas_to_write;
    wanted > 0 && srv.config.min_replicas_max_lag > 0 && srv.repl.good_replicas < wanted as usize
}

/// Keys do not expire by themselves now: writes are paused, and an expiry is a write.
pub fn expiry_is_held(srv: &Server) -> bool {
    srv.admission.has(Admission::PAUSED_WRITE)
}

/// Writes are refused because the last snapshot failed.
fn snapshot_error(srv: &Server) -> bool {
    srv.config.stop_writes_on_bgsave_error && !srv.config.save.is_empty() && !srv.persist.last_bgsave_ok
}

/// Names no client of ours would send: a browser that was lured into talking to us.
fn is_cross_protocol(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"post") || name.eq_ignore_ascii_case(b"host:")
}

/// The command a request names, subcommand included, whatever its arguments; `None` for an unknown one.
pub fn lookup(srv: &Server, args: Args<'_>) -> Option<Command> {
    let command = srv.table.find(&args[0])?;
    if srv.table.subs(command).is_empty() || args.len() < 2 {
        return Some(command);
    }
    srv.table.find_sub(command, &args[1])
}

/// Finds the command a request names, subcommand included.
///
/// # Errors
/// Unknown command or subcommand, wrong arity; in Redis' words.
#[inline]
pub fn find(srv: &Server, args: Args<'_>) -> Result<Command, CmdError> {
    let Some(command) = lookup(srv, args) else {
        return Err(match srv.table.find(&args[0]) {
            None => errors::unknown_command(&args[0], args.iter().skip(1)),
            Some(container) => errors::unknown_subcommand(container.spec.name.as_bytes(), &args[1]),
        });
    };
    let arity = command.spec.arity;
    let n = args.len() as i64;
    if (arity > 0 && i64::from(arity) != n) || n < -i64::from(arity) {
        return Err(errors::wrong_arity(command.name));
    }
    Ok(command)
}

/// Decides whether a request runs now.
///
/// # Errors
/// The reply to a refused one.
#[inline]
pub fn admit(
    srv: &mut Server,
    host: &mut dyn Host,
    me: ClientId,
    args: Args<'_>,
) -> Result<Verdict, CmdError> {
    let command = match find(srv, args) {
        Ok(command) => command,
        Err(_) if is_cross_protocol(&args[0]) => return Ok(Verdict::Hangup),
        Err(e) => return Err(e),
    };
    let client = &srv.clients[me];
    const SPECIAL: Flags = Flags::MULTI.or(Flags::REPLICA).or(Flags::MONITOR).or(Flags::PUBSUB);
    if srv.admission.is_usual()
        && client.authenticated
        && !client.flags.has(SPECIAL)
        && !command.spec.flags.has(Cmd::PROTECTED)
        && (srv.admission.is_clear() || !memory_is_due(srv, host))
    {
        return Ok(Verdict::Run(command));
    }
    admit_slowly(srv, host, me, command)
}

fn admit_slowly(
    srv: &mut Server,
    host: &mut dyn Host,
    me: ClientId,
    command: Command,
) -> Result<Verdict, CmdError> {
    protected_command(srv, me, command)?;
    let client = &srv.clients[me];
    let flags = command.spec.flags;
    // Without a password everyone may enter, also those who came while there was one.
    if !client.authenticated && !srv.config.requirepass.is_empty() && !flags.has(Cmd::NO_AUTH) {
        return Err(errors::NOAUTH);
    }
    let in_multi = client.flags.has(Flags::MULTI);
    if in_multi && flags.has(Cmd::NO_MULTI) {
        return Err(errors::NOT_IN_MULTI);
    }
    let effect = Effect::of(srv, me, command);
    memory(srv, host, in_multi, command, &effect)?;
    let client = &srv.clients[me];
    if client.flags.has(Flags::CLOSE_ASAP) {
        return Ok(Verdict::Gone);
    }
    let from_master = client.flags.has(Flags::MASTER);
    let state = srv.admission;
    if state.has(Admission::DISK_ERROR) && (effect.write || flags.has(Cmd::DISK_CHECK)) {
        if !from_master {
            return Err(match srv.persist.aof.disk_error() {
                Some(reason) if !snapshot_error(srv) => errors::misconf_aof(&reason),
                _ => errors::MISCONF_RDB,
            });
        }
        if super::alarm::cannot_persist(srv, effect.write) {
            // The process ends before this is tried again.
            return Ok(Verdict::Postpone);
        }
    }
    let client = &srv.clients[me];
    if state.has(Admission::FEW_REPLICAS) && effect.write {
        return Err(errors::NOREPLICAS);
    }
    if state.has(Admission::READ_ONLY) && !from_master && effect.write {
        return Err(errors::READONLY);
    }
    if client.flags.has(Flags::PUBSUB) && !client.resp3 && !flags.has(Cmd::PUBSUB_MODE) {
        return Err(errors::not_in_pubsub(command.name));
    }
    if state.has(Admission::STALE) && effect.deny_stale {
        return Err(errors::MASTERDOWN);
    }
    if state.has(Admission::LOADING) && effect.deny_loading {
        return Err(errors::LOADING);
    }
    if state.has(Admission::ASYNC_LOADING) && effect.deny_async_loading {
        return Err(errors::LOADING);
    }
    let is_replica = client.flags.has(Flags::REPLICA.or(Flags::MONITOR));
    if is_replica && (effect.may_replicate || effect.write || effect.read) {
        return Err(errors::REPLICA_NO_KEYSPACE);
    }
    // Our master's requests wait too: a pause keeps the data as it is.
    if !is_replica && holds_back(state, flags, effect.may_replicate) {
        return Ok(Verdict::Postpone);
    }
    if in_multi && !flags.has(Cmd::NO_QUEUE) {
        return Ok(Verdict::Queue(command));
    }
    Ok(Verdict::Run(command))
}

fn holds_back(state: Admission, flags: Cmd, may_replicate: bool) -> bool {
    state.has(Admission::PAUSED_ALL) && !flags.has(Cmd::ALLOW_PAUSED)
        || state.has(Admission::PAUSED_WRITE) && may_replicate
}

/// Whether a pause holds this command back, whoever sends it but a replica.
pub fn is_held_back(srv: &Server, command: Command) -> bool {
    let flags = command.spec.flags;
    holds_back(srv.admission, flags, flags.has(Cmd::WRITE.or(Cmd::MAY_REPLICATE)))
}

/// Whether clients or keys have to go before the next command.
#[inline]
fn memory_is_due(srv: &Server, host: &dyn Host) -> bool {
    evict_clients::is_due(srv) || evict::is_due(srv, host)
}

/// Makes room where `maxmemory-clients` or `maxmemory` is exceeded. While there is none, no command runs that may need more, and none
/// is queued: a queue grows, too.
fn memory(
    srv: &mut Server,
    host: &mut dyn Host,
    in_multi: bool,
    command: Command,
    effect: &Effect,
) -> Result<(), CmdError> {
    if srv.admission.has(Admission::MEMORY_LIMIT) && evict_clients::is_due(srv) {
        evict_clients::evict(srv);
    }
    if !srv.admission.has(Admission::MEMORY_LIMIT) || !evict::is_due(srv, host) {
        srv.eviction.out_of_memory = false;
        return Ok(());
    }
    let short = evict::make_room(srv, host) == Memory::Short;
    let grows = effect.deny_oom || in_multi && !command.spec.flags.has(Cmd::ENDS_QUEUE);
    if short && grows { Err(errors::OOM) } else { Ok(()) }
}

/// `enable-debug-command` and `enable-module-command`.
fn protected_command(srv: &Server, me: ClientId, command: Command) -> Result<(), CmdError> {
    if !command.spec.flags.has(Cmd::PROTECTED) {
        return Ok(());
    }
    let top = command.parent.map_or(command, |id| srv.table.by_id(id));
    let module = top.spec.flags.has(Cmd::NO_MULTI) && top.spec.name == "module";
    let allowed = if module { srv.config.enable_module_command } else { srv.config.enable_debug_command };
    if allowed.allows(is_local(srv, me)) {
        return Ok(());
    }
    Err(if module {
        errors::protected_command("MODULE", "enable-module-command")
    } else {
        errors::protected_command("DEBUG", "enable-debug-command")
    })
}

/// Whether a client comes from this machine.
pub fn is_local(srv: &Server, me: ClientId) -> bool {
    let client = &srv.clients[me];
    client.flags.has(Flags::UNIX) || client.addr.starts_with("127.") || client.addr.starts_with("[::1]")
}

/// What a command would do; EXEC does what its queue does.
struct Effect {
    read: bool,
    write: bool,
    may_replicate: bool,
    deny_oom: bool,
    deny_stale: bool,
    deny_loading: bool,
    deny_async_loading: bool,
}

impl Effect {
    fn of(srv: &Server, me: ClientId, command: Command) -> Effect {
        let own = command.spec.flags;
        let (any, all) = match &srv.clients[me].multi {
            Some(multi) if own.has(Cmd::RUNS_QUEUE) => (own.or(multi.flags), own.and(multi.common_flags)),
            _ => (own, own),
        };
        Effect {
            read: any.has(Cmd::READONLY),
            write: any.has(Cmd::WRITE),
            may_replicate: any.has(Cmd::WRITE.or(Cmd::MAY_REPLICATE)),
            deny_oom: any.has(Cmd::DENYOOM),
            deny_stale: !all.has(Cmd::STALE),
            deny_loading: !all.has(Cmd::LOADING),
            deny_async_loading: any.has(Cmd::NO_ASYNC_LOADING),
        }
    }
}
