# SPDX-License-Identifier: MIT
"""pxconsoled, with pxstored and pxl: what guests print is complete and kept, and no guest can hurt another by its console.

Claim: [LOG-2], since the daemon reads the hypervisor's log only when that has rung.
"""

from harness import built, cases, expect, expect_healthy, expect_none, fail
from linux import boot_linux, contents, expect_well, script_image

LINES = 3000  # about 100 KiB: more than a ring, and more than what is kept of a dead domain

SCRIPT = r'''
cd /px
syslogd -O /tmp/syslog
logs=/var/log/pxl/console
fail() { echo "console: FAILED: $*"; exit 1; }
# until SECONDS COMMAND...: waits for it to be true.
until_true() {
    n=$1; shift
    while ! "$@" >/dev/null 2>&1; do
        n=$((n - 1)); [ $n -gt 0 ] || return 1
        sleep 1
    done
}
create() { # NAME CMDLINE [OPTION]
    printf 'name = "%s"\nkernel = "/px/talker.elf"\nmemory = 8\ncmdline = "%s"\non_poweroff = "preserve"\n' "$1" "$2" >$1.cfg
    pxl create -q $3 $1.cfg || fail "create $1"
}
ended() { pxl list | grep -q "^$1 .* ---s--\|^$1 .* -b-s--"; }
gone() { ! pxl domid $1; }
complete() { # FILE N: it has the lines 1 to N, in order, and nothing else
    awk -v n=$2 '$3 != sprintf("%06d", NR) { bad = 1 } END { exit bad || NR != n }' $1
}

# 1. A guest that is gone in its first millisecond: the log, history and memory of the dead have all of it.
create quick "lines 20"
until_true 30 ended quick || fail "quick has not ended"
pxl destroy quick
until_true 10 gone quick
complete $logs/quick.log 20 || fail "the log of quick: $(cat $logs/quick.log)"
pxl console --dead quick | complete - 20 || fail "the dead of quick: $(pxl console --dead quick)"
pxl console --dead nobody 2>/dev/null && fail "somebody dead whom nobody knew"
echo "console: quick is complete"

# 2. One that prints more than all buffers hold.
create chatty "lines LINES"
until_true 120 ended chatty || fail "chatty has not ended"
complete $logs/chatty.log LINES || fail "the log of chatty: $(wc $logs/chatty.log) $(tail -n 1 $logs/chatty.log)"
pxl destroy chatty
until_true 10 gone chatty
[ "$(pxl console --dead chatty | wc -c)" = 65536 ] || fail "not 64 KiB of chatty"
[ "$(pxl console --dead chatty | tail -n 1 | tr -d '\r')" = "$(tail -n 1 $logs/chatty.log | tr -d '\r')" ] || fail "the end of chatty"
echo "console: chatty is complete"

# 3. Typing, by the socket and by the pseudo-terminal.
create echo echo
until_true 30 grep -q listens $logs/echo.log || fail "echo does not listen: $(cat $logs/echo.log)"
mkfifo keys
pxl console echo <keys >shown &
exec 7>keys
printf 'by the socket\n' >&7
until_true 30 grep -q 'heard "by the socket"' shown || fail "socket: $(cat shown)"
grep -q listens shown || fail "no history: $(cat shown)"
tty=$(xenstore-read /local/domain/$(pxl domid echo)/console/tty)
cat $tty >seen &
printf 'by the terminal\n' >$tty
until_true 30 grep -q 'heard "by the terminal"' seen || fail "terminal: $(cat seen)"
until_true 10 grep -q 'heard "by the terminal"' shown || fail "not both: $(cat shown)"
echo "console: typing arrives"

# 4. A flood and a lie beside it: echo goes on as before.
create flood flood
create liar lie
until_true 30 grep -q truth $logs/liar.log || fail "liar is silent"
until_true 30 grep -q liar.*cut.off /tmp/syslog || fail "liar is not cut off: $(cat /tmp/syslog)"
printf 'in the flood\n' >&7
until_true 30 grep -q 'heard "in the flood"' shown || fail "echo is drowned: $(tail -n 3 shown)"
grep -c truth $logs/liar.log | grep -qx 1 || fail "liar was read on"
until_true 60 test -e $logs/flood.log.1 || fail "the log of flood does not rotate"
echo "console: flood and lie hurt nobody"
pxl destroy flood
pxl destroy liar
pxl console --dead liar | grep -q truth || fail "the dead of liar"

# 5. Restart: echo's console is taken again, and its log goes on.
kill $(cat /run/pxconsoled.pid)
until_true 10 test ! -d /proc/$(cat /run/pxconsoled.pid)
create orphan "lines 5"
pxconsoled -v --pid-file /run/pxconsoled.pid || fail "pxconsoled does not start again"
until_true 30 complete $logs/orphan.log 5 || fail "the log of orphan: $(cat $logs/orphan.log)"
exec 7>&-
pxl console echo <keys >shown2 &
exec 7>keys
printf 'end\n' >&7
until_true 30 grep -q 'heard "end"' $logs/echo.log || fail "echo after the restart: $(cat $logs/echo.log)"
grep -q listens $logs/echo.log || fail "the log was not appended to"
pxl destroy echo
until_true 10 grep -q 'heard "end"' shown2 || fail "attached after the restart: $(cat shown2)"
echo "console: restart goes on"

# 6. A toolstack that tells the store of the console after the domain was introduced, as xl does.
kill $(cat /run/pxconsoled.pid)
create late "lines 5" -p
keys=/local/domain/$(pxl domid late)/console
port=$(xenstore-read $keys/port)
xenstore-rm $keys/port
pxconsoled -v --pid-file /run/pxconsoled.pid || fail "pxconsoled does not start a third time"
xenstore-exists $keys/tty && fail "a console without a port was taken"
xenstore-write $keys/port $port
until_true 20 xenstore-exists $keys/tty || fail "late was not noticed"
pxl unpause late
until_true 30 complete $logs/late.log 5 || fail "the log of late: $(cat $logs/late.log)"
echo "console: late keys are noticed"

pxconsoled 2>err && fail "two daemons at once"

# 7. The store is restarted: names and terminals of new guests are right as soon as it was found again.
connected() { [ $(grep -c 'connected to the store' /tmp/syslog) -gt $before ]; }
before=$(grep -c 'connected to the store' /tmp/syslog)
kill $(cat /run/pxstored.pid)
until_true 10 test ! -d /proc/$(cat /run/pxstored.pid)
pxstored --pid-file /run/pxstored.pid || fail "pxstored does not start again"
until_true 20 connected || fail "the new store was not found: $(cat /tmp/syslog)"
create again "lines 5"
until_true 30 complete $logs/again.log 5 || fail "the log of again: $(ls $logs)"
echo "console: a new store is found"
grep -q '(PHX)\|(XEN)' $logs/hypervisor.log || fail "no log of the hypervisor"
lines=$(wc -l <$logs/hypervisor.log)
pxl debug-keys h
grown() { [ $(wc -l <$logs/hypervisor.log) -gt $((lines + 5)) ]; }
until_true 5 grown || fail "no news of the hypervisor's log"
'''


@cases(('philoxen',), ('xen',))
def test_pxconsoled(hv):
    image = script_image(f'pxconsoled-{hv}', SCRIPT.replace('LINES', str(LINES)),
                         {'talker.elf': contents(built('system/talker.elf'))}, base='dom0/pxl.img')
    m = boot_linux(image, 'px.script=/px/test.sh', hv=hv, mem=1024)
    expect_none(m, r'console: FAILED')
    for words in ('quick is complete', 'chatty is complete', 'typing arrives', 'flood and lie hurt nobody', 'restart goes on',
                  'late keys are noticed', 'a new store is found'):
        expect(m, f'^console: {words}')
    expect(m, r'^PX-STATUS: 0')
    if hv == 'philoxen':
        expect_well(m)
    else:
        expect_healthy(m)
        expect(m, r'reboot: Power down')
