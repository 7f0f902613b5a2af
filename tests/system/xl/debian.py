# SPDX-License-Identifier: MIT
"""Debian 12 with systemd and its packages of the toolstack as Dom0: its own start of the daemons, then some of xl's commands."""

import io
import os
import subprocess
import sys
import tarfile

from commands import SHORT, script
from harness import BUILD, ROOT, built
from linux import boot_linux, contents, stored, tar

sys.path.append(os.path.join(ROOT, 'dom0', 'image'))
import debs

# Debian's xenconsoled keeps no logs: `xl console` does, of whatever lin is there.
START = '''
log=/tmp/lin.log
mkfifo /tmp/silence
exec 7<>/tmp/silence
(while :; do xl console lin <&7 >>$log 2>/dev/null; sleep 1; done) &
'''

STEPS = [
    ('started by systemd', 'systemctl is-active xen; pgrep -c xenstored; pgrep -c xenconsoled', 'text'),
    ('Domain-0 is named', 'xenstore-read /local/domain/0/name', 'text'),
] + SHORT + [
    ('daemons are the same', 'systemctl is-active xen; pgrep -c xenstored; pgrep -c xenconsoled; systemctl --failed --plain --no-legend', 'text'),
]


def boot(hv, _many, watch):
    """Logs in at hvc0 and runs the script, which is in an archive on the second disk."""
    folder = os.path.join(BUILD, 'dom0', 'debian-xl')
    text = script(STEPS, start=START).replace('\nexit 0\n', '\necho\necho PX-STATUS: 0\npoweroff\n')
    files = {'test.sh': text.encode(), 'vmlinuz': contents(built('dom0/vmlinuz')), 'hello.elf': contents(built('pvguest/hello.elf')),
             'busybox': busybox()}
    path = stored(f'xl-debian-{hv}.tar', lambda: tar({'px/' + name: data for name, data in files.items()}))
    drives = []
    for n, (file, snapshot) in enumerate(((os.path.join(folder, 'root.ext4'), 'on'), (path, 'off'))):
        drives += ['-drive', f'if=none,format=raw,snapshot={snapshot},id=d{n},file={file}', '-device', f'virtio-blk-pci,drive=d{n}']
    feed = [(r'^Debian GNU/Linux 12 \S+ hvc0', b'root\n'),
            (r'Debian 12 as Dom0', b'stty -echo; dmesg -n 1; tar -C / -xf /dev/vdb; bash /px/test.sh\n')]
    return boot_linux(os.path.join(folder, 'initrd'), 'root=LABEL=dom0 ro quiet', kernel=os.path.join(folder, 'vmlinuz'), hv=hv,
                      dom0_mem=1024, mem=2048, timeout=900, hv_args='loglvl=error', watch=watch, extra=drives, feed=feed)


def busybox():
    files = subprocess.run(['dpkg-deb', '--fsys-tarfile', debs.fetch(['busybox-static'])[0]], check=True, stdout=subprocess.PIPE)
    with tarfile.open(fileobj=io.BytesIO(files.stdout)) as archive:
        return next(archive.extractfile(entry).read() for entry in archive if entry.name.endswith('bin/busybox'))
