//! Options with rules of their own: lists, pairs, sets of words; and the checks of single texts.
//!
//! Each option is a small module with the three functions of [`Kind::Special`]: `get`, `set`, `rewrite`.

use super::kinds::{one_of, parse_strtoll, path, title_is_valid, utf8};
use super::*;
use crate::base::bytes::quote;
use crate::base::num;
use crate::state::config::{NotifyFlags, OutputLimit, OutputLimits, SavePoint, ShutdownOn};

const WRONG_NUMBER: Reason = Cow::Borrowed("wrong number of arguments");

/// Refuses with a constant text.
fn refuse<T>(reason: &'static str) -> Checked<T> {
    Err(Cow::Borrowed(reason))
}

/// A single empty word stands for no words.
fn none_if_empty<'a, 'b>(words: &'a [&'b [u8]]) -> &'a [&'b [u8]] {
    if let [word] = words
        && word.is_empty()
    {
        return &[];
    }
    words
}

/// "name value", forced when `value` is not the default.
fn simple_line(name: &str, value: Vec<u8>, default: Vec<u8>) -> Lines {
    let force = value != default;
    vec![([name.as_bytes(), b" ", &value].concat(), force)]
}

pub(super) mod bind {
    use super::*;

    /// As many addresses as Redis has room for.
    const MOST: usize = 16;

    pub fn get(config: &Config) -> Vec<u8> {
        config.bind.join(" ").into()
    }

    pub fn set(config: &mut Config, words: &[&[u8]], _: Source) -> Checked<bool> {
        if words.len() > MOST {
            return refuse("Too many bind addresses specified.");
        }
        config.bind = none_if_empty(words).iter().map(|word| utf8(word)).collect::<Result<_, _>>()?;
        Ok(true)
    }

    pub fn rewrite(config: &Config) -> Lines {
        if config.bind == Config::default().bind {
            return Vec::new();
        }
        let addresses = if config.bind.is_empty() { "\"\"".into() } else { config.bind.join(" ") };
        vec![(format!("bind {addresses}").into(), true)]
    }
}

pub(super) mod save {
    use super::*;

    pub fn get(config: &Config) -> Vec<u8> {
        let points: Vec<_> = config.save.iter().map(|p| format!("{} {}", p.seconds, p.changes)).collect();
        points.join(" ").into()
    }

    /// In files the points of several lines add up; the reader of files drops the defaults before the first
    /// one.
    pub fn set(config: &mut Config, words: &[&[u8]], source: Source) -> Checked<bool> {
        const INVALID: Reason = Cow::Borrowed("Invalid save parameters");
        let words = none_if_empty(words);
        let pairs = words.chunks_exact(2);
        if !pairs.remainder().is_empty() {
            return Err(INVALID);
        }
        let points = pairs.map(|pair| {
            let seconds = parse_strtoll(pair[0]).filter(|&s| s >= 1)?;
            let changes = parse_strtoll(pair[1]).filter(|&c| c >= 0)?;
            Some(SavePoint { seconds, changes })
        });
        let points: Vec<SavePoint> = points.collect::<Option<_>>().ok_or(INVALID)?;
        if source == Source::Runtime || points.is_empty() {
            config.save.clear();
        }
        config.save.extend(points);
        Ok(true)
    }

    /// Always written: a file without `save` lines would bring the defaults back.
    pub fn rewrite(config: &Config) -> Lines {
        if config.save.is_empty() {
            return vec![(b"save \"\"".to_vec(), true)];
        }
        config.save.iter().map(|p| (format!("save {} {}", p.seconds, p.changes).into(), true)).collect()
    }
}

pub(super) mod output_limit {
    use super::*;

    fn classes(limits: &OutputLimits) -> [(&'static str, OutputLimit); 3] {
        [("normal", limits.normal), ("slave", limits.replica), ("pubsub", limits.pubsub)]
    }

    pub fn get(config: &Config) -> Vec<u8> {
        let texts = classes(&config.client_output_buffer_limit)
            .map(|(name, l)| format!("{name} {} {} {}", l.hard_bytes, l.soft_bytes, l.soft_seconds));
        texts.join(" ").into()
    }

    /// Groups of class, hard, soft, seconds. Classes that are not named keep their limits.
    pub fn set(config: &mut Config, words: &[&[u8]], _: Source) -> Checked<bool> {
        let groups = words.chunks_exact(4);
        if !groups.remainder().is_empty() {
            return refuse("Wrong number of arguments in buffer limit configuration.");
        }
        let mut limits = config.client_output_buffer_limit;
        for group in groups {
            let class = match group[0].to_ascii_lowercase().as_slice() {
                b"normal" => &mut limits.normal,
                b"slave" | b"replica" => &mut limits.replica,
                b"pubsub" => &mut limits.pubsub,
                _ => return refuse("Invalid client class specified in buffer limit configuration."),
            };
            *class = read(group)
                .ok_or("Error in hard, soft or soft_seconds setting in buffer limit configuration.")?;
        }
        config.client_output_buffer_limit = limits;
        Ok(true)
    }

    fn read(group: &[&[u8]]) -> Option<OutputLimit> {
        let hard_bytes = num::parse_memory(group[1])?;
        let soft_bytes = num::parse_memory(group[2])?;
        let soft_seconds = parse_strtoll(group[3]).filter(|&s| s >= 0)?;
        Some(OutputLimit { hard_bytes, soft_bytes, soft_seconds })
    }

    /// One line a class, `replica` under its new name.
    pub fn rewrite(config: &Config) -> Lines {
        let now = classes(&config.client_output_buffer_limit).into_iter();
        now.zip(classes(&OutputLimits::default()))
            .map(|((name, l), (_, default))| {
                let name = if name == "slave" { "replica" } else { name };
                let (hard, soft) = (format_memory(l.hard_bytes.into()), format_memory(l.soft_bytes.into()));
                let line = format!("client-output-buffer-limit {name} {hard} {soft} {}", l.soft_seconds);
                (line.into(), l != default)
            })
            .collect()
    }
}

pub(super) mod dir {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    pub fn get(config: &Config) -> Vec<u8> {
        config.dir.as_os_str().as_bytes().to_vec()
    }

