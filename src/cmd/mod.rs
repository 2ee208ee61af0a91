//! Floor 7: command families, rows beside their handlers.

use std::io;
use std::path::{Path, PathBuf};

use crate::core::ctx::{Ctx, Outcome};
use crate::core::table::{CommandTable, Row};
use crate::resp::errors::{self, CmdError};
use crate::resp::request::Args;
use crate::state::config_file;
use crate::state::config_table::Reason;

pub mod admin;
pub mod args;
pub mod bitmap;
pub mod conn;
pub mod docs;
pub mod geo;
pub mod hash;
pub mod hll;
pub mod keys;
pub mod limits;
pub mod list;
pub mod pubsub;
pub mod set;
pub mod specs;
pub mod string;
#[cfg(test)]
mod testing;
pub mod tools;
pub mod tx;
pub mod zset;

/// All families, in the order of the table.
pub static FAMILIES: &[&[Row]] = &[
    string::ROWS,
    list::ROWS,
    set::ROWS,
    hash::ROWS,
    zset::ROWS,
    bitmap::ROWS,
    hll::ROWS,
    geo::ROWS,
    keys::ROWS,
    conn::ROWS,
    tx::ROWS,
    pubsub::ROWS,
    admin::ROWS,
    admin::repl::ROWS,
];

/// Stands in the row of a container: a request always names a subcommand, or fails by its arity.
fn container(_: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    Err(errors::wrong_arity(args.at(0)))
}

/// The world a configuration file is read in, with the command table to rename commands in.
pub struct Surroundings {
    table: CommandTable,
    files: config_file::RealFiles,
}

impl Surroundings {
    pub fn new(table: CommandTable) -> Surroundings {
        Surroundings { table, files: config_file::RealFiles }
    }

    pub fn into_table(self) -> CommandTable {
        self.table
    }
}

impl config_file::Surroundings for Surroundings {
    fn start_dir(&self) -> io::Result<PathBuf> {
        self.files.start_dir()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.read(path)
    }

    fn expand(&self, pattern: &Path) -> Vec<PathBuf> {
        self.files.expand(pattern)
    }

    fn enter(&self, dir: &Path) -> io::Result<PathBuf> {
        self.files.enter(dir)
    }

    fn try_log(&self, path: &Path) -> io::Result<()> {
        self.files.try_log(path)
    }

    fn rename_command(&mut self, from: &[u8], to: &[u8]) -> Result<(), Reason> {
        self.table.rename(from, to).map_err(Reason::from)
    }
}
