#!/bin/sh
# SPDX-License-Identifier: MIT
# A guest that floods and breaks its ring of the store: one beside it goes on at a fair part of its pace, and the quotas hold.
. /root/start.sh
. /root/storeguests.sh
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
