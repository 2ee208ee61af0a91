#!/usr/bin/env bash
# Runs one fuzz target: scripts/fuzz.sh TARGET [SECONDS, 3600 by default] [libFuzzer's own options]
#
# Wants cargo-fuzz (`cargo install cargo-fuzz --locked`) and a C++ compiler. The stable tool chain does: coverage
# needs an unstable flag, which RUSTC_BOOTSTRAP allows, and no sanitizer is linked in. What the fuzzer finds worth
# keeping goes to target/fuzz/corpus/TARGET, inputs that fail to target/fuzz/failed/TARGET; the inputs committed
# below tests/fuzz/corpus are read only. To take the gains over: scripts/fuzz.sh TARGET merge
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:?which target? one of: $(cd tests/fuzz/fuzz_targets && echo *.rs | sed 's/\.rs//g')}
seconds=${2:-3600}
shift $(($# < 2 ? $# : 2))

export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$PWD/target/fuzz/build
kept=tests/fuzz/corpus/$target
found=target/fuzz/corpus/$target
failed=target/fuzz/failed/$target
mkdir -p "$kept" "$found" "$failed"
run() { nice -n 19 cargo fuzz run --fuzz-dir tests/fuzz --sanitizer none "$target" "$@"; }
common=(-timeout=20 -rss_limit_mb=2048 "-artifact_prefix=$failed/")

if [ "$seconds" = merge ]; then
    # The smallest set of inputs that reaches what all of them reach, the committed ones first.
    run "$kept" "$found" -- -merge=1 "${common[@]}" "$@"
else
    run "$found" "$kept" -- "-max_total_time=$seconds" -max_len=4096 -print_final_stats=1 "${common[@]}" "$@"
fi
