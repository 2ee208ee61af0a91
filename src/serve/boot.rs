//! From a parsed command line to a listening server, in Redis' order and with Redis' log lines:
//! system warnings, daemonize, the banner, limits, pid file, title, listeners, `Server initialized`, the
//! data, `Ready to accept connections`.
//!
//! The data file is read by the loop, a piece at a time, with the listeners already open: clients are told
//! `-LOADING` and nobody waits in the dark.
//!
//! Source: Redis 7.2.4 `main`, `initServer`, `loadDataFromDisk`.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use crate::base::clock::Clock;
use crate::base::log::{self, Level};
use crate::base::rng::Rng;
use crate::core::effects::{apply_config, log_level, oom_score, proc_title};
use crate::core::server::Server;
use crate::core::table::CommandTable;
use crate::format::rdb_error::{ErrorKind, LAST_WORDS, RdbError, Source};
use crate::net::listener::{Listener, listen_tcp};
use crate::net::signals::{self, LogTo, Signals};
use crate::persist;
use crate::persist::aof_files::{self, Stop};
use crate::persist::aof_load::{self, Begun};
use crate::persist::aof_log;
use crate::persist::check_rdb::{Verdict, check};
use crate::persist::load::LoadError;
use crate::repl;
use crate::state::config::{Config, Supervised};
use crate::state::config_file::Note;
use crate::state::host::{Host, HostChange};
use crate::state::loading::{Loaded, Purpose};
use crate::state::version::REDIS_VERSION;
use crate::{log_notice, log_warning};

use super::host::{RealHost, SIGNALS};
use super::{Shell, cpus, crash, notify, process, title};

/// What a start needs besides the configuration.
pub struct Start {
    pub config: Config,
    pub config_file: Option<PathBuf>,
    pub table: CommandTable,
    /// No argument was given.
    pub bare: bool,
    /// The program as it was called.
    pub program: String,
    /// The same as a full name.
    pub executable: PathBuf,
    pub notes: Vec<Note>,
}

/// Starts the log as configured.
pub fn start_log(config: &Config) {
    let file = (!config.logfile.as_os_str().is_empty()).then_some(config.logfile.as_path());
    log::init(log_level(config.loglevel), file);
    if config.syslog_enabled
        && let Some(facility) = log::facility(config.syslog_facility.name())
    {
        log::enable_syslog(&config.syslog_ident, facility);
    }
}

/// Runs a server. Returns the exit code.
pub fn run(mut start: Start) -> i32 {
    process::keep_arguments();
    title::init();
    if let Err(e) = std::env::set_current_dir(&start.config.dir) {
        let dir = start.config.dir.display();
        eprintln!("Can't chdir to '{dir}': {}", persist::bgsave::plain(&e));
        return 1;
    }
    start_log(&start.config);
    for note in &start.notes {
        log::write(log_level(note.level), format_args!("{}", note.text));
    }
    system_warnings(&start.config);
    let supervisor = notify::supervisor(start.config.supervised);
    let background = start.config.daemonize && supervisor == Supervised::No;
    if background && let Err(e) = daemonize() {
        log_warning!("Can't daemonize: {e}");
        return 1;
    }
    banner(&start);
    crash_and_signal_log(&start.config, background);
    if let Err(code) = limit_clients(&mut start.config) {
        return code;
    }
    // Which clock times commands; the words are Redis'.
    log_notice!("monotonic clock: POSIX clock_gettime");
    // A process without its pid file still serves; daemons have a default one.
    if background || !start.config.pidfile.as_os_str().is_empty() {
        write_pid_file(&mut start.config);
    }
    match assemble(start, supervisor) {
        Ok(mut shell) => shell.run(),
        Err(code) => code,
    }
}

fn crash_and_signal_log(config: &Config, background: bool) {
    if config.crash_log_enabled {
        crash::install(config.use_exit_on_panic);
    } else {
        crash::remove();
    }
    let file = config.logfile.to_string_lossy();
    // The file that SAVE would be writing when a second SIGINT ends the process.
    let temp = config.dir.join(format!("temp-{}.rdb", std::process::id()));
    signals::set_exit_cleanup(temp.to_str());
    signals::set_log(match (file.is_empty(), background) {
        (false, _) => LogTo::File(&file),
        (true, false) => LogTo::Stdout,
        (true, true) => LogTo::Nowhere,
    });
}

