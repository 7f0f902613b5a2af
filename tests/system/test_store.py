# SPDX-License-Identifier: MIT
"""Debian's xl, xenconsoled and xenstore-utils with pxstored in xenstored's place, on Philoxen and on Debian's Xen."""

from harness import HELLO, built, cases, expect, expect_none
from linux import archive, boot_linux, contents, stored

SCRIPT = r'''
bin=/usr/lib/xen-4.17/bin
fail() { echo "STORE: $*"; exit 1; }
daemon() { cat /run/xenstored.pid; }
# The daemon writes its number when clients can connect.
start() { rm -f /run/xenstored.pid; $bin/xenstored --pid-file /run/xenstored.pid; n=0
    until [ -s /run/xenstored.pid ]; do n=$((n + 1)); [ $n -lt 100 ] || fail 'no daemon'; sleep 0.1; done; }
# A restart, other than HUP, ends the connections of Dom0's programs: this one does not connect again.
console() { kill "$(cat /run/xenconsoled.pid)" 2>/dev/null; $bin/xenconsoled --pid-file /run/xenconsoled.pid; }
gone() { n=0; while kill -0 "$1" 2>/dev/null; do n=$((n + 1)); [ $n -lt 100 ] || fail "$1 does not end"; sleep 0.1; done; }
listed() { xl list | grep -q "^$1 .*[0-9] "; }
$bin/xenstored --help | grep -q pxstored || fail 'not pxstored'
xenstore-control check | grep -q '^0 errors' || fail 'check'
printf 'type="pv"\nkernel="/px/hello.elf"\nmemory=16\n' >/tmp/guest.cfg

xl create -p /tmp/guest.cfg name=\"one\" || fail 'create'
listed one || fail 'list'
id=$(xl domid one)
[ "$(xenstore-read /local/domain/$id/name)" = one ] || fail 'name'
xenstore-ls -f >/tmp/before
(xenstore-watch /px-watched >/tmp/seen) & watcher=$!
n=0; until [ -s /tmp/seen ]; do n=$((n + 1)); [ $n -lt 100 ] || fail 'no first event'; sleep 0.1; done

old=$(daemon); kill -HUP $old
xenstore-write /px-watched 1 || fail 'write after HUP'
n=0; until [ "$(wc -l </tmp/seen)" -ge 2 ]; do n=$((n + 1)); [ $n -lt 100 ] || fail 'the watch was lost by HUP'; sleep 0.1; done
[ "$(daemon)" = $old ] || fail 'HUP made another process'
xenstore-rm /px-watched
kill $watcher
# xenconsoled hears of this guest through the connection it had before.
xl create -p /tmp/guest.cfg name=\"renewed\" || fail 'create after HUP'
xl destroy renewed || fail 'destroy after HUP'
xenstore-ls -f >/tmp/before

kill $old; gone $old; start; console
xenstore-ls -f >/tmp/after
cmp /tmp/before /tmp/after || fail 'the tree after a restart'
listed one || fail 'list after a restart'
xl create -p /tmp/guest.cfg name=\"two\" || fail 'create after a restart'
xl destroy one || fail 'destroy after a restart'
listed one && fail 'one is still there'
xenstore-ls /local/domain/$id 2>/dev/null && fail 'its nodes are still there'
xl unpause two || fail 'unpause'

old=$(daemon); kill -9 $old; gone $old; start; console
xenstore-write /local/domain/0/name Domain-0
$bin/xen-init-dom0 >/dev/null || fail 'xen-init-dom0'
xl create -p /tmp/guest.cfg name=\"three\" || fail 'create after a kill'
listed three || fail 'list after a kill'
xl destroy three || fail 'destroy after a kill'
xenstore-control check | grep -q '^0 errors' || fail 'check at the end'
echo 'STORE: all well'
'''


def store_image():
    """xl's image, then what replaces files of it: the kernel unpacks both in this order."""
    def make():
        base = contents(built('dom0/xl.img'))
        return base + b'\0' * (-len(base) % 512) + archive({
            'usr/lib/xen-4.17/bin/xenstored': contents(built('dom0/pxstored')),
            'px/test.sh': SCRIPT.encode(), 'px/hello.elf': contents(HELLO)})
    return stored('store.img', make)


@cases(('philoxen',), ('xen',))
def test_store(hv):
    m = boot_linux(store_image(), 'px.script=/px/test.sh', hv=hv, dom0_mem=768, mem=1280)
    expect_none(m, r'STORE: (?!all well)')
    expect(m, r'STORE: all well')
    expect(m, r'^PX-STATUS: 0')
    expect_none(m, r'segfault|\bBUG\b|Call Trace')
