//! From the open connection to the answer of PSYNC: which reply is awaited, what a reply means, what is sent
//! next.
//!
//! After the answer to PING everything but PSYNC goes out in one write; replies come back in that order. As
//! in Redis only a refused AUTH is fatal: not every server knows every REPLCONF, and an unanswered need (a
//! password that was not given) shows itself at PSYNC.

use super::wire::{self, PsyncReply, digits, push_command};
use super::{Action, Cached, Env, Online, Out, Phase, ReplicaLink, SECOND, Step, notice, warning};
use crate::state::backlog::next_byte;
use crate::state::repl_ids::{ReplId, text};

/// What a target that has taken over says to one who asks it to.
const IS_MASTER: &[u8] = b"-ERR PSYNC FAILOVER can't be sent to a master";

impl ReplicaLink {
    pub(super) fn handshake_bytes(&mut self, bytes: &[u8], env: &Env<'_>, out: &mut Out) -> usize {
        let (taken, line) = self.line.take(bytes, wire::REPLY_LINE);
        if let Some(line) = line
            && let Phase::Handshake { step, ip } = self.phase
        {
            self.last_io = env.now;
            self.reply(step, ip, &line, env, out);
        }
        taken
    }

    fn reply(&mut self, step: Step, ip: bool, line: &[u8], env: &Env<'_>, out: &mut Out) {
        let error = line.first() == Some(&b'-');
        let shown = String::from_utf8_lossy(line);
        let optional = |out: &mut Out, what: &str| {
            if error {
                notice(out, format!("(Non critical) Master does not understand REPLCONF {what}: {shown}"));
            }
        };
        let next = match step {
            Step::Ping => return self.ping_reply(line, env, out),
            Step::Auth if error => {
                warning(out, format!("Unable to AUTH to MASTER: {shown}"));
                return self.refused(env, out);
            }
            Step::Auth => Step::Port,
            Step::Port => {
                optional(out, "listening-port");
                if ip { Step::Ip } else { Step::Capa }
            }
            Step::Ip => {
                optional(out, "ip-address");
                Step::Capa
            }
            Step::Capa => {
                optional(out, "capa");
                self.send_psync(env, out);
                Step::Psync
            }
            Step::Psync => return self.psync_reply(line, env, out),
        };
        self.phase = Phase::Handshake { step: next, ip };
    }

    fn ping_reply(&mut self, line: &[u8], env: &Env<'_>, out: &mut Out) {
        let fine: [&[u8]; 4] = [b"+", b"-NOAUTH", b"-NOPERM", b"-ERR operation not permitted"];
        if !fine.iter().any(|f| line.starts_with(f)) {
            warning(out, format!("Error reply to PING from master: '{}'", String::from_utf8_lossy(line)));
            return self.refused(env, out);
        }
        notice(out, "Master replied to PING, replication can continue...");
        let mut send = Vec::new();
        match (env.auth, env.user) {
            (Some(auth), Some(user)) => push_command(&mut send, &[b"AUTH", user, auth]),
            (Some(auth), None) => push_command(&mut send, &[b"AUTH", auth]),
            (None, _) => {}
        }
        push_command(&mut send, &[b"REPLCONF", b"listening-port", &digits(i64::from(env.port))]);
        if let Some(ip) = env.ip {
            push_command(&mut send, &[b"REPLCONF", b"ip-address", ip]);
        }
        push_command(&mut send, &[b"REPLCONF", b"capa", b"eof", b"capa", b"psync2"]);
        out.push(Action::Send(send));
        let step = if env.auth.is_some() { Step::Auth } else { Step::Port };
        self.phase = Phase::Handshake { step, ip: env.ip.is_some() };
    }

    fn send_psync(&mut self, env: &Env<'_>, out: &mut Out) {
        let number;
        let (id, from): (&[u8], &[u8]) = match &self.cached {
            Some(c) => {
                number = digits(next_byte(c.offset));
                let shown = format!("{}:{}", text(&c.id), next_byte(c.offset));
                notice(out, format!("Trying a partial resynchronization (request {shown})."));
                (&c.id, &number)
            }
            None => {
                notice(out, "Partial resynchronization not possible (no cached master)");
                (b"?", b"-1")
            }
        };
        let mut send = Vec::new();
        if env.failover {
            push_command(&mut send, &[b"PSYNC", id, from, b"FAILOVER"]);
        } else {
            push_command(&mut send, &[b"PSYNC", id, from]);
        }
        out.push(Action::Send(send));
        self.failover_asked = env.failover;
    }

    fn psync_reply(&mut self, line: &[u8], env: &Env<'_>, out: &mut Out) {
        if line.is_empty() {
            return;
        }
        let shown = String::from_utf8_lossy(line);
        match wire::psync_reply(line) {
            PsyncReply::Full(id, offset) => {
                notice(out, format!("Full resync from master: {}:{offset}", text(&id)));
                self.await_snapshot(Some((id, offset)), out);
            }
            PsyncReply::BrokenFull => {
                warning(out, "Master replied with wrong +FULLRESYNC syntax.");
                self.refused(env, out);
            }
            PsyncReply::Continue(new) => match self.cached.take() {
                Some(cached) => self.resume(cached, new, env, out),
                None => {
                    warning(out, format!("Unexpected reply to PSYNC from master: {shown}"));
                    self.refused(env, out);
                }
            },
            PsyncReply::Later => {
                notice(
                    out,
                    format!("Master is currently unable to PSYNC but should be in the future: {shown}"),
                );
                self.refused(env, out);
            }
            other => {
                if other == PsyncReply::Unknown {
                    let text = format!("Master does not support PSYNC or is in error state (reply: {shown})");
                    notice(out, text);
                } else {
                    warning(out, format!("Unexpected reply to PSYNC from master: {shown}"));
                }
                if self.failover_asked && self.failover_lost && line.starts_with(IS_MASTER) {
                    notice(out, "The failover target is a master already, following it.");
                    self.send_psync(&Env { failover: false, ..*env }, out);
                    self.failover_asked = true;
                    return;
                }
                if self.failover_asked {
                    return self.refused(env, out);
                }
                notice(out, "Retrying with SYNC...");
                out.push(Action::Send(b"SYNC\r\n".to_vec()));
                self.await_snapshot(None, out);
            }
        }
    }

    fn resume(&mut self, mut cached: Cached, new: Option<ReplId>, env: &Env<'_>, out: &mut Out) {
        notice(out, "Successful partial resynchronization with master.");
        let renamed = new.filter(|n| *n != cached.id).map(|n| (cached.id, n));
        if let Some((_, new)) = renamed {
            notice(out, format!("Master replication ID changed to {}", text(&new)));
            cached.id = new;
        }
        out.push(Action::Continue { renamed, db: cached.db });
        notice(out, "MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.");
        self.up(Some(cached.id), cached.offset, 0, cached.db, env, out);
    }

    /// The other side has answered as a master does.
    pub(super) fn failover_taken(&mut self, out: &mut Out) {
        self.failover_lost = false;
        if std::mem::take(&mut self.failover_asked) {
            out.push(Action::FailoverAnswer(true));
        }
    }

    pub(super) fn up(
        &mut self,
        id: Option<ReplId>,
        offset: i64,
        early: i64,
        db: Option<usize>,
        env: &Env<'_>,
        out: &mut Out,
    ) {
        self.failover_taken(out);
        self.last_io = env.now;
        self.down_since = None;
        if id.is_some() {
            out.push(Action::SendAck);
        }
        let ack_at = env.now + SECOND;
        self.phase = Phase::Online(Online { id, applied: offset, read: offset + early, db, ack_at });
    }
}
