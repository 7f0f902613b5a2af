# SPDX-License-Identifier: MIT
# Sourced in Dom0 by the tests of pxl: daemons, and guests to work with. Each check prints one line, `ok NAME` or `BAD NAME`
# with what it saw, so that one boot tells of all.
modprobe -a xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xen-blkback xen-netback loop 2>/dev/null
mountpoint -q /proc/xen || mount -t xenfs xenfs /proc/xen
mkdir -p /run/xenstored /run/xen /var/log/xen/console /var/lib/xenstored /var/lib/xen
bin=/usr/lib/xen-4.17/bin
xl=$bin/xl

until_true() { # SECONDS COMMAND...
    tries=$(($1 * 10))
    shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        usleep 100000
    done
}

ok() { echo "ok $1"; }
bad() { echo "BAD $*" | head -c 700; echo; }

# NAME STATUS PATTERN COMMAND...: its exit status, and a line of its output that matches. JSON is shown: test_pxl.py compares it
# with the documented form.
check() {
    name=$1 want=$2 pattern=$3
    shift 3
    out=$("$@" 2>&1 </dev/null)
    got=$?
    case " $* " in *" pxl "*"--json "*) printf '%s\n' "$out" | sed -n 's/^{"command"/JSON &/p' ;; esac
    if [ $got = "$want" ] && echo "$out" | grep -Eq -- "$pattern"; then ok "$name"; else bad "$name: status $got of $*: $out"; fi
}

state() { pxl list "$1" | { read -r _; read -r _ _ _ _ state _ && echo "$state"; }; }
is_state() { [ "$(state "$1")" = "$2" ]; }
gone() { ! pxl domid "$1"; }

cat >/root/sleep.cfg <<END
name = "sleep"
kernel = "/root/sleep.elf"
memory = 8
END
