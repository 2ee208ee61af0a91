//! CONFIG: settings read, changed and written back while the server runs.
//!
//! A change is all or nothing. The table (`state::config_table`) checks every value on a copy; then the effects
//! are carried out one after another: listeners move, limits rise, the directory changes. When one fails, the
//! old settings come back and the effects are carried out again with those.
//!
//! Source: Redis 7.2.4 `configGetCommand`, `configSetCommand`, `configRewriteCommand`, `rewriteConfig`.

use std::io;

use crate::base::log;
use crate::core::ctx::{Ctx, Outcome};
use crate::core::effects;
use crate::core::evict;
use crate::core::gate::is_local;
use crate::core::server::Server;
use crate::keyspace::KeyStats;
use crate::persist::aof_files::{self, Stop};
use crate::persist::aof_rewrite;
use crate::repl::primary;
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::config::AppendFsync;
use crate::state::config_file::rewrite::rewrite as rewritten;
use crate::state::config_table::{self, Apply, ConfigError, Effect, SetContext};
use crate::state::host::{Host, HostChange};
use crate::{log_notice, log_warning};

/// CONFIG GET `pattern …`.
pub fn get(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let patterns: Vec<&[u8]> = args.tail(2).iter().collect();
    let found = config_table::get_all(&cx.srv.config, &patterns);
    cx.out.map(found.len());
    for (name, value) in &found {
        cx.out.bulk(name.as_bytes());
        cx.out.bulk(value);
    }
    Ok(Outcome::Done)
}

/// CONFIG SET `name value …`.
pub fn set(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    if !args.len().is_multiple_of(2) {
        return Err(errors::SYNTAX);
    }
    let words: Vec<&[u8]> = args.tail(2).iter().collect();
    let pairs: Vec<(&[u8], &[u8])> = words.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    for (i, (name, _)) in pairs.iter().enumerate() {
        if config_table::is_sensitive(name) {
            cx.redact(3 + 2 * i);
        }
    }
    let context =
        SetContext { local_client: is_local(cx.srv, cx.me), loading: cx.srv.persist.loading.is_some() };
    let old = cx.srv.config.clone();
    let effects = config_table::set_many(&mut cx.srv.config, &pairs, context).map_err(reply)?;
    effects::apply_config(cx.srv);
    for (done, effect) in effects.iter().enumerate() {
        if let Err(reason) = carry_out(cx.srv, cx.host, *effect) {
            log_warning!(
                "Failed applying new configuration. Possibly related to new {} setting. Restoring \
                 previous settings.",
                effect.name
            );
            cx.srv.config = old;
            effects::apply_config(cx.srv);
            restore(cx.srv, cx.host, &effects[..=done]);
            return Err(errors::config_failed(effect.name.as_bytes(), reason.as_bytes()));
        }
    }
    cx.out.ok();
    Ok(Outcome::Done)
}

fn reply(error: ConfigError) -> CmdError {
    match error {
        ConfigError::Loading => errors::LOADING,
        ConfigError::Unknown(name) => errors::config_unknown(&name),
        ConfigError::Failed(name, reason) => {
            errors::config_failed(name.as_bytes(), reason.unwrap_or_default().as_bytes())
        }
    }
}

/// Carries the effects out with the old settings.
fn restore(srv: &mut Server, host: &mut dyn Host, effects: &[Effect]) {
    for effect in effects {
        if let Err(reason) = carry_out(srv, host, *effect) {
            log_warning!("Failed applying restored failed configuration {}: {reason}", effect.name);
        }
    }
}

/// Makes one change come true outside of the settings themselves. What is only read where it is needed is done
/// already.
fn carry_out(srv: &mut Server, host: &mut dyn Host, effect: Effect) -> Result<(), String> {
    match effect.apply {
        Apply::Port => listeners(srv, host),
        Apply::Bind => listeners(srv, host).map_err(|_| "Failed to bind to specified addresses.".to_owned()),
        Apply::MaxClients => host.apply(&HostChange::MaxClients(srv.config.maxclients)),
        Apply::Memory => {
            warn_of_maxmemory(srv, host);
            // The loop looks at it at once, and evicts what is too much.
            srv.eviction.running = srv.config.maxmemory != 0;
            Ok(())
        }
        Apply::JemallocThread => {
            host.purge_aside(srv.config.jemalloc_bg_thread);
            Ok(())
        }
        Apply::LogLevel => {
            log::set_level(effects::log_level(srv.config.loglevel));
            Ok(())
        }
        Apply::ProcTitle if srv.config.set_proc_title => host.apply(&effects::proc_title(srv)),
        Apply::OomScore => oom_score(srv, host),
        Apply::CrashLog => host.apply(&HostChange::CrashLog {
            enabled: srv.config.crash_log_enabled,
            exit_on_panic: srv.config.use_exit_on_panic,
        }),
        Apply::Dir => directory(srv, host),
        Apply::Locale => host.apply(&HostChange::Locale(srv.config.locale_collate.clone())),
        Apply::GoodReplicas => {
            primary::refresh_good(srv);
            Ok(())
        }
        Apply::Backlog => {
            primary::resize_backlog(srv);
            Ok(())
        }
        Apply::AppendOnly => append_only(srv, host),
        Apply::AppendFsync => {
            if srv.config.appendfsync == AppendFsync::Always {
                // What a thread would tell later is less than what the next write tells.
                host.finish_syncs();
            }
            Ok(())
        }
        Apply::AofAutoGc => {
            aof_files::delete_history(srv, host);
            Ok(())
        }
        Apply::None
        | Apply::TlsPort
        | Apply::Tls
        | Apply::ClientMemory
        | Apply::Lfu
        | Apply::Hz
        | Apply::ProcTitle
        | Apply::Watchdog
        | Apply::RequirePass
        | Apply::Notify
        | Apply::Cluster => Ok(()),
    }
}

