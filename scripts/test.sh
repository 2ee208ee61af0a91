#!/usr/bin/env bash
# Everything that must hold: form, lints, documentation, tests. Installs what is missing when it may.
#
# The tests compare with Debian's redis-server, let its Sentinels watch, and drive servers with redis-cli. With
# REPLIS_SKIP_REAL_REDIS=1 they do without. Arguments go to the test runner: scripts/test.sh seed_document
#
# Last line: "N passed, N failed". Exit code 0 only when everything held.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

need_to_build
if [ "${REPLIS_SKIP_REAL_REDIS:-}" != 1 ]; then
    need redis-server redis-server redis-cli redis-tools redis-sentinel redis-sentinel
fi
if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
    if command -v rustup >/dev/null 2>&1; then
        rustup component add rustfmt clippy
    else
        need rustfmt rustfmt cargo-clippy rust-clippy
    fi
fi

# The disk that fills up is a tmpfs in a mount namespace of its own, which containers may forbid.
if ! unshare -m true 2>/dev/null && ! unshare -r -m true 2>/dev/null; then
    echo "no mount namespaces can be made here: the tests with a small disk are passed over"
    export REPLIS_SKIP_SMALL_DISK=1
fi

step() { echo "== $*"; }

step rustfmt
cargo fmt --all --check
step clippy
cargo clippy --quiet --all-targets --locked -- -D warnings
step documentation
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --document-private-items --locked

output=$(mktemp)
trap 'rm -f "$output"' EXIT
failed=0
step tests
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --no-fail-fast --locked "$@" 2>&1 | tee "$output" || failed=$?
    cargo test --quiet --doc --locked 2>&1 | tee -a "$output" || failed=$?
else
    cargo test --no-fail-fast --locked "$@" 2>&1 | tee "$output" || failed=$?
fi

# Both runners' summaries, added up: "Summary [..] 9 tests run: 8 passed, 1 failed" and "test result: .. 8 passed; 1 failed".
awk '
    /^ *Summary \[/ || /^test result: / {
        for (i = 2; i <= NF; i++) {
            if ($i ~ /^passed/) passed += $(i - 1)
            if ($i ~ /^failed/) failed += $(i - 1)
            if ($i == "timed") failed += $(i - 1)
        }
    }
    END { printf "%d passed, %d failed\n", passed, failed }
' "$output"
exit "$failed"