/// Builds the shell, opens the listeners and starts to load.
fn assemble(start: Start, supervisor: Supervised) -> Result<Shell, i32> {
    let fatal = |what: &str, e: &dyn std::fmt::Display| {
        log_warning!("{what}: {e}");
        1
    };
    let signals = Signals::install().map_err(|e| fatal("Can't install signal handlers", &e))?;
    let host = RealHost::new(&start.config)
        .map_err(|e| fatal("Failed creating the event loop. Error message", &persist::bgsave::plain(&e)))?;
    host.reactor.add_pipe(signals.pipe(), SIGNALS).map_err(|e| fatal("Can't watch signals", &e))?;
    let mut srv = Server::new(start.config, start.table, Clock::real(), Rng::from_os());
    srv.config_file = start.config_file;
    srv.program = Box::from(start.program.as_str());
    srv.executable = start.executable.to_string_lossy().into_owned().into_boxed_str();
    srv.supervisor = supervisor;
    apply_config(&mut srv);
    let mut shell = Shell::new(srv, host, signals);
    shell.host.purge_aside(shell.srv.config.jemalloc_bg_thread);
    shell.srv.startup_memory = shell.host.used_memory();
    set_title(&mut shell);
    let locale = HostChange::Locale(shell.srv.config.locale_collate.clone());
    if shell.host.apply(&locale).is_err() {
        log_warning!("Failed to configure LOCALE for invalid locale name.");
        return Err(1);
    }
    logo(&shell.srv.config);
    backlog_warning(shell.srv.config.tcp_backlog);
    listen(&mut shell)?;
    set_oom_score(&mut shell);
    log_notice!("Server initialized");
    for name in crate::state::config_table::unimplemented_in_use(&shell.srv.config) {
        log_notice!("Option '{name}' is accepted but has no effect in this version");
    }
    load(&mut shell)?;
    cpus::pin(&shell.srv.config.server_cpulist);
    Ok(shell)
}

/// Opens what `bind`, `port` and `unixsocket` name.
fn listen(shell: &mut Shell) -> Result<(), i32> {
    let config = &shell.srv.config;
    let (port, backlog) = (config.port, config.tcp_backlog);
    let mut listeners = Vec::new();
    if port != 0 {
        let made = listen_tcp(&config.bind, port, backlog, &mut |line| log_warning!("{line}"));
        let Some(made) = made else {
            log_warning!("Failed listening on port {port} (tcp), aborting.");
            return Err(1);
        };
        listeners.extend(made);
    }
    if !config.unixsocket.as_os_str().is_empty() {
        match Listener::unix(&config.unixsocket, Some(config.unixsocketperm), backlog) {
            Ok(listener) => listeners.push(listener),
            Err(e) => {
                log_warning!("Failed opening Unix socket: {}", e.text);
                return Err(1);
            }
        }
    }
    if listeners.is_empty() {
        log_warning!("Configured to not listen anywhere, exiting.");
        return Err(1);
    }
    shell.host.watch(listeners).map_err(|e| {
        log_warning!("Can't watch the listeners: {e}");
        1
    })
}

/// Begins to load the append-only file, if there is to be one, or else the snapshot.
fn load(shell: &mut Shell) -> Result<(), i32> {
    shell.load_began_us = shell.srv.clock.mono_us_now();
    let disk = shell.host.disk();
    aof_files::load_manifest(&mut shell.srv, &*disk).map_err(|Stop| 1)?;
    repl::before_boot_load(&mut shell.srv);
    if shell.srv.config.appendonly {
        return load_log(shell).map_err(|Stop| 1);
    }
    let path = persist::bgsave::path(&shell.srv);
    match persist::load::open(&mut shell.srv, &mut shell.host, Purpose::Boot, &path) {
        Ok(true) => {
            signals::set_loading(true);
            Ok(())
        }
        Ok(false) => {
            aof_files::delete_history(&mut shell.srv, &mut shell.host);
            repl::after_boot_load(&mut shell.srv, None);
            ready(shell);
            Ok(())
        }
        Err(e) => {
            log_warning!(
                "Fatal error: can't open the RDB file {} for reading: {}",
                shell.srv.config.dbfilename.display(),
                persist::bgsave::plain(&e)
            );
            log_warning!("{GIVING_UP}");
            Err(1)
        }
    }
}

fn load_log(shell: &mut Shell) -> Result<(), Stop> {
    match aof_load::begin(&mut shell.srv, &mut shell.host, Purpose::Boot)? {
        Begun::Files => {
            signals::set_loading(true);
            return Ok(());
        }
        Begun::Empty => log_loaded(shell),
        Begun::Nothing => {}
    }
    open_log(shell, None)
}