    /// A relative directory counts from the one set before. Whether it exists is found out by whoever enters
    /// it.
    pub fn set(config: &mut Config, words: &[&[u8]], _: Source) -> Checked<bool> {
        let [word] = words else { return Err(WRONG_NUMBER) };
        config.dir = config.dir.join(path(word));
        Ok(true)
    }

    /// Always written, absolute: where the server is started from next time must not matter.
    pub fn rewrite(config: &Config) -> Lines {
        let mut line = b"dir ".to_vec();
        quote(&mut line, &get(config));
        vec![(line, true)]
    }
}

pub(super) mod replicaof {
    use super::*;

    pub fn get(config: &Config) -> Vec<u8> {
        config.replicaof.as_ref().map_or(Vec::new(), |(host, port)| format!("{host} {port}").into())
    }

    pub fn set(config: &mut Config, words: &[&[u8]], _: Source) -> Checked<bool> {
        let [host, port] = words else { return Err(WRONG_NUMBER) };
        config.replicaof = None;
        if eq_ignore_case(host, b"no") && eq_ignore_case(port, b"one") {
            return Ok(true);
        }
        let port = parse_strtoll(port).and_then(|p| u16::try_from(p).ok()).ok_or("Invalid master port")?;
        config.replicaof = Some((utf8(host)?, port));
        Ok(true)
    }

    /// A master's file has no such line, nor has a cluster node's.
    pub fn rewrite(config: &Config) -> Lines {
        if config.cluster_enabled || config.replicaof.is_none() {
            return Vec::new();
        }
        vec![([b"replicaof ".as_slice(), &get(config)].concat(), true)]
    }
}

pub(super) mod oom_values {
    use super::*;

    pub fn get(config: &Config) -> Vec<u8> {
        config.oom_score_adj_values.map(|v| v.to_string()).join(" ").into()
    }

    pub fn set(config: &mut Config, words: &[&[u8]], _: Source) -> Checked<bool> {
        let [master, replica, child] = words else { return Err(WRONG_NUMBER) };
        let mut values = [0; 3];
        for (value, word) in values.iter_mut().zip([master, replica, child]) {
            let Some(score) = parse_strtoll(word).filter(|v| (-2000..=2000).contains(v)) else {
                return refuse("Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
            };
            *value = score as i32;
        }
        let changed = config.oom_score_adj_values != values;
        config.oom_score_adj_values = values;
        Ok(changed)
    }

    pub fn rewrite(config: &Config) -> Lines {
        simple_line("oom-score-adj-values", get(config), get(&Config::default()))
    }
}

pub(super) mod notify {
    use super::*;

    pub fn get(config: &Config) -> Vec<u8> {
        config.notify_keyspace_events.letters().into()
    }

    pub fn set(config: &mut Config, words: &[&[u8]], _: Source) -> Checked<bool> {
        let [word] = words else { return Err(WRONG_NUMBER) };
        config.notify_keyspace_events =
            NotifyFlags::parse(word).ok_or("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")?;
        Ok(true)
    }

    pub fn rewrite(config: &Config) -> Lines {
        let mut line = b"notify-keyspace-events ".to_vec();
        quote(&mut line, &get(config));
        vec![(line, config.notify_keyspace_events != NotifyFlags(0))]
    }
}

pub(super) mod percentiles {
    use super::*;

