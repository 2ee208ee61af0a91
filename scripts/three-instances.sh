#!/usr/bin/env bash
# A master and two replicas, end to end: write on the master, read on the replicas, promote one of them.
#
#   scripts/three-instances.sh [--keep] [--server PATH]
#
#   --keep         leave the three running, and say how to reach and stop them
#   --server PATH  use another redis-server than ours (which is built first)
#
# Needs bash. Talks through redis-cli when it is there, else through bash's /dev/tcp.
set -euo pipefail
export LC_ALL=C

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
keep=no
server=
while [ $# -gt 0 ]; do
    case $1 in
    --keep) keep=yes ;;
    --server) server=${2:?--server needs a path}; shift ;;
    *) echo "usage: ${0##*/} [--keep] [--server PATH]" >&2; exit 2 ;;
    esac
    shift
done

if [ -z "$server" ]; then
    . "$root/scripts/setup.sh"
    need_to_build
    echo "== Building"
    cargo build --release --quiet --locked --manifest-path "$root/Cargo.toml"
    server=${CARGO_TARGET_DIR:-$root/target}/release/redis-server
fi
[ -x "$(command -v "$server" || true)" ] || { echo "no such program: $server" >&2; exit 2; }

password=s3cret
export REDISCLI_AUTH=$password
folder=$(mktemp -d "${TMPDIR:-/tmp}/three-instances.XXXXXX")
names=(master replica1 replica2)
ports=()

# ---- talking ----------------------------------------------------------------------------------------------------

if command -v redis-cli >/dev/null 2>&1; then
    # ask PORT COMMAND...: prints the answer as on a terminal.
    ask() { redis-cli -h 127.0.0.1 -p "$1" --no-raw "${@:2}"; }
else
    echo "(no redis-cli here: using /dev/tcp)"
    ask() {
        local port=$1 arg line
        shift
        { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || { echo "Could not connect"; return 1; }
        printf '*2\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n' "${#password}" "$password" >&3
        {
            printf '*%d\r\n' $#
            for arg; do printf '$%d\r\n%s\r\n' "${#arg}" "$arg"; done
        } >&3
        IFS= read -r -t 10 line <&3 || { exec 3>&-; return 1; }
        local plain=no
        [ "${1,,}" = info ] && plain=yes
        show "$plain" ""
        exec 3>&-
    }
    # Reads one reply from the connection and prints it as redis-cli does.
    show() {
        local plain=$1 indent=$2 line body count i
        IFS= read -r -t 10 line <&3 || return 1
        line=${line%$'\r'}
        case $line in
        +*) echo "${line#+}" ;;
        -*) echo "(error) ${line#-}" ;;
        :*) echo "(integer) ${line#:}" ;;
        '$-1' | '*-1') echo "(nil)" ;;
        '$'*)
            IFS= read -r -t 10 -N $((${line#$} + 2)) body <&3 || return 1
            body=${body%$'\r\n'}
            if [ "$plain" = yes ]; then printf '%s' "${body//$'\r'/}"; else echo "\"$body\""; fi
            ;;
        '*0') echo "(empty array)" ;;
        '*'*)
            count=${line#\*}
            for ((i = 1; i <= count; i++)); do
                [ "$i" -eq 1 ] || printf '%s' "$indent"
                printf '%d) ' "$i"
                show no "$indent   "
            done
            ;;
        *) return 1 ;;
        esac
    }
fi

# say PORT COMMAND...: shows the command with its prompt, and the answer.
say() {
    echo "127.0.0.1:$1> ${*:2}"
    ask "$@"
}

# field PORT NAME: one field of INFO replication.
field() {
    local line
    while IFS= read -r line; do
        line=${line%$'\r'}
        [ "${line%%:*}" = "$2" ] && { echo "${line#*:}"; return; }
    done < <(ask "$1" info replication 2>/dev/null)
    return 0
}

# ---- waiting and giving up --------------------------------------------------------------------------------------

fail() {
    echo "FAILED: $*" >&2
    local name
    for name in "${names[@]}"; do
        [ -f "$folder/$name/$name.log" ] || continue
        echo "--- end of $name.log" >&2
        tail -n 20 "$folder/$name/$name.log" >&2
    done
    exit 1
}

# wait_for WHAT COMMAND...: asks again and again until COMMAND succeeds, 30 seconds at most.
wait_for() {
    local what=$1 end=$((SECONDS + 30))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || fail "waited in vain: $what"
        sleep 0.05
    done
}

answers() { [ "$(ask "$1" ping 2>/dev/null)" = PONG ]; }
link_is_up() { [ "$(field "$1" master_link_status)" = up ]; }
# has_online PORT COUNT: the master counts so many replicas, all online.
has_online() {
    local info line count=0
    info=$(ask "$1" info replication)
    while IFS= read -r line; do
        [[ $line == slave*state=online* ]] && count=$((count + 1))
    done <<<"$info"
    [ "$count" -eq "$2" ]
}
reads() { [ "$(ask "$1" get "$2")" = "\"$3\"" ]; }