fn log_loaded(shell: &Shell) {
    let us = shell.srv.clock.mono_us_now() - shell.load_began_us;
    log_notice!("DB loaded from append only file: {:.3} seconds", us as f64 / 1e6);
}

/// What the append-only file held is in: it is written to from now on, and the doors open.
fn open_log(shell: &mut Shell, loaded: Option<&Loaded>) -> Result<(), Stop> {
    aof_log::open_at_start(&mut shell.srv, &mut shell.host)?;
    aof_files::delete_history(&mut shell.srv, &mut shell.host);
    repl::after_boot_load(&mut shell.srv, loaded);
    aof_log::mark(&mut shell.srv);
    ready(shell);
    Ok(())
}

/// Redis' word for a data file that is none.
const GIVING_UP: &str = "Fatal error loading the DB, check server logs. Exiting.";

/// The data file is damaged: says what and where, on standard output also in the manner of redis-check-rdb. The
/// file stays as it is.
pub fn load_failed(srv: &Server, e: &LoadError) {
    persist::load::log_error(e, Source::File);
    match e {
        LoadError::Rdb(RdbError { kind: ErrorKind::Databases(_), .. }) => return,
        LoadError::Rdb(RdbError { kind: ErrorKind::Signature | ErrorKind::Version(_), .. })
        | LoadError::Io(_) => {
            log_warning!("{GIVING_UP}");
            return;
        }
        LoadError::Aof => return,
        LoadError::Rdb(_) => {}
    }
    // The base of an append-only file, or the snapshot.
    let replayed = srv.persist.loading.as_ref().filter(|loading| loading.replay.is_some());
    let path = replayed.map_or_else(|| persist::bgsave::path(srv), |loading| PathBuf::from(&loading.name));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Ok(mut file) = fs::File::open(&path) else { return };
    let mut out = std::io::stdout().lock();
    let verdict = check(&name, &mut file, srv.clock.wall_ms(), &mut out);
    // Nobody may be listening.
    let _ = out.flush();
    drop(out);
    if matches!(verdict, Ok(Verdict::Broken { gave_up: true })) {
        log_warning!("{LAST_WORDS}");
    }
}

/// The data are in: continue the replication history a snapshot names, and open the doors.
pub fn loaded(shell: &mut Shell) {
    let replayed = shell.srv.persist.loading.as_ref().is_some_and(|loading| loading.replay.is_some());
    let loaded = persist::load::finish(&mut shell.srv, &mut shell.host);
    signals::set_loading(false);
    if replayed {
        log_loaded(shell);
        if open_log(shell, Some(&loaded)).is_err() {
            shell.srv.persist.exit = Some(1);
        }
        return;
    }
    let us = shell.srv.clock.mono_us_now() - shell.load_began_us;
    log_notice!("DB loaded from disk: {:.3} seconds", us as f64 / 1e6);
    aof_files::delete_history(&mut shell.srv, &mut shell.host);
    repl::after_boot_load(&mut shell.srv, Some(&loaded));
    ready(shell);
}

/// Says that we serve.
fn ready(shell: &mut Shell) {
    for listener in &shell.host.listeners {
        let kind = if listener.path().is_some() { "unix" } else { "tcp" };
        if !std::mem::replace(&mut shell.announced[usize::from(kind == "unix")], true) {
            log_notice!("Ready to accept connections {kind}");
        }
    }
    if shell.srv.supervisor == Supervised::Systemd {
        if shell.srv.repl.is_replica() {
            notify::systemd(
                "STATUS=Ready to accept connections in read-only mode. Waiting for MASTER <-> REPLICA sync\n",
            );
        } else {
            notify::systemd("STATUS=Ready to accept connections\n");
        }
        notify::systemd("READY=1\n");
    }
    let maxmemory = shell.srv.config.maxmemory;
    if maxmemory > 0 && maxmemory < 1024 * 1024 {
        log_warning!(
            "WARNING: You specified a maxmemory value that is less than 1MB (current value is {maxmemory} \
             bytes). Are you sure this is what you really want?"
        );
    }
}

