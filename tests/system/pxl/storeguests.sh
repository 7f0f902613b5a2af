# SPDX-License-Identifier: MIT
# Sourced by storeload.sh and storeflood.sh: pxstored, and guests that use it without a pause.
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
