//! COMMAND: the server describes its own commands.
//!
//! All of it is read off the command table; what a reply looks like is in `show`. Clients ask on every
//! connect (redis-cli asks for everything), so the writers go from constant data straight into the
//! reply.
//!
//! - A name means a command as it can be called here: one that `rename-command` removed is gone, one
//!   that was renamed is found by its new name and shown under its own.
//! - GETKEYS reads a stranger's request: see `state::spec` about what is believed (nothing).
//!
//! Deviations: the order is that of the table, where Redis has a hash table's; the summaries of DOCS
//! are our own. Source: Redis 7.2.4 `server.c` (COMMAND and its subcommands).

mod show;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use crate::base::bytes::eq_ignore_case;
use crate::base::glob;
use crate::cmd::specs;
use crate::core::ctx::{Ctx, Outcome};
use crate::core::table::{Command, CommandTable, Row};
use crate::resp::errors::{self, CmdError};
use crate::resp::reply::Reply;
use crate::resp::request::Args;
use crate::state::spec::row::*;
use crate::state::spec::{Categories, extract_keys};

const INVALID_COMMAND: CmdError = CmdError::fixed("ERR Invalid command specified");
const INVALID_ARITY: CmdError = CmdError::fixed("ERR Invalid number of arguments specified for command");
const INVALID_ARGUMENTS: CmdError = CmdError::fixed("ERR Invalid arguments specified for command");
const NO_KEYS: CmdError = CmdError::fixed("ERR The command has no key arguments");

/// COMMAND with its subcommands.
pub const ROW: Row = Row::group(
    specs::server::COMMAND,
    all,
    &[
        Row::new(specs::server::COMMAND_COUNT, count),
        Row::new(specs::server::COMMAND_DOCS, docs_of),
        Row::new(specs::server::COMMAND_GETKEYS, get_keys),
        Row::new(specs::server::COMMAND_GETKEYSANDFLAGS, get_keys_and_flags),
        Row::new(specs::server::COMMAND_HELP, help),
        Row::new(specs::server::COMMAND_INFO, info),
        Row::new(specs::server::COMMAND_LIST, list),
    ],
);

fn all(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    show::all_infos(&cx.srv.table, cx.out);
    Ok(Outcome::Done)
}

fn count(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.count(cx.srv.table.top().count());
    Ok(Outcome::Done)
}

fn info(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let table = &*cx.srv.table;
    if args.len() == 2 {
        show::all_infos(table, cx.out);
        return Ok(Outcome::Done);
    }
    cx.out.array(args.len() - 2);
    for name in args.iter().skip(2) {
        match table.find_full(name) {
            Some(command) => show::info(table, command, cx.out),
            None => cx.out.null(),
        }
    }
    Ok(Outcome::Done)
}

fn docs_of(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let table = &*cx.srv.table;
    if args.len() == 2 {
        show::all_docs(table, cx.out);
        return Ok(Outcome::Done);
    }
    let mark = cx.out.defer();
    let mut found = 0;
    for command in args.iter().skip(2).filter_map(|name| table.find_full(name)) {
        show::named_doc(table, command, cx.out);
        found += 1;
    }
    cx.out.close_map(mark, found);
    Ok(Outcome::Done)
}

/// Which names COMMAND LIST shows.
enum Filter<'a> {
    Everything,
    /// No module is ever loaded: no command comes from one.
    Nothing,
    Category(Categories),
    Pattern(&'a [u8]),
}

impl<'a> Filter<'a> {
    fn parse(args: Args<'a>) -> Result<Filter<'a>, CmdError> {
        match args.len() {
            2 => return Ok(Filter::Everything),
            5 if eq_ignore_case(args.at(2), b"filterby") => {}
            _ => return Err(errors::SYNTAX),
        }
        let (kind, value) = (args.at(3), args.at(4));
        if eq_ignore_case(kind, b"module") {
            Ok(Filter::Nothing)
        } else if eq_ignore_case(kind, b"aclcat") {
            Ok(Categories::by_name(value).map_or(Filter::Nothing, Filter::Category))
        } else if eq_ignore_case(kind, b"pattern") {
            Ok(Filter::Pattern(value))
        } else {
            Err(errors::SYNTAX)
        }
    }

    fn lets(&self, command: Command) -> bool {
        match self {
            Filter::Everything => true,
            Filter::Nothing => false,
            Filter::Category(category) => command.spec.categories().has(*category),
            Filter::Pattern(pattern) => glob::matches(pattern, command.name.as_bytes(), true),
        }
    }
}

fn list(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let filter = Filter::parse(args)?;
    names(&cx.srv.table, &filter, cx.out);
    Ok(Outcome::Done)
}

fn names(table: &CommandTable, filter: &Filter<'_>, out: &mut Reply) {
    let mark = out.defer();
    let mut shown = 0;
    for top in table.top() {
        for command in std::iter::once(&top).chain(table.subs(top)).filter(|c| filter.lets(**c)) {
            out.bulk(command.name.as_bytes());
            shown += 1;
        }
    }
    out.close_array(mark, shown);
}

fn get_keys(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let table = Rc::clone(&cx.srv.table);
    keys(&table, args.tail(2), false, cx.out)
}

fn get_keys_and_flags(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Outcome, CmdError> {
    let table = Rc::clone(&cx.srv.table);
    keys(&table, args.tail(2), true, cx.out)
}

/// The keys of `request`, a whole command in the arguments of another.
fn keys(table: &CommandTable, request: Args<'_>, flags: bool, out: &mut Reply) -> Result<Outcome, CmdError> {
    let command = table.find(request.at(0)).and_then(|top| match request.get(1) {
        Some(sub) if !table.subs(top).is_empty() => table.find_sub(top, sub),
        _ => Some(top),
    });
    let spec = command.ok_or(INVALID_COMMAND)?.spec;
    if !spec.has_keys() {
        return Err(NO_KEYS);
    }
    if !spec.arity_ok(request.len()) {
        return Err(INVALID_ARITY);
    }
    let found = extract_keys(spec, request);
    if found.is_empty() && !spec.flags.has(NO_MANDATORY_KEYS) {
        return Err(INVALID_ARGUMENTS);
    }
    out.array(found.len());
    for key in found {
        if flags {
            out.array(2);
        }
        out.bulk(request.at(key.index));
        if flags {
            show::statuses(key.flags.names(), out);
        }
    }
    Ok(Outcome::Done)
}

fn help(cx: &mut Ctx<'_>, _: Args<'_>) -> Result<Outcome, CmdError> {
    cx.out.help(
        b"command",
        &[
            "(no subcommand)",
            "    Describe all commands to programs.",
            "COUNT",
            "    Count the commands of this server.",
            "LIST [FILTERBY MODULE <name>|ACLCAT <category>|PATTERN <pattern>]",
            "    List the names of commands and subcommands.",
            "INFO [<command-name> ...]",
            "    Describe commands to programs; without names, all of them.",
            "DOCS [<command-name> ...]",
            "    Explain commands to people; without names, all of them.",
            "GETKEYS <full-command>",
            "    Pick the keys out of a full command.",
            "GETKEYSANDFLAGS <full-command>",
            "    Pick the keys out of a full command and tell how each is used.",
        ],
    );
    Ok(Outcome::Done)
}
