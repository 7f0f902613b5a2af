# SPDX-License-Identifier: MIT
"""A guest with AVX whose threads hold values in all registers while xl saves, restores and migrates it."""

from commands import script
from harness import built
from linux import boot_linux, contents, script_image

START = r'''
cp /px/fpu /tmp/u/bin/
cat >/tmp/u/init <<'E'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
echo "domu: avx $(/bin/busybox grep -cw avx /proc/cpuinfo)"
while :; do
    echo "domu: begins"
    /bin/fpu 25 3 || echo "domu: registers were lost"
done
E
(cd /tmp/u && find . | cpio -o -H newc 2>/dev/null) >/tmp/vectors.img
sed -i 's/domu.img/vectors.img/; s/vcpus=2/vcpus=1/' /tmp/lin.cfg
verdict() { said 'fpu: .*they were'; grep -E 'lost|fpu: ' $log | sed 's/[0-9]* rounds/N rounds/' | sort -u; }
'''

STEPS = [
    ('Dom0 has AVX', 'grep -cw avx /proc/cpuinfo', 'text'),
    ('create', 'xl create -q /tmp/lin.cfg; heard "domu: begins"; grep "domu: avx" $log', 'text'),
    ('save', 'sleep 5; xl save lin /tmp/save >/dev/null 2>&1; test -s /tmp/save; echo $?; xl list', 'text'),
    ('restore', 'xl restore /tmp/save >/dev/null 2>&1; verdict', 'text'),
    ('migrate localhost', 'xl migrate -s "" lin "xl migrate-receive" 2>&1 | grep "^Migration"; verdict', 'text'),
    ('destroy', 'xl destroy lin; xl list', 'text'),
]


def boot(hv, _many, watch):
    files = {'vmlinuz': contents(built('dom0/vmlinuz')), 'hello.elf': contents(built('pvguest/hello.elf')),
             'fpu': contents(built('system/fpu'))}
    image = script_image(f'xl-vectors-{hv}', script(STEPS, start=START), base='dom0/xl.img', files=files)
    # QEMU lets AVX instructions pass where CR0.TS asks for #NM, by which Xen would find out who uses the registers.
    eager = ' spec-ctrl=eager-fpu' if hv == 'xen' else ''
    return boot_linux(image, 'px.script=/px/test.sh quiet', hv=hv, dom0_mem=1024, mem=2048, timeout=900, cpu='max,-smap',
                      hv_args='loglvl=error' + eager, watch=watch)
