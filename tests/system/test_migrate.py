# SPDX-License-Identifier: MIT
"""A Linux guest moves to this machine itself, twice, while it writes to its memory.

Claims: [DOM-7].
"""

from harness import built, expect
from linux import contents, run_in_linux, script_image

SCRIPT = r'''
mkdir -p /tmp/u/bin /tmp/u/dev /tmp/u/proc /tmp/u/tmp; cp /usr/bin/busybox /px/pages /tmp/u/bin/; chmod 755 /tmp/u/bin/pages
cat >/tmp/u/init <<'E'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t tmpfs tmp /tmp
exec /bin/pages 6
E
chmod 755 /tmp/u/init
(cd /tmp/u && find . | cpio -o -H newc 2>/dev/null) >/tmp/domu.img
cat >/tmp/lin.cfg <<E
name="lin"
kernel="/px/vmlinuz"
ramdisk="/tmp/domu.img"
extra="console=hvc0 quiet"
memory=160
vcpus=2
E
# A domain that has moved keeps the log of the name it was received by.
said() { cat /var/log/xen/guest-lin*.log; }
rounds() { n=$(said | grep -c "pages: .* rounds"); i=0
    while [ $i -lt 90 ] && [ "$(said | grep -c "pages: .* rounds")" -lt $((n + $1)) ]; do sleep 1; i=$((i + 1)); done
    [ $i -lt 90 ]; }
xl create -q /tmp/lin.cfg || exit 1
rounds 2 || { said; exit 1; }
for move in 1 2; do
    xl -vvv migrate -s "" lin "xl migrate-receive" >/tmp/move 2>&1 || { cat /tmp/move; exit 1; }
    tr '\r' '\n' </tmp/move | grep -i "dirty\|frames iteration\|sent\|Migration succ" | tail -20 | sed "s/^/move $move: /"
    rounds 2 || { said | tail -20; xl list; xl vcpu-list lin; exit 1; }
done
said | tail -2
if said | grep "BAD\|panic\|segfault\|Oops"; then exit 1; fi
echo "moved twice: $(said | grep -c 'pages: .* rounds') times 50 rounds"
'''


def test_a_guest_moves_while_it_writes():
    image = script_image('migrate', SCRIPT, base='dom0/xl.img',
                         files={'vmlinuz': contents(built('dom0/vmlinuz')), 'pages': contents(built('system/pages'))})
    m = run_in_linux(image, 'quiet', dom0_mem=1024, mem=2048, timeout=400)
    expect(m, r'move 1: Migration successful')
    expect(m, r'move 2: Migration successful')
    expect(m, r'^moved twice: ')
