# Sourced by the other scripts: finds what they need and installs, by apt-get, what is missing.

# need PROGRAM PACKAGE...: for each pair, makes sure PROGRAM is there. Installs the packages of the missing ones when
# it may (root, or sudo without a password); otherwise says in one line what to install, and returns 1.
need() {
    local missing=() sudo=()
    while [ $# -gt 0 ]; do
        command -v "$1" >/dev/null 2>&1 || missing+=("$2")
        shift 2
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        sudo=(sudo -n)
    fi
    if ! command -v apt-get >/dev/null 2>&1 || { [ ${#sudo[@]} -gt 0 ] && ! sudo -n true 2>/dev/null; }; then
        echo "Please install: ${missing[*]} (Debian: apt-get install ${missing[*]})" >&2
        return 1
    fi
    echo "Installing ${missing[*]}"
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "${missing[@]}" >/dev/null 2>&1 ||
        { "${sudo[@]}" apt-get update -q >/dev/null &&
            "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "${missing[@]}" >/dev/null; } ||
        { echo "Please install: ${missing[*]} (apt-get failed)" >&2; return 1; }
    # Debian starts the servers it installs. Nobody asked for those.
    local service
    for service in redis-server redis-sentinel; do
        case " ${missing[*]} " in
        *" $service "*) "${sudo[@]}" service "$service" stop >/dev/null 2>&1 || true ;;
        esac
    done
}

# What a build takes: cargo, and a C compiler with make for jemalloc.
need_to_build() {
    [ -x "$HOME/.cargo/bin/cargo" ] && PATH="$PATH:$HOME/.cargo/bin"
    if ! command -v cargo >/dev/null 2>&1; then
        echo "Please install Rust with cargo: https://rustup.rs" >&2
        return 1
    fi
    need cc gcc make make
}
