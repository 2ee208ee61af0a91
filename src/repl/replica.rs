//! Replica side: carries out what the machine of `state::replica_link` asks for.
//!
//! Events of the connection, of the clock and of commands go into the machine, its actions come out and
//! are done here in order (`run`). An action may itself be an event (a stored file, a finished
//! load): what the machine answers to it is done before the rest; when that closes the link, the rest is
//! void, since it was about a link that is no more.
//!
//! The connection is a client with the flag `LINK` from the first connect on. Once the stream runs it
//! is also `MASTER`: its bytes go through the same parser and the same `execute` as everyone's, without
//! replies, and what was applied is fed to our own backlog byte for byte. So a replica's replicas see
//! the top master's stream, and offsets mean the same everywhere.
//!
//! Where the snapshot goes is in [`super::receive`].
//!
//! Source: Redis 7.2.4 `replicationSetMaster`, `replicationUnsetMaster`, `replicationSendAck`,
//! `loadDataFromDisk`.

use crate::base::clock::Millis;
use crate::base::log;
use crate::core::ctx::Ctx;
use crate::core::effects;
use crate::core::lifecycle;
use crate::core::server::Server;
use crate::core::{clientinfo, gate, input, wake};
use crate::persist::load::LoadError;
use crate::persist::{aof_log, aof_rewrite, bgsave};
use crate::resp::errors;
use crate::resp::request::Args;
use crate::state::blocked::WaitFor;
use crate::state::client::{ClientId, Flags};
use crate::state::config::DisklessLoad;
use crate::state::host::Host;
use crate::state::loading::Purpose;
use crate::state::repl_ids::ReplId;
use crate::state::replica_link::{Action, Env, LoadPlan, ReplicaLink, push_ack};
use crate::{log_notice, log_warning};

use super::{failover, primary, receive};

/// What systemd hears of a replica that has its data; the words are Redis'.
const SYNCED: &str = "STATUS=MASTER <-> REPLICA sync: Finished with success. Ready to accept connections in read-write mode.\n";
const CONTINUED: &str = "STATUS=MASTER <-> REPLICA sync: Partial Resynchronization accepted. Ready to accept \
                         connections in read-write mode.\n";

/// Tries to start the append-only file after a full sync, one a second.
const LOG_TRIES: u32 = 10;

fn timeout_ms(srv: &Server) -> Millis {
    Millis::from(srv.config.repl_timeout) * 1000
}