fn listeners(srv: &Server, host: &mut dyn Host) -> Result<(), String> {
    let config = &srv.config;
    host.apply(&HostChange::Listeners {
        bind: config.bind.clone(),
        port: config.port,
        tcp_backlog: config.tcp_backlog.max(0) as u32,
    })
}

/// Switches the append-only file on or off. Within EXEC the first rewrite is put off until it is over.
fn append_only(srv: &mut Server, host: &mut dyn Host) -> Result<(), String> {
    let on = srv.persist.aof.is_on();
    if on && !srv.config.appendonly {
        aof_rewrite::switch_off(srv, host);
    } else if !on && srv.config.appendonly {
        let in_exec = srv.prop.depth > 1;
        let switched = aof_rewrite::switch_on(srv, host, in_exec);
        return switched.map_err(|Stop| "Unable to turn on AOF. Check server logs.".to_owned());
    }
    Ok(())
}

fn oom_score(srv: &Server, host: &mut dyn Host) -> Result<(), String> {
    let change = effects::oom_score(srv).unwrap_or(HostChange::OomScore(None));
    host.apply(&change).map_err(|reason| {
        log_warning!("Unable to write oom_score_adj: {reason}");
        "Failed to set current oom_score_adj. Check server logs.".to_owned()
    })
}

/// Enters `dir`, and remembers it by the name the system gives it.
fn directory(srv: &mut Server, host: &mut dyn Host) -> Result<(), String> {
    let dir = srv.config.dir.to_string_lossy().into_owned();
    host.apply(&HostChange::WorkingDirectory(dir))?;
    if let Some(dir) = host.working_directory() {
        srv.config.dir = dir;
    }
    Ok(())
}

fn warn_of_maxmemory(srv: &Server, host: &mut dyn Host) {
    let maxmemory = srv.config.maxmemory;
    let used = host.used_memory().saturating_sub(evict::not_counted(srv));
    if maxmemory != 0 && maxmemory < used {
        log_warning!(
            "WARNING: the new maxmemory value set via CONFIG SET ({maxmemory}) is smaller than the current \
             memory usage ({used}). This will result in key eviction and/or the inability to accept new write \
             commands depending on the maxmemory-policy."
        );
    }
}

/// CONFIG REWRITE.
pub fn rewrite(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    let Some(path) = cx.srv.config_file.clone() else { return Err(errors::NO_CONFIG_FILE) };
    let disk = cx.host.disk();
    let old = match disk.read(&path) {
        // A file that was removed is written anew.
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    };
    let written = old.and_then(|old| disk.write_atomic(&path, &rewritten(&old, &cx.srv.config, None)));
    if let Err(e) = written {
        let reason = config_table::os_text(&e);
        log_warning!("CONFIG REWRITE failed: {reason}");
        return Err(errors::config_rewrite(&reason));
    }
    log_notice!("CONFIG REWRITE executed with success.");
    cx.out.ok();
    Ok(Outcome::Done)
}

/// CONFIG RESETSTAT.
pub fn resetstat(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    cx.srv.stats.reset();
    cx.srv.command_stats.reset();
    cx.srv.keys.stats = KeyStats::default();
    cx.srv.persist.saves = 0;
    cx.srv.eviction.reset_stats();
    cx.srv.stats.lazyfreed_at_reset = cx.host.freed_later().1;
    cx.out.ok();
    Ok(Outcome::Done)
}

/// CONFIG HELP.
pub fn help(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.help(args.at(0), HELP);
    Ok(Outcome::Done)
}

const HELP: &[&str] = &[
    "GET <pattern>",
    "    Return the options that match the glob-like <pattern>, and their values.",
    "SET <directive> <value>",
    "    Set the option <directive> to <value>.",
    "RESETSTAT",
    "    Reset the statistics that INFO reports.",
    "REWRITE",
    "    Write the options in force into the configuration file.",
];
