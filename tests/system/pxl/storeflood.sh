#!/bin/sh
# SPDX-License-Identifier: MIT
# A guest that floods and breaks its ring of the store: one beside it goes on at a fair part of its pace, and the quotas hold.
. /root/start.sh
pxstored --pid-file /run/pxstored.pid || bad pxstored
until_true 10 xenstore-write /local/domain/0/name Domain-0 /local/domain/0/domid 0 || bad store
pxconsoled
pxl keeper -d
cd /root
create() { printf 'name = "%s"\nkernel = "/root/%s.elf"\nmemory = 8\non_poweroff = "preserve"\n' "$1" "$2" >$1.cfg; pxl create -q $1.cfg || bad "create $1"; }
# The daemon may just not be there: then it is asked again.
get() { value=; while ! value=$(xenstore-read "$1" 2>/dev/null); do usleep 20000; done; echo "$value"; }
rounds() { get /local/domain/$1/data/n; }
works() { a=$(rounds $1); usleep 300000; [ "$(rounds $1)" -gt "$a" ]; }
console_has() { pxl why --json "$1" | grep -q "$2"; }
audited() { xenstore-control check | grep -q '^0 errors' && ok $1 || bad "$1: $(xenstore-control check)"; }
# NAME NUMBER: it stops, and says that nothing was wrong.
well() {
    xenstore-write /local/domain/$2/data/stop 1
    until_true 20 console_has $1 'storeload: ' || bad "$1 does not end: $(pxl why $1)"
    console_has $1 'rounds, 0 bad' && ok $1_well || bad "$1: $(pxl why $1)"
    pxl why $1 | grep 'storeload: '
}
create load storeload
id=$(pxl domid load)
until_true 20 works $id && ok guest_begins || bad "guest_begins: $(pxl why load)"
# Rounds in five seconds.
pace() { a=$(rounds $id); sleep 5; b=$(rounds $id); echo $((b - a)); }
alone=$(pace)
create flood storeflood
flood=$(pxl domid flood)
until_true 100 console_has flood 'flood: all done' && ok flood_ends || bad "flood_ends: $(pxl why flood)"
flooded=$(pace)
pxl why flood | grep 'flood: '
# Both share the daemon and the processor.
[ $((flooded * 5)) -gt "$alone" ] && ok "pace $flooded of $alone" || bad "pace $flooded of $alone"
pxl why flood | grep -q 'NOT CONNECTED' && bad "connected again: $(pxl why flood)" || ok connected_again
xenstore-control quota $flood
xenstore-control quota $flood | awk '/^nodes/ && $2 > 1000 || /^watches/ && $2 > 128 || /^transactions/ && $2 > 10 { bad = 1 } END { exit bad }' &&
    ok quotas || bad "quotas: $(xenstore-control quota $flood)"
rss=$(awk '/^VmRSS/ { print $2 }' /proc/$(cat /run/pxstored.pid)/status)
[ "$rss" -lt 32768 ] && ok "memory $rss KiB" || bad "memory $rss"
pxl destroy flood
audited check
xenstore-ls /local/domain/$flood 2>/dev/null && bad left || ok nothing_left
well load $id
echo "pxl-test: end"
