//! The `redis-server` binary: reads the command line, hands the command families to the core, and serves.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::exit;

use replis::check_aof;
use replis::check_rdb;
use replis::cli::{self, Launch};
use replis::cmd;
use replis::core::table::CommandTable;
use replis::serve::boot;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    let args: Vec<OsString> = std::env::args_os().collect();
    let mut world = cmd::Surroundings::new(CommandTable::new(cmd::FAMILIES));
    let program = args.first().map(|a| a.to_string_lossy().into_owned()).unwrap_or_default();
    // Before `dir` moves us.
    let executable = cli::absolute(Path::new(&program), &world);
    // The lock of standard input must be free again before anybody else reads there.
    let launch = cli::parse_in(&args, &mut std::io::stdin().lock(), &mut world);
    match launch {
        Launch::Run(run) if run.sentinel => {
            replis::base::log::init(replis::base::log::Level::Notice, None);
            replis::base::log::set_role('X');
            replis::log_warning!("This version is no Sentinel. Exiting...");
            exit(1)
        }
        Launch::Run(run) => exit(boot::run(boot::Start {
            config: *run.config,
            config_file: run.config_file,
            table: world.into_table(),
            bare: run.bare,
            program,
            executable,
            notes: run.notes,
        })),
        Launch::Print { text, stderr, code } => {
            let mut to: Box<dyn Write> =
                if stderr { Box::new(std::io::stderr()) } else { Box::new(std::io::stdout()) };
            // Nobody may be listening.
            let _ = to.write_all(text.as_bytes());
            exit(code)
        }
        Launch::Refuse(text) => {
            replis::base::log::init(replis::base::log::Level::Notice, None);
            replis::log_warning!("{text}");
            exit(1)
        }
        Launch::TestMemory(mb) => exit(cmd::tools::test_memory(mb)),
        Launch::CheckSystem => exit(cmd::tools::check_system()),
        Launch::CheckRdb(files) => exit(check_rdb::run(&args[0].to_string_lossy(), &files)),
        Launch::CheckAof(args_of_it) => exit(check_aof::run(&args[0].to_string_lossy(), &args_of_it)),
    }
}