/// Tells the machine of an event. Returns what it wants done.
pub(super) fn ask(
    srv: &mut Server,
    event: impl FnOnce(&mut ReplicaLink, &Env<'_>, &mut Vec<Action>),
) -> Vec<Action> {
    let timeout = timeout_ms(srv);
    let config = &srv.config;
    let plan = match config.repl_diskless_load {
        DisklessLoad::Swapdb => LoadPlan::Swap,
        DisklessLoad::OnEmptyDb if srv.keys.is_empty() => LoadPlan::Socket,
        _ => LoadPlan::Disk,
    };
    let env = Env {
        now: srv.clock.mono_ms(),
        timeout,
        user: (!config.masteruser.is_empty()).then_some(&config.masteruser[..]),
        auth: (!config.masterauth.is_empty()).then_some(&config.masterauth[..]),
        port: if config.replica_announce_port != 0 { config.replica_announce_port } else { config.port },
        ip: (!config.replica_announce_ip.is_empty()).then_some(config.replica_announce_ip.as_bytes()),
        plan,
        failover: srv.repl.failover.as_ref().is_some_and(|f| f.in_progress()),
    };
    let mut out = Vec::new();
    event(&mut srv.repl.link, &env, &mut out);
    out
}

/// Carries actions out; ranges are within `bytes`. False when the link they were about was closed.
pub(super) fn run(srv: &mut Server, host: &mut dyn Host, actions: Vec<Action>, bytes: &[u8]) -> bool {
    let mut alive = true;
    for action in actions {
        match action {
            Action::Log { level, text } => log::write(level, format_args!("{text}")),
            Action::Close => {
                alive = false;
                if let Some(me) = srv.repl.master.take() {
                    srv.clients.close(me);
                }
            }
            action => {
                if !one(srv, host, action, bytes) {
                    return false;
                }
            }
        }
    }
    alive
}

/// For events that only have something to say.
pub(super) fn log_only(actions: Vec<Action>) {
    for action in actions {
        if let Action::Log { level, text } = action {
            log::write(level, format_args!("{text}"));
        }
    }
}

/// One action. False when what came of it closed the link.
fn one(srv: &mut Server, host: &mut dyn Host, action: Action, bytes: &[u8]) -> bool {
    match action {
        Action::Connect { host: name, port } => return connect(srv, host, &name, port),
        Action::Send(bytes) => send(srv, &bytes),
        Action::SendAck => send_ack(srv),
        Action::Stream(range) => stream(srv, host, &bytes[range]),
        Action::BeginFullSync { history, size, plan } => {
            return receive::begin(srv, host, history, size, plan);
        }
        Action::Rdb(range) => return receive::piece(srv, host, &bytes[range]),
        Action::RdbBytes(piece) => return receive::piece(srv, host, &piece),
        Action::RdbEnd => return receive::whole(srv, host),
        Action::AttachToNewMaster => {
            primary::disconnect_all(srv, host);
            primary::free_backlog(srv, host);
        }
        Action::FlushOldData => receive::flush_old(srv, host),
        Action::StartLoad => return receive::start_load(srv, host),
        Action::SwapIn => receive::put_in_service(srv, host),
        Action::AbortFullSync => receive::abort(srv, host),
        Action::FullSyncDone { history, db } => {
            full_sync_done(srv, host, history, db);
            effects::tell_supervisor(srv, host, SYNCED);
        }
        Action::Continue { renamed, db } => {
            go_on(srv, host, renamed, db);
            effects::tell_supervisor(srv, host, CONTINUED);
        }
        Action::LinkDown => srv.repl.unapplied.clear(),
        Action::FailoverAnswer(taken) => return failover::answered(srv, host, taken),
        Action::Log { .. } | Action::Close => {}
    }
    true
}

/// Starts to connect, under a fresh client.
fn connect(srv: &mut Server, host: &mut dyn Host, name: &str, port: u16) -> bool {
    let me = lifecycle::internal(srv, Flags::LINK);
    srv.repl.master = Some(me);
    let source = srv.config.bind_source_addr.clone();
    let source = (!source.is_empty()).then_some(source.as_str());
    match host.connect(me, name, port, source) {
        Ok(()) => true,
        Err(e) => {
            let text = crate::persist::bgsave::plain(&e);
            let actions = ask(srv, |link, env, out| link.connect_refused(&text, env, out));
            run(srv, host, actions, &[])
        }
    }
}

/// Writes to the master.
fn send(srv: &mut Server, bytes: &[u8]) {
    if let Some(me) = srv.repl.master {
        srv.clients.send(me, bytes);
    }
}

/// Tells the master how far we are, if it is one that counts.
pub fn send_ack(srv: &mut Server) {
    if let Some(offset) = srv.repl.link.offset() {
        let mut ack = Vec::with_capacity(64);
        let fsynced = srv.persist.aof.fsynced_offset;
        push_ack(&mut ack, offset, (fsynced != -1).then_some(fsynced));
        send(srv, &ack);
    }
}

/// Bytes of the stream. What comes before the load is done waits.
fn stream(srv: &mut Server, host: &mut dyn Host, bytes: &[u8]) {
    match srv.repl.master {
        Some(me) if srv.repl.link.is_online() => {
            input::feed(srv, host, me, bytes);
        }
        _ => srv.repl.early.extend_from_slice(bytes),
    }
}

/// Makes the link's client the one whose requests are our master's.
fn become_stream(srv: &mut Server, db: Option<usize>) {
    srv.repl.backlog.activate();
    srv.repl.unapplied.clear();
    let databases = srv.keys.dbs.len();
    if let Some(client) = srv.repl.master.and_then(|me| srv.clients.get_mut(me)) {
        client.flags.set(Flags::MASTER);
        client.db = db.filter(|db| *db < databases).unwrap_or(0);
    }
    gate::refresh(srv);
}

/// The snapshot is loaded: its history is ours.
fn full_sync_done(srv: &mut Server, host: &mut dyn Host, history: Option<(ReplId, i64)>, db: Option<usize>) {
    let stored = srv.repl.incoming.as_ref().is_some_and(|incoming| incoming.plan == LoadPlan::Disk);
    receive::put_in_service(srv, host);
    if let Some(report) = srv.repl.link.take_report() {
        log_notice!("{}", report.line());
        srv.repl.last_link_sync = Some(Box::new(report));
    }
    // A master from before PSYNC has no history; ours must at least have a name nobody else has.
    let (id, offset) = history.unwrap_or_else(|| (srv.rng.hex_id(), 0));
    srv.repl.ids.adopt(id);
    let old = srv.repl.backlog.restart_at(offset);
    host.drop_later(Box::new(old));
    become_stream(srv, db);
    if stored && srv.config.appendonly && srv.config.aof_use_rdb_preamble && !srv.persist.aof.is_on() {
        // Before anything of the stream is applied. When it cannot be, a rewrite does it below.
        let _ = aof_rewrite::switch_on_with(srv, host, &bgsave::path(srv));
        aof_log::mark(srv);
    }
    let early = std::mem::take(&mut srv.repl.early);
    if let Some(me) = srv.repl.master {
        if !early.is_empty() {
            input::feed(srv, host, me, &early);
        }
        // It was not read while the snapshot loaded.
        srv.clients.want_read(me);
    }
    restart_log(srv, host);
}

/// The append-only file was stopped for a full sync: it begins anew with the data of now. A replica that cannot have
/// one although it should is no replica to rely on: it ends.
fn restart_log(srv: &mut Server, host: &mut dyn Host) {
    if !srv.config.appendonly || srv.persist.aof.is_on() {
        return;
    }
    for _ in 0..LOG_TRIES {
        if aof_rewrite::switch_on(srv, host, false).is_ok() {
            return;
        }
        log_warning!(
            "Failed enabling the AOF after successful master synchronization! Trying it again in one second."
        );
        host.sleep_us(1_000_000);
    }
    log_warning!(
        "FATAL: this replica instance finished the synchronization with its master, but the AOF can't be turned on. \
         Exiting now."
    );
    srv.persist.exit = Some(1);
}

/// The stream goes on where we stood.
fn go_on(srv: &mut Server, host: &mut dyn Host, renamed: Option<(ReplId, ReplId)>, db: Option<usize>) {
    if let Some((asked, new)) = renamed {
        srv.repl.ids.follow(asked, new, srv.repl.backlog.offset());
        // They must learn the new name.
        primary::disconnect_all(srv, host);
    }
    become_stream(srv, db);
    restart_log(srv, host);
}

/// Tells the machine of an event and does what it wants.
pub(super) fn event(
    srv: &mut Server,
    host: &mut dyn Host,
    what: impl FnOnce(&mut ReplicaLink, &Env<'_>, &mut Vec<Action>),
) -> bool {
    let actions = ask(srv, what);
    run(srv, host, actions, &[])
}

fn is_link(srv: &Server, me: ClientId) -> bool {
    srv.repl.master == Some(me)
}

/// The connection stands.
pub fn connected(srv: &mut Server, host: &mut dyn Host, me: ClientId) {
    if is_link(srv, me) {
        event(srv, host, |link, env, out| link.connected(env, out));
    }
}

/// The connection could not even be begun: the name is not known.
pub fn connect_refused(srv: &mut Server, host: &mut dyn Host, me: ClientId, why: &str) {
    if is_link(srv, me) {
        event(srv, host, |link, env, out| link.connect_refused(why, env, out));
    }
}

/// The connection could not be made.
pub fn connect_failed(srv: &mut Server, host: &mut dyn Host, me: ClientId, why: &str) {
    if is_link(srv, me) {
        event(srv, host, |link, env, out| link.connect_failed(why, env, out));
    }
}

/// Bytes came from the master.
pub fn bytes(srv: &mut Server, host: &mut dyn Host, me: ClientId, bytes: &[u8]) {
    if !is_link(srv, me) {
        return;
    }
    if srv.repl.link.is_online() {
        stream_read(srv, bytes.len());
        return input::feed(srv, host, me, bytes);
    }
    let actions = ask(srv, |link, env, out| link.bytes(bytes, env, out));
    run(srv, host, actions, bytes);
}

/// Bytes of the stream were read straight into the client's buffer.
pub fn stream_read(srv: &mut Server, n: usize) {
    let now = srv.clock.mono_ms();
    srv.repl.link.stream_read(n, now);
}

/// Whether the master's bytes are to stay in the kernel: a file is being loaded that comes before them.
pub fn holds(srv: &Server) -> bool {
    srv.persist.loading.as_ref().is_some_and(|l| l.purpose == Purpose::FullSync && l.file.is_some())
}

/// The connection to the master is gone (its client is about to be forgotten).
pub fn lost(srv: &mut Server, host: &mut dyn Host, me: ClientId) {
    if !is_link(srv, me) {
        return;
    }
    srv.repl.master = None;
    // Closed by us in mid-stream for breaking the protocol: nothing to continue from.
    let broken = srv.clients.get(me).is_some_and(|c| c.flags.has(Flags::CLOSE_AFTER_REPLY));
    if broken && srv.repl.link.is_online() {
        event(srv, host, |link, env, out| link.protocol_error(env, out));
    } else {
        event(srv, host, |link, env, out| link.closed(None, env, out));
    }
    gate::refresh(srv);
}

/// The file of a full sync is loaded.
pub fn file_loaded(srv: &mut Server, host: &mut dyn Host) {
    receive::loaded(srv, host);
}

/// The file of a full sync cannot be loaded.
pub fn load_failed(srv: &mut Server, host: &mut dyn Host, e: &LoadError) {
    receive::failed(srv, host, e);
}

/// When [`tick`] has something to do (monotonic ms). Not before the server has its own data.
pub fn next_timer_ms(srv: &Server) -> Option<Millis> {
    if srv.persist.loading.as_ref().is_some_and(|l| l.purpose != Purpose::FullSync) {
        return None;
    }
    srv.repl.link.next_tick(timeout_ms(srv))
}

/// Timers: retries, time-outs, acknowledgements.
pub fn tick(srv: &mut Server, host: &mut dyn Host) {
    let now = srv.clock.mono_ms();
    if next_timer_ms(srv).is_some_and(|at| at <= now) {
        event(srv, host, |link, env, out| link.tick(env, out));
    }
}

/// `replicaof` of the configuration, at start.
pub fn configured(srv: &mut Server) {
    let Some((host, port)) = srv.config.replicaof.clone() else { return };
    let now = srv.clock.mono_ms();
    srv.repl.link.configure(&host, port, now);
    log::set_role('S');
    effects::apply_config(srv);
}

/// Whether we follow that master already.
pub fn follows(srv: &Server, host: &str, port: u16) -> bool {
    srv.repl.link.target().is_some_and(|(name, at)| at == port && name.eq_ignore_ascii_case(host))
}

/// REPLICAOF: follows a master, or another one.
pub fn follow(srv: &mut Server, host: &mut dyn Host, name: &str, port: u16) {
    log::set_role('S');
    release_blocked(srv);
    srv.config.replicaof = Some((name.to_owned(), port));
    let own = (srv.repl.ids.replid, srv.repl.backlog.offset());
    event(srv, host, |link, env, out| link.start(name, port, own, env, out));
    role_changed(srv, host);
}

/// REPLICAOF NO ONE: a master, under a new name; the old one stays good for those who held no more of
/// the stream than we. Our replicas come again to learn the name.
pub fn promote(srv: &mut Server, host: &mut dyn Host) {
    log::set_role('M');
    srv.config.replicaof = None;
    event(srv, host, |link, env, out| link.promote(env.now, out));
    let fresh = srv.rng.hex_id();
    let offset = srv.repl.backlog.offset();
    log_notice!("{}", srv.repl.ids.shift(fresh, offset));
    primary::disconnect_all(srv, host);
    srv.repl.stream_db = None;
    srv.repl.no_replicas_since_ms = Some(srv.clock.mono_ms());
    role_changed(srv, host);
    restart_log(srv, host);
}

fn role_changed(srv: &mut Server, host: &mut dyn Host) {
    effects::apply_config(srv);
    gate::refresh(srv);
    if let Some(change) = effects::oom_score(srv) {
        // The old score stays; the server works with it.
        let _ = host.apply(&change);
    }
}

/// Those who wait for keys or acknowledgements would wait for ever on a replica.
fn release_blocked(srv: &mut Server) {
    for me in srv.blocked.clients() {
        let parked = srv.clients.get(me).and_then(|c| c.parked.as_ref());
        if parked.is_some_and(|p| !matches!(p.on, WaitFor::Shutdown)) {
            wake::fail(srv, me, &errors::UNBLOCKED_ROLE);
            srv.clients.close_after_reply(me);
        }
    }
}

/// Logs who asked for a change of role: `text`, then the client in quotes and a closing bracket.
pub fn log_request(cx: &mut Ctx<'_>, text: &str, args: Args<'_>) {
    log_notice!("{text}'{}')", clientinfo::line_during(cx.srv, cx.me, args, cx.out));
}

/// ROLE on a replica.
pub fn role(cx: &mut Ctx<'_>) {
    let link = &cx.srv.repl.link;
    let (host, port) = link.target().unwrap_or(("", 0));
    cx.out.array(5);
    cx.out.bulk(b"slave");
    cx.out.bulk(host.as_bytes());
    cx.out.int(port.into());
    cx.out.bulk(link.state_name().as_bytes());
    cx.out.int(link.offset().unwrap_or(-1));
}
