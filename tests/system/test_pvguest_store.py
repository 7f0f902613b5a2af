# SPDX-License-Identifier: MIT
"""pvguest's store client: with pxstored and with Debian's xenstored; the daemon's restart; a guest made by pxl."""

from harness import built, cases, expect, expect_none
from linux import boot_linux, contents, expect_well, script_image

SCRIPT = r'''
cd /root
xenstore-exists /local/domain/0 || exit 1
cat >guest.cfg <<'END'
name = "client"
kernel = "/px/storeclient.elf"
memory = 16
END
pxl create guest.cfg || exit 1
log=/var/log/pxl/console/client.log
n=60
until grep -qs 'store client: ' $log || [ $n = 0 ]; do
    n=$((n - 1))
    sleep 1
done
cat $log
'''


@cases(('philoxen',), ('xen',))
def test_a_pvguest_uses_the_store(hv):
    m = boot_linux(script_image(f'pvstore-{hv}', SCRIPT, {'storeclient.elf': contents(built('system/storeclient.elf'))},
                                base='dom0/pxl.img'), 'px.script=/px/test.sh', hv=hv, mem=1280, dom0_mem=512)
    expect_none(m, r'BAD ')
    expect(m, r'store client: 2\d\d good, 0 bad')
    expect(m, r'reconnect: 0')
    if hv == 'philoxen':
        expect_well(m)
