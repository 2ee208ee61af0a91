//! A running `redis-server` in a temporary folder: ours, or Debian's for comparison.
//!
//! Unless a [`Setup`] says otherwise, the server is started with a configuration file of its own
//! (`{dir}/redis.conf`), so that CONFIG REWRITE and restarts work everywhere. It is ready when its log says so. It is
//! killed with SIGKILL when the handle is dropped; when the test is failing, the end of its log is printed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::client::{Client, Value};
use super::ports::{self, Lease};
use super::{SOON, in_path, may_skip, patience, wait_until};

/// What every server of the tests is told before the lines of its [`Setup`]. DEBUG must be at hand, and a first
/// full synchronization should not wait for other replicas.
const COMMON_LINES: &str = "port {port}\nbind 127.0.0.1\ndir {dir}\nlogfile {log}\nsave \"\"\n\
                            enable-debug-command yes\nrepl-diskless-sync-delay 0\n";

/// Files below the server's folder: what it prints, what it logs.
const LOGS: [&str; 2] = ["output", "server.log"];

/// Attempts to find a port that nobody takes meanwhile.
const PORT_ATTEMPTS: u32 = 5;

/// The binary under test: ours, or the one named by `REPLIS_TEST_SERVER`.
pub fn server_binary() -> PathBuf {
    std::env::var_os("REPLIS_TEST_SERVER")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_redis-server")), PathBuf::from)
}

/// Whether the tests run against another server than ours; such a run checks the tests.
pub fn tests_the_original() -> bool {
    std::env::var_os("REPLIS_TEST_SERVER").is_some()
}

/// Debian's redis-server. `None` when it is missing and that is allowed; otherwise the test fails.
pub fn real_redis() -> Option<Setup> {
    let found = [PathBuf::from("/usr/bin/redis-server")].into_iter().find(|path| path.is_file());
    let found = found.or_else(|| in_path("redis-server"));
    if found.is_none() && !may_skip("redis-server") {
        panic!("redis-server is missing: apt-get install redis-server (or set REPLIS_SKIP_REAL_REDIS=1)");
    }
    found.map(Setup::of)
}

/// How to start a server. In texts and arguments `{port}`, `{dir}`, `{conf}` and `{log}` stand for what the server
/// got.
#[derive(Clone, Debug)]
pub struct Setup {
    binary: PathBuf,
    config: String,
    argv: Vec<String>,
    stdin: Option<String>,
    password: Option<String>,
    env: Vec<(String, String)>,
    as_given: bool,
}

impl Setup {
    /// A server of the given binary.
    pub fn of(binary: impl Into<PathBuf>) -> Setup {
        Setup {
            binary: binary.into(),
            config: String::new(),
            argv: vec!["{conf}".into()],
            stdin: None,
            password: None,
            env: Vec::new(),
            as_given: false,
        }
    }

    /// Adds lines to the configuration file.
    pub fn config(mut self, lines: &str) -> Setup {
        self.config.push_str(lines);
        self.config.push('\n');
        self
    }

    /// Sets `requirepass`; the handle logs in by itself.
    pub fn password(mut self, password: &str) -> Setup {
        self.password = Some(password.into());
        self.config(&format!("requirepass {password}"))
    }

    /// Adds arguments after the configuration file.
    pub fn args(mut self, args: &[&str]) -> Setup {
        self.argv.extend(args.iter().map(|arg| arg.to_string()));
        self
    }

    /// Replaces the whole command line.
    pub fn argv(mut self, args: &[&str]) -> Setup {
        self.argv.clear();
        self.args(args)
    }

    /// The configuration file has the lines of [`Setup::config`] and no others.
    pub fn nothing_added(mut self) -> Setup {
        self.as_given = true;
        self
    }

    /// What the server finds on standard input.
    pub fn stdin(mut self, text: &str) -> Setup {
        self.stdin = Some(text.into());
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Setup {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Starts the server and waits until it is ready.
    #[track_caller]
    pub fn start(self) -> Server {
        let folder = tempfile::Builder::new().prefix("replis-test-").tempdir().unwrap();
        let mut server = Server {
            setup: self,
            lease: ports::lease(),
            folder,
            child: None,
            log_starts: [0; 2],
            admin: Mutex::new(None),
        };
        for attempt in 1.. {
            server.write_config();
            match server.try_launch() {
                Ok(()) => break,
                Err(log) if attempt < PORT_ATTEMPTS && log.contains("Address already in use") => {
                    server.lease = ports::lease();
                }
                Err(_) => panic!("the server did not start"),
            }
        }
        server
    }
}

/// See the head of the file.
pub struct Server {
    setup: Setup,
    lease: Lease,
    folder: TempDir,
    child: Option<Child>,
    /// Lengths of [`LOGS`] when the process was started.
    log_starts: [usize; 2],
    admin: Mutex<Option<Client>>,
}

impl Server {
    /// A setup of the server under test.
    pub fn setup() -> Setup {
        Setup::of(server_binary())
    }

    /// Starts the server under test with these configuration lines.
    #[track_caller]
    pub fn start(config: &str) -> Server {
        Server::setup().config(config).start()
    }

    pub fn port(&self) -> u16 {
        self.lease.port
    }

    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// A file in the server's folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    pub fn config_file(&self) -> PathBuf {
        self.file("redis.conf")
    }

    /// Process id of the process that was started.
    #[track_caller]
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("the server was stopped").id()
    }

