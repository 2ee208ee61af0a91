//! Counters: of the server as a whole (INFO stats), of each command, of each error.
//!
//! Counting must cost nothing to speak of: plain integers, bumped where the thing happens. What
//! INFO shows per second is sampled by cron ([`Rate`]).

use std::collections::BTreeMap;

use super::latency::Histogram;

/// How many samples a per-second figure averages; Redis 7.2's STATS_METRIC_SAMPLES.
const SAMPLES: usize = 16;

/// A figure per second out of a growing counter: the mean of the last 16 samples of cron.
#[derive(Clone, Debug, Default)]
pub struct Rate {
    last_value: u64,
    last_us: i64,
    samples: [f64; SAMPLES],
    next: usize,
}

impl Rate {
    /// Takes a sample: the counter's value now (monotonic µs).
    pub fn sample(&mut self, value: u64, now_us: i64) {
        if self.last_us > 0 && now_us > self.last_us {
            let per_second =
                value.saturating_sub(self.last_value) as f64 * 1e6 / (now_us - self.last_us) as f64;
            self.samples[self.next] = per_second;
            self.next = (self.next + 1) % SAMPLES;
        }
        self.last_value = value;
        self.last_us = now_us;
    }

    pub fn per_second(&self) -> f64 {
        self.samples.iter().sum::<f64>() / SAMPLES as f64
    }
}

/// Counters of INFO stats; CONFIG RESETSTAT puts them back. Bytes where they are bytes.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    pub connections_received: u64,
    pub commands_processed: u64,
    pub net_input: u64,
    pub net_output: u64,
    pub net_repl_input: u64,
    pub net_repl_output: u64,
    pub rejected_connections: u64,
    pub sync_full: u64,
    pub sync_partial_ok: u64,
    pub sync_partial_err: u64,
    pub evicted_clients: u64,
    /// Connections that MIGRATE keeps.
    pub migrate_sockets: usize,
    pub latest_fork_us: u64,
    pub total_forks: u64,
    pub unexpected_error_replies: u64,
    pub total_error_replies: u64,
    pub dump_payload_sanitizations: u64,
    pub reads_processed: u64,
    pub writes_processed: u64,
    pub acl_denied_auth: u64,
    pub acl_denied_cmd: u64,
    pub acl_denied_key: u64,
    pub acl_denied_channel: u64,
    pub output_limit_disconnections: u64,
    pub query_limit_disconnections: u64,
    pub eventloop_cycles: u64,
    pub eventloop_us: u64,
    pub eventloop_cmd_us: u64,
    pub eventloop_aof_us: u64,
    /// The longest turn of the loop, the time of all crons, and the most commands of one turn: INFO debug.
    pub eventloop_max_us: u64,
    pub cron_us: u64,
    pub commands_per_cycle_max: u64,
    pub expire_cycle_us: u64,
    /// Objects freed in the background before the last CONFIG RESETSTAT.
    pub lazyfreed_at_reset: u64,
    /// As of the last look, and the most ever seen.
    pub used_memory: u64,
    pub peak_memory: u64,
    pub cron_cycles: u64,
    pub ops: Rate,
    pub input_rate: Rate,
    pub output_rate: Rate,
    pub repl_input_rate: Rate,
    pub repl_output_rate: Rate,
    pub cycle_rate: Rate,
    pub cycle_us_rate: Rate,
}

impl Stats {
    /// CONFIG RESETSTAT: all counters begin anew; what describes the present stays.
    pub fn reset(&mut self) {
        let Stats { used_memory, peak_memory, cron_cycles, migrate_sockets, .. } = *self;
        *self = Stats { used_memory, peak_memory, cron_cycles, migrate_sockets, ..Stats::default() };
    }
}

/// Counters of one command.
#[derive(Clone, Debug, Default)]
pub struct CommandStat {
    pub calls: u64,
    pub usec: u64,
    pub rejected: u64,
    pub failed: u64,
    pub latency: Option<Box<Histogram>>,
}

/// Counters of every command, by its number in the table, and of every error, by its first word.
#[derive(Default)]
pub struct CommandStats {
    pub by_id: Vec<CommandStat>,
    pub errors: BTreeMap<Box<[u8]>, u64>,
}

/// Above this many kinds of error, only the total is counted: scripts may invent them.
const MAX_ERROR_KINDS: usize = 128;

impl CommandStats {
    pub fn new(commands: usize) -> CommandStats {
        CommandStats { by_id: vec![CommandStat::default(); commands], errors: BTreeMap::new() }
    }

    /// Counts one error reply under its code.
    pub fn count_error(&mut self, word: &[u8]) {
        if let Some(n) = self.errors.get_mut(word) {
            *n += 1;
        } else if self.errors.len() < MAX_ERROR_KINDS {
            self.errors.insert(Box::from(word), 1);
        }
    }

    pub fn reset(&mut self) {
        self.errors.clear();
        self.by_id.iter_mut().for_each(|s| *s = CommandStat::default());
    }
}
