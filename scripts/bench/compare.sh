#!/usr/bin/env bash
# Our release build beside Debian's redis-server, as ratios of medians, as a Markdown table.
#
#     scripts/bench/compare.sh [--quick] [--rounds N] [--seconds S] [--ours PATH] [--real PATH] [--out FILE]
#
# Builds the release binary (unless --ours names one), installs redis-server and redis-tools where they are missing and
# that is allowed, and hands over to measure.py. --quick takes about a minute and proves little.
set -euo pipefail
cd "$(dirname "$0")/../.."

ours="" real="" pass=()
while (($#)); do
    case $1 in
        --ours) ours=${2:?}; shift 2 ;;
        --real) real=${2:?}; shift 2 ;;
        --rounds | --seconds | --out | --keys) pass+=("$1" "${2:?}"); shift 2 ;;
        --quick) pass+=("$1"); shift ;;
        *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done

# Programs that must be there, and the package each comes from.
missing=()
command -v redis-benchmark >/dev/null || missing+=(redis-tools)
[[ -n $real ]] || command -v redis-server >/dev/null || missing+=(redis-server)
command -v python3 >/dev/null || missing+=(python3)
if ((${#missing[@]})); then
    if ((EUID == 0)); then
        apt-get install -y "${missing[@]}" >&2
    elif sudo -n true 2>/dev/null; then
        sudo -n apt-get install -y "${missing[@]}" >&2
    else
        echo "please install: ${missing[*]} (apt-get install ${missing[*]})" >&2
        exit 1
    fi
fi
if [[ -z $ours ]]; then
    cargo build --release --bin redis-server >&2
    ours=${CARGO_TARGET_DIR:-target}/release/redis-server
fi
exec python3 scripts/bench/measure.py --ours "$ours" --real "${real:-$(command -v redis-server)}" "${pass[@]}"
