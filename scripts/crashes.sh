#!/usr/bin/env bash
# Kills servers under load, and cuts the power of a disk in memory, far more often than the ordinary tests do.
#
#   scripts/crashes.sh [KILLS, 200 by default for each of three servers] [SEEDS of power cuts, 5000 by default]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
need_to_build
export REPLIS_KILLS=${1:-200} REPLIS_CRASH_SEEDS=0..${2:-5000}
cargo test --locked --test crashes
cargo test --locked --lib crash_tests