    /// At most six digits after the point, no trailing zeros.
    fn trimmed(value: f64) -> String {
        format!("{value:.6}").trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    pub fn get(config: &Config) -> Vec<u8> {
        let texts: Vec<_> = config.latency_tracking_info_percentiles.iter().map(|&p| trimmed(p)).collect();
        texts.join(" ").into()
    }

    pub fn set(config: &mut Config, words: &[&[u8]], _: Source) -> Checked<bool> {
        let mut values = Vec::new();
        for word in none_if_empty(words) {
            let value = num::parse_f64(word).ok_or("Invalid latency-tracking-info-percentiles parameters")?;
            if !(0.0..=100.0).contains(&value) {
                return refuse("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
            }
            values.push(value);
        }
        config.latency_tracking_info_percentiles = values;
        Ok(true)
    }

    /// Always written, as Redis does.
    pub fn rewrite(config: &Config) -> Lines {
        let mut values = get(config);
        if values.is_empty() {
            values = b"\"\"".to_vec();
        }
        vec![([b"latency-tracking-info-percentiles ".as_slice(), &values].concat(), true)]
    }
}

/// The words of `shutdown-on-*` and where each is kept, in the order they are printed.
const SHUTDOWN_WORDS: [&str; 5] = ["default", "save", "nosave", "now", "force"];

fn shutdown_text(on: ShutdownOn) -> Vec<u8> {
    let bits = [on.save, on.nosave, on.now, on.force];
    let words: Vec<&str> =
        SHUTDOWN_WORDS[1..].iter().zip(bits).filter(|(_, bit)| *bit).map(|(w, _)| *w).collect();
    if words.is_empty() { "default".into() } else { words.join(" ").into() }
}

fn read_shutdown(words: &[&[u8]]) -> Result<ShutdownOn, Reason> {
    let mut on = ShutdownOn::default();
    for word in words {
        match word.to_ascii_lowercase().as_slice() {
            b"default" => {}
            b"save" => on.save = true,
            b"nosave" => on.nosave = true,
            b"now" => on.now = true,
            b"force" => on.force = true,
            _ => return Err(one_of(&SHUTDOWN_WORDS)),
        }
    }
    if words.is_empty() {
        return Err(one_of(&SHUTDOWN_WORDS));
    }
    if on.save && on.nosave {
        return refuse("shutdown options SAVE and NOSAVE can't be used simultaneously");
    }
    Ok(on)
}

/// The two signals have the same rules.
macro_rules! shutdown_option {
    ($module:ident, $field:ident, $name:literal) => {
        pub(super) mod $module {
            use super::*;

            pub fn get(config: &Config) -> Vec<u8> {
                shutdown_text(config.$field)
            }

            pub fn set(config: &mut Config, words: &[&[u8]], _: Source) -> Checked<bool> {
                let on = read_shutdown(words)?;
                Ok(std::mem::replace(&mut config.$field, on) != on)
            }

            pub fn rewrite(config: &Config) -> Lines {
                simple_line($name, get(config), b"default".to_vec())
            }
        }
    };
}

shutdown_option!(sigint, shutdown_on_sigint, "shutdown-on-sigint");
shutdown_option!(sigterm, shutdown_on_sigterm, "shutdown-on-sigterm");

/// Defragmentation needs an allocator with hooks for it. A file that asks for it is accepted (a log line
/// tells that nothing comes of it), so that a server starts with the file it had; CONFIG SET refuses as Redis
/// does without such an allocator.
pub(super) fn no_defrag(on: bool, source: Source) -> Checked {
    if !on || source == Source::File {
        return Ok(());
    }
    refuse(
        "Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified \
         Jemalloc like the one shipped by default with the Redis source distribution",
    )
}

fn is_path(name: &[u8]) -> bool {
    name.iter().any(|b| b"/\\".contains(b))
}

pub(super) fn is_dbfilename(name: &[u8]) -> Checked {
    if is_path(name) { refuse("dbfilename can't be a path, just a filename") } else { Ok(()) }
}

pub(super) fn is_appendfilename(name: &[u8]) -> Checked {
    match name {
        b"" => refuse("appendfilename can't be empty"),
        _ if is_path(name) => refuse("appendfilename can't be a path, just a filename"),
        _ => Ok(()),
    }
}

pub(super) fn is_appenddirname(name: &[u8]) -> Checked {
    match name {
        b"" => refuse("appenddirname can't be empty"),
        _ if is_path(name) => refuse("appenddirname can't be a path, just a dirname"),
        _ => Ok(()),
    }
}

pub(super) fn is_hostname(name: &[u8]) -> Checked {
    if name.len() >= 256 {
        return refuse("Hostnames must be less than 256 characters");
    }
    match name.iter().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(b)) {
        true => Ok(()),
        false => refuse("Hostnames may only contain alphanumeric characters, hyphens or dots"),
    }
}

pub(super) fn is_nodename(name: &[u8]) -> Checked {
    match name.iter().any(|b| b"!#$%&()*+:;<>?@[]^{|}~".contains(b)) {
        true => refuse("Announced human node name contained invalid character"),
        false => Ok(()),
    }
}

pub(super) fn is_title(template: &[u8]) -> Checked {
    match std::str::from_utf8(template).is_ok_and(title_is_valid) {
        true => Ok(()),
        false => refuse("template format is invalid or contains unknown variables"),
    }
}