/// The lines every start begins with.
fn banner(start: &Start) {
    log_notice!("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
    log_notice!(
        "Redis version={REDIS_VERSION}, bits=64, commit=00000000, modified=0, pid={}, just started",
        std::process::id()
    );
    if start.bare {
        log_warning!(
            "Warning: no config file specified, using the default config. In order to specify a config file \
             use {} /path/to/redis.conf",
            start.program
        );
    } else {
        log_notice!("Configuration loaded");
    }
    log::set_role(if start.config.replicaof.is_some() { 'S' } else { 'M' });
}

/// One line, or the big banner on a terminal.
fn logo(config: &Config) {
    let terminal = std::io::stdout().is_terminal();
    let show = config.always_show_logo
        || !config.syslog_enabled && config.logfile.as_os_str().is_empty() && terminal;
    if !show {
        log_notice!("Running mode=standalone, port={}.", config.port);
        return;
    }
    log::raw(
        Level::Notice,
        &format!(
            "\n        .-----.\n       /  o o  \\      Replis, speaking Redis {REDIS_VERSION} (00000000/0) 64 bit\n\
             \x20     |   ___   |\n      |  |   |  |     Running in standalone mode\n\
             \x20      \\_|___|_/      Port: {}\n         |   |        PID: {}\n\n",
            config.port,
            std::process::id()
        ),
    );
}

fn set_title(shell: &mut Shell) {
    let config = &shell.srv.config;
    if config.set_proc_title {
        // A title is decoration.
        let _ = shell.host.apply(&proc_title(&shell.srv));
    }
}

fn set_oom_score(shell: &mut Shell) {
    if let Some(change) = oom_score(&shell.srv)
        && let Err(e) = shell.host.apply(&change)
    {
        log_warning!("Unable to write oom_score_adj: {e}");
    }
}

/// Lowers `maxclients` to what the system grants.
fn limit_clients(config: &mut Config) -> Result<(), i32> {
    let asked = config.maxclients;
    let before = process::file_limit();
    let (clients, reduced) = process::adjust_max_clients(asked);
    config.maxclients = clients;
    let needed = u64::from(asked) + process::RESERVED_FILES;
    let Some(got) = reduced else {
        if process::file_limit() > before {
            log_notice!(
                "Increased maximum number of open files to {needed} (it was originally set to {before})."
            );
        }
        return Ok(());
    };
    if clients == 0 {
        log_warning!(
            "Your current 'ulimit -n' of {before} is not enough for the server to start. Please increase your \
             open file limit to at least {needed}. Exiting."
        );
        return Err(1);
    }
    log_warning!("You requested maxclients of {asked} requiring at least {needed} max file descriptors.");
    log_warning!(
        "Server can't set maximum open files to {needed} because of OS error: {}.",
        "Operation not permitted"
    );
    log_warning!(
        "Current maximum open files is {got}. maxclients has been reduced to {clients} to compensate for low \
         ulimit. If you need higher maxclients increase 'ulimit -n'."
    );
    Ok(())
}

fn write_pid_file(config: &mut Config) {
    if config.pidfile.as_os_str().is_empty() {
        config.pidfile = PathBuf::from("/var/run/redis.pid");
    }
    let written =
        fs::File::create(&config.pidfile).and_then(|mut file| writeln!(file, "{}", std::process::id()));
    if let Err(e) = written {
        log_warning!("Failed to write PID file: {}", persist::bgsave::plain(&e));
    }
}

/// Settings of the machine that hurt a server.
fn system_warnings(config: &Config) {
    let overcommit = fs::read_to_string("/proc/sys/vm/overcommit_memory").unwrap_or_default();
    if !overcommit.is_empty() && overcommit.trim() != "1" {
        log_warning!(
            "WARNING Memory overcommit must be enabled! Without it, a background save or replication may \
             fail under low memory condition. Being disabled, it can also cause failures without low memory \
             condition, see https://github.com/jemalloc/jemalloc/issues/1328. To fix this issue add \
             'vm.overcommit_memory = 1' to /etc/sysctl.conf and then reboot or run the command 'sysctl \
             vm.overcommit_memory=1' for this to take effect."
        );
    }
    if config.disable_thp {
        process::disable_huge_pages();
    }
}

fn backlog_warning(asked: i32) {
    let text = fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap_or_default();
    let max: i32 = text.trim().parse().unwrap_or(0);
    if max > 0 && max < asked {
        log_warning!(
            "WARNING: The TCP backlog setting of {asked} cannot be enforced because \
             /proc/sys/net/core/somaxconn is set to the lower value of {max}."
        );
    }
}

/// Leaves the terminal: a child in a session of its own goes on, the parent ends with 0.
fn daemonize() -> std::io::Result<()> {
    super::fork::detach()
}
