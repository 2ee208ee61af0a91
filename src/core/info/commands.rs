//! INFO about commands and errors: commandstats, errorstats, latencystats.

use crate::base::info::InfoWriter;
use crate::state::latency::Histogram;

use super::View;

/// `# Commandstats`: calls and microseconds of each command that was ever asked for.
pub fn commandstats(info: &mut InfoWriter, view: &mut View<'_>) {
    info.section("Commandstats");
    for command in view.srv.table.all() {
        let stat = &view.srv.command_stats.by_id[usize::from(command.id)];
        if stat.calls == 0 && stat.failed == 0 && stat.rejected == 0 {
            continue;
        }
        let each = if stat.calls == 0 { 0.0 } else { stat.usec as f32 / stat.calls as f32 };
        info.field(
            format_args!("cmdstat_{}", command.name),
            format_args!(
                "calls={},usec={},usec_per_call={each:.2},rejected_calls={},failed_calls={}",
                stat.calls, stat.usec, stat.rejected, stat.failed
            ),
        );
    }
}

/// What a name may hold inside INFO: what would end a field or a line becomes `_`.
fn safe(name: &[u8]) -> String {
    let safe: Vec<u8> = name.iter().map(|b| if b"#:\n\r".contains(b) { b'_' } else { *b }).collect();
    String::from_utf8_lossy(&safe).into_owned()
}

/// `# Errorstats`: error replies by their code.
pub fn errorstats(info: &mut InfoWriter, view: &mut View<'_>) {
    info.section("Errorstats");
    for (code, count) in &view.srv.command_stats.errors {
        info.field(format_args!("errorstat_{}", safe(code)), format_args!("count={count}"));
    }
}

/// A percentile's name: at most six decimals, no zeros at the end.
fn percent_name(percent: f64) -> String {
    format!("{percent:.6}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn percentiles(histogram: &Histogram, wanted: &[f64]) -> String {
    let one =
        |percent: &f64| format!("p{}={:.3}", percent_name(*percent), histogram.percentile(*percent) as f64);
    wanted.iter().map(one).collect::<Vec<_>>().join(",")
}

/// `# Latencystats`: percentiles of each command in microseconds.
pub fn latencystats(info: &mut InfoWriter, view: &mut View<'_>) {
    info.section("Latencystats");
    let config = &view.srv.config;
    if !config.latency_tracking {
        return;
    }
    for command in view.srv.table.all() {
        if let Some(histogram) = &view.srv.command_stats.by_id[usize::from(command.id)].latency {
            info.field(
                format_args!("latency_percentiles_usec_{}", command.name),
                percentiles(histogram, &config.latency_tracking_info_percentiles),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_named_as_configured() {
        let mut histogram = Histogram::default();
        histogram.record(7);
        assert_eq!(percentiles(&histogram, &[0.0, 50.0, 99.9]), "p0=7.000,p50=7.000,p99.9=7.000");
        assert_eq!(percentiles(&histogram, &[]), "");
        assert_eq!(percent_name(100.0), "100");
    }

    #[test]
    fn error_codes_cannot_break_lines() {
        assert_eq!(safe(b"MY:CO#DE\r"), "MY_CO_DE_");
    }
}
