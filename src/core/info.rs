//! INFO: a table of sections, each a function that writes its lines.
//!
//! Names, order and forms of the fields are those of Redis 7.2: monitoring reads them. Every field is there;
//! one whose feature does not exist is an honest zero. A section costs what its function costs, and only the
//! sections asked for are written.
//!
//! | file | sections |
//! |---|---|
//! | [`process`] | server, clients, cpu, modules, cluster, debug |
//! | [`memory`] | memory, and the figures behind MEMORY STATS and DOCTOR |
//! | [`data`] | persistence, stats, keyspace |
//! | [`replication`] | replication; sync, which Redis does not have |
//! | [`commands`] | commandstats, errorstats, latencystats |
//!
//! Source: Redis 7.2.4 `genRedisInfoString`.

use crate::base::bytes::eq_ignore_case;
use crate::base::info::InfoWriter;
use crate::state::host::Host;

use super::server::Server;

pub mod commands;
pub mod data;
pub mod memory;
pub mod process;
pub mod replication;

/// What a section is written from.
pub struct View<'a> {
    pub srv: &'a mut Server,
    pub host: &'a mut dyn Host,
}

/// When a section is shown without being named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shown {
    /// Always.
    Default,
    /// With `all` and `everything`.
    All,
    /// Never.
    Named,
}

struct Section {
    /// What it can be asked for as; any case.
    names: &'static [&'static str],
    shown: Shown,
    write: fn(&mut InfoWriter, &mut View<'_>),
}

const fn section(
    names: &'static [&'static str],
    shown: Shown,
    write: fn(&mut InfoWriter, &mut View<'_>),
) -> Section {
    Section { names, shown, write }
}

/// In the order they are printed.
const SECTIONS: &[Section] = &[
    section(&["server"], Shown::Default, process::server),
    section(&["clients"], Shown::Default, process::clients),
    section(&["memory"], Shown::Default, memory::memory),
    section(&["persistence"], Shown::Default, data::persistence),
    section(&["stats"], Shown::Default, data::stats),
    section(&["replication"], Shown::Default, replication::replication),
    section(&["cpu"], Shown::Default, process::cpu),
    section(&["modules", "module_list"], Shown::Default, process::modules),
    section(&["commandstats"], Shown::All, commands::commandstats),
    section(&["errorstats"], Shown::Default, commands::errorstats),
    section(&["latencystats"], Shown::All, commands::latencystats),
    section(&["sync"], Shown::All, replication::sync),
    section(&["cluster"], Shown::Default, process::cluster),
    section(&["keyspace"], Shown::Default, data::keyspace),
    section(&["debug"], Shown::Named, process::debug),
];

/// Whether the names asked for include a section.
fn wanted(section: &Section, asked: &[&[u8]]) -> bool {
    let named = |name: &[u8]| section.names.iter().any(|own| eq_ignore_case(own.as_bytes(), name));
    let default = section.shown == Shown::Default;
    let all = section.shown != Shown::Named;
    if asked.is_empty() {
        return default;
    }
    asked.iter().any(|name| match () {
        _ if eq_ignore_case(name, b"default") => default,
        _ if eq_ignore_case(name, b"all") || eq_ignore_case(name, b"everything") => all,
        _ => named(name),
    })
}

/// The text of INFO for the sections asked for (none: the default ones). Unknown names are passed over.
pub fn text(srv: &mut Server, host: &mut dyn Host, asked: &[&[u8]]) -> String {
    let mut info = InfoWriter::new();
    let mut view = View { srv, host };
    for section in SECTIONS.iter().filter(|section| wanted(section, asked)) {
        (section.write)(&mut info, &mut view);
    }
    info.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(asked: &[&[u8]]) -> Vec<&'static str> {
        SECTIONS.iter().filter(|s| wanted(s, asked)).map(|s| s.names[0]).collect()
    }

    #[test]
    fn sections_are_chosen_by_name_and_group() {
        assert_eq!(names(&[]), names(&[b"Default"]));
        assert_eq!(names(&[]).len(), 11);
        assert_eq!(names(&[b"all"]).len(), 14);
        assert_eq!(names(&[b"everything"]), names(&[b"ALL"]));
        assert_eq!(names(&[b"keyspace", b"SERVER", b"nothing"]), ["server", "keyspace"]);
        assert_eq!(names(&[b"default", b"commandstats"]).len(), 12);
        assert_eq!(names(&[b"module_list"]), ["modules"]);
        assert_eq!(names(&[b"debug"]), ["debug"]);
        assert!(names(&[b"nothing"]).is_empty());
    }
}