    /// Everything this start wrote to its log and its outputs.
    pub fn log(&self) -> String {
        self.logs_from(self.log_starts)
    }

    fn whole_log(&self) -> String {
        self.logs_from([0; 2])
    }

    fn logs_from(&self, starts: [usize; 2]) -> String {
        let parts = self.logs().into_iter().zip(starts);
        let parts: Vec<u8> = parts.flat_map(|(text, start)| text[start.min(text.len())..].to_vec()).collect();
        String::from_utf8_lossy(&parts).into_owned()
    }

    fn logs(&self) -> [Vec<u8>; 2] {
        LOGS.map(|name| fs::read(self.file(name)).unwrap_or_default())
    }

    /// Waits for a line of the log that contains `text`.
    #[track_caller]
    pub fn wait_log(&self, text: &str) {
        wait_until(&format!("log line {text:?}"), SOON, || self.log().contains(text));
    }

    fn fill_in(&self, text: &str) -> String {
        text.replace("{port}", &self.port().to_string())
            .replace("{dir}", &self.dir().to_string_lossy())
            .replace("{conf}", &self.config_file().to_string_lossy())
            .replace("{log}", &self.file("server.log").to_string_lossy())
    }

    fn write_config(&self) {
        let common = if self.setup.as_given { "" } else { COMMON_LINES };
        fs::write(self.config_file(), self.fill_in(&format!("{common}{}", self.setup.config))).unwrap();
    }