pid_of() { cat "$folder/$1/$1.pid" 2>/dev/null; }

# Replicas first: a master that ends waits for replicas which are behind.
stop_all() {
    local name pid
    for name in replica2 replica1 master; do
        pid=$(pid_of "$name") || continue
        kill "$pid" 2>/dev/null || continue
        local end=$((SECONDS + 10))
        # The pidfile goes last; the process may stay a zombie for a while.
        while [ -e "$folder/$name/$name.pid" ] && kill -0 "$pid" 2>/dev/null; do
            [ $SECONDS -lt $end ] || { kill -9 "$pid" 2>/dev/null; break; }
            sleep 0.05
        done
    done
}

finish() {
    local code=$?
    if [ "$code" -ne 0 ] || [ "$keep" = no ]; then
        stop_all
        rm -rf "$folder"
    fi
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

# ---- the three --------------------------------------------------------------------------------------------------

# write_config NAME PORT [MASTER_PORT]
write_config() {
    local dir=$folder/$1
    rm -rf "$dir"
    mkdir "$dir"
    {
        echo "port $2"
        echo "bind 127.0.0.1"
        echo "daemonize yes"
        echo "pidfile $dir/$1.pid"
        echo "logfile $dir/$1.log"
        echo "dbfilename dump-$1.rdb"
        echo "dir $dir"
        echo "requirepass $password"
        echo "masterauth $password"
        echo "repl-diskless-sync-delay 0"
        if [ $# -gt 2 ]; then echo "replicaof 127.0.0.1 $3"; fi
    } >"$dir/$1.conf"
}

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# start_three BASE: 1 when one of the three ports is taken, also when somebody was faster.
start_three() {
    local i name log
    ports=("$1" $(($1 + 1)) $(($1 + 2)))
    for i in 0 1 2; do
        ! port_is_taken "${ports[i]}" || return 1
    done
    write_config master "${ports[0]}"
    write_config replica1 "${ports[1]}" "${ports[0]}"
    write_config replica2 "${ports[2]}" "${ports[0]}"
    for i in 0 1 2; do
        name=${names[i]}
        log=$folder/$name/$name.log
        "$server" "$folder/$name/$name.conf" >/dev/null || grep -q "Address already in use" "$log" ||
            fail "$name did not start"
        wait_for "$name answers" started "$name" "${ports[i]}"
        if grep -q "Address already in use" "$log"; then
            stop_all
            return 1
        fi
    done
}

# It answers, or it has given up for want of its port.
started() {
    grep -q "Address already in use" "$folder/$1/$1.log" 2>/dev/null || { [ -n "$(pid_of "$1")" ] && answers "$2"; }
}

echo "== Starting a master and two replicas in $folder"
base=6379
until start_three "$base"; do
    base=$((base + 10))
    [ "$base" -lt 9000 ] || fail "no three free ports in a row between 6379 and 9000"
done
master=${ports[0]} replica1=${ports[1]} replica2=${ports[2]}
for name in "${names[@]}"; do echo "$folder/$name/$name.conf"; done

echo "== Waiting until both links are up"
wait_for "the link of replica1" link_is_up "$replica1"
wait_for "the link of replica2" link_is_up "$replica2"
wait_for "both replicas are online" has_online "$master" 2

echo "== Writing on the master"
say "$master" set name mildlamb
say "$master" keys '*'

echo "== Reading on both replicas"
for port in "$replica1" "$replica2"; do
    wait_for "the value on port $port" reads "$port" name mildlamb
    say "$port" get name
done

echo "== Writing on a replica is refused"
refusal=$(ask "$replica1" set name wildwolf || true)
echo "127.0.0.1:$replica1> set name wildwolf"
echo "$refusal"
[[ $refusal == "(error) READONLY You can't write against a read only replica."* ]] || fail "the write was not refused"

echo "== INFO replication of all three"
for port in "$master" "$replica1" "$replica2"; do say "$port" info replication; done

echo "== Promoting replica1, hanging replica2 under it"
old_id=$(field "$master" master_replid)
say "$replica1" slaveof no one
[ "$(field "$replica1" role)" = master ] || fail "replica1 is no master"
[ "$(field "$replica1" master_replid2)" = "$old_id" ] || fail "the id of the old master got lost"
say "$replica2" slaveof 127.0.0.1 "$replica1"
wait_for "the link of replica2 to replica1" link_is_up "$replica2"
wait_for "replica2 is online under replica1" has_online "$replica1" 1
say "$replica1" info replication
say "$replica1" set name wildwolf
wait_for "the new value on replica2" reads "$replica2" name wildwolf
say "$replica2" get name

if [ "$keep" = yes ]; then
    echo "== Left running"
    for i in 0 1 2; do
        echo "${names[i]}: redis-cli -p ${ports[i]} -a $password   (log: $folder/${names[i]}/${names[i]}.log)"
    done
    echo "To stop them: kill $(pid_of master) $(pid_of replica1) $(pid_of replica2)"
else
    echo "== Stopping"
fi
echo "OK"