    /// The process under way, with its outputs in a file. `Err` has the log when it ends before it is ready.
    fn try_launch(&mut self) -> Result<(), String> {
        self.log_starts = self.logs().map(|text| text.len());
        self.forget_admin();
        let output = File::options().create(true).append(true).open(self.file("output")).unwrap();
        let stdin = match &self.setup.stdin {
            None => Stdio::null(),
            Some(text) => {
                fs::write(self.file("stdin"), self.fill_in(text)).unwrap();
                File::open(self.file("stdin")).unwrap().into()
            }
        };
        let child = Command::new(&self.setup.binary)
            .args(self.setup.argv.iter().map(|arg| self.fill_in(arg)))
            .envs(self.setup.env.iter().map(|(name, value)| (name, self.fill_in(value))))
            .current_dir(self.dir())
            .stdin(stdin)
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.setup.binary.display()));
        self.child = Some(child);
        self.await_ready()
    }

    fn await_ready(&mut self) -> Result<(), String> {
        let end = Instant::now() + patience(Duration::from_secs(20));
        loop {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            let log = self.log();
            if log.contains("eady to accept connections") || log.contains("Sentinel ID is ") {
                return Ok(());
            }
            if ended.is_some() {
                self.child = None;
                return Err(log);
            }
            assert!(Instant::now() < end, "the server is not ready");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Sends a signal.
    #[track_caller]
    pub fn signal(&self, signal: i32) {
        send_signal(self.pid(), signal);
    }

    /// SIGKILL, and gone when this returns.
    pub fn kill(&mut self) {
        self.forget_admin();
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Closes the handle's own connection, also after a test has failed on it.
    pub fn forget_admin(&self) {
        *self.admin.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = None;
    }

    /// Halts the process: its sockets stay open, nobody answers.
    pub fn pause(&self) {
        self.signal(libc::SIGSTOP);
    }

    /// Undoes [`Server::pause`].
    pub fn resume(&self) {
        self.signal(libc::SIGCONT);
    }

    /// SIGTERM, and the exit status that follows.
    #[track_caller]
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(libc::SIGTERM);
        self.wait_exit()
    }

    /// Waits until the process ends by itself.
    #[track_caller]
    pub fn wait_exit(&mut self) -> ExitStatus {
        let mut status = None;
        let mut child = self.child.take().expect("the server was stopped");
        let ended = super::holds_within(SOON, || {
            status = child.try_wait().unwrap();
            status.is_some()
        });
        if !ended {
            self.child = Some(child);
            panic!("the server does not exit");
        }
        self.forget_admin();
        status.unwrap()
    }

    /// Whether the process lives.
    pub fn alive(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// Starts again after a stop or kill: same folder, same port, same command line, configuration file as it is.
    #[track_caller]
    pub fn launch(&mut self) {
        assert!(self.child.is_none(), "the server still runs");
        let ready = self.try_launch();
        assert!(ready.is_ok(), "the server did not start again");
    }

    /// [`Server::launch`] where an early end is an answer, too: the log of it.
    pub fn try_launch_again(&mut self) -> Result<(), String> {
        self.try_launch()
    }

    /// Stops in good order and starts again.
    #[track_caller]
    pub fn restart(&mut self) {
        self.stop();
        self.launch();
    }

    /// From the next start on another binary serves this folder.
    pub fn become_binary(&mut self, binary: &Path) {
        self.setup.binary = binary.to_owned();
    }

    /// A new connection, logged in.
    #[track_caller]
    pub fn client(&self) -> Client {
        let mut client = Client::connect(self.port());
        if let Some(password) = &self.setup.password {
            assert_eq!(client.cmd(&["auth", password]), "OK");
        }
        client
    }

    /// One command on the handle's own connection.
    #[track_caller]
    pub fn run(&self, words: &str) -> Value {
        self.cmd(&words.split_whitespace().collect::<Vec<_>>())
    }

    /// [`Server::run`] with arguments as they are.
    #[track_caller]
    pub fn cmd<A: AsRef<[u8]>>(&self, args: &[A]) -> Value {
        let mut admin = self.admin.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let value = admin.get_or_insert_with(|| self.client()).cmd(args);
        drop(admin);
        value
    }

    /// Fields of a section of INFO.
    #[track_caller]
    pub fn info(&self, section: &str) -> BTreeMap<String, String> {
        super::text::fields(&self.cmd(&["info", section]).text()).into_iter().collect()
    }

    /// One field of INFO.
    #[track_caller]
    pub fn info_field(&self, section: &str, name: &str) -> String {
        self.info(section).remove(name).unwrap_or_else(|| panic!("INFO {section} has no {name}"))
    }

    /// DEBUG DIGEST: forty hex digits over all databases.
    #[track_caller]
    pub fn digest(&self) -> String {
        let digest = self.run("debug digest").text();
        assert!(super::text::is_id(&digest), "DEBUG DIGEST: {digest}");
        digest
    }

    #[track_caller]
    pub fn config_set(&self, name: &str, value: &str) {
        let reply = self.cmd(&["config", "set", name, value]);
        assert_eq!(reply, "OK", "CONFIG SET {name} {value}");
    }

    #[track_caller]
    pub fn config_get(&self, name: &str) -> String {
        let reply = self.cmd(&["config", "get", name]).texts();
        assert_eq!(reply.len(), 2, "CONFIG GET {name}: {reply:?}");
        reply[1].clone()
    }

    /// REPLICAOF, on this server.
    #[track_caller]
    pub fn replicaof(&self, master_port: u16) {
        assert_eq!(self.run(&format!("replicaof 127.0.0.1 {master_port}")), "OK");
    }

    /// Whether this replica's link is up.
    #[track_caller]
    pub fn link_up(&self) -> bool {
        self.info("replication").get("master_link_status").is_some_and(|status| status == "up")
    }

    /// Waits until this replica's link is up.
    #[track_caller]
    pub fn wait_link_up(&self) {
        wait_until("the link to the master is up", SOON * 3, || self.link_up());
    }

    /// The offset this server stands at, as a master or as a replica.
    #[track_caller]
    pub fn offset(&self) -> i64 {
        self.info_field("replication", "master_repl_offset").parse().unwrap()
    }

    /// Waits until `replica` has all that this server has, and checks that it is the same.
    #[track_caller]
    pub fn wait_same_data(&self, replica: &Server) {
        wait_until("both servers stand at the same offset", SOON * 3, || {
            replica.link_up() && self.offset() == replica.offset()
        });
        assert_eq!(self.digest(), replica.digest(), "the data differ at the same offset");
    }

    fn log_tail(&self) -> String {
        let log = self.whole_log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!(
                "--- end of the log of {} on port {}\n{}\n---",
                self.setup.binary.display(),
                self.port(),
                self.log_tail()
            );
        }
    }
}

/// Sends a signal to a process.
#[track_caller]
pub fn send_signal(pid: u32, signal: i32) {
    // SAFETY: kill(2) takes two integers and touches no memory of ours.
    let result = unsafe { libc::kill(pid as libc::pid_t, signal) };
    assert_eq!(result, 0, "signal {signal} to {pid}: {}", std::io::Error::last_os_error());
}

/// Whether a process exists and is no zombie.
pub fn process_lives(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z')))
}

/// A process that is no child of the test; killed when this is dropped.
pub struct Stray(pub u32);

impl Drop for Stray {
    fn drop(&mut self) {
        if process_lives(self.0) {
            send_signal(self.0, libc::SIGKILL);
        }
    }
}

/// The exit code; 128 + signal when a signal ended it, as a shell says.
pub fn exit_code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}
