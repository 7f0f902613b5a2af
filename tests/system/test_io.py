# SPDX-License-Identifier: MIT
"""Real input for the back ends: Debian guests with fio, iperf3 and the like, over pxbackd and over the kernel's. `make test-io`."""

import hashlib
import os

from harness import BUILD, FULL, Skip, built, cases, expect, expect_healthy, expect_none, fail
from linux import boot_linux, contents, expect_well, script_image, stored, tar

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'io')


def part(name):
    return contents(os.path.join(HERE, name))


def random_gib():
    """(path, md5) of a GiB of random data, made once."""
    path, sum_path = (os.path.join(BUILD, 'system', name) for name in ('io-random', 'io-random.md5'))
    if not os.path.exists(sum_path):
        with open(path, 'wb') as f:
            for _ in range(1024):
                f.write(os.urandom(1 << 20))
        with open(sum_path, 'w', encoding='ascii') as f:
            f.write(md5(path))
    with open(sum_path, encoding='ascii') as f:
        return path, f.read()


def md5(path, mib=1024):
    total = hashlib.md5()
    with open(path, 'rb') as f:
        for _ in range(mib):
            total.update(f.read(1 << 20))
    return total.hexdigest()


def empty(name, mib):
    """A disk's file without contents."""
    path = stored(name, lambda: b'')
    os.truncate(path, mib << 20)
    return path


def drives(paths):
    """QEMU's options for disks, vda first: (path, 'keep' or 'forget' what is written, 'read')."""
    words = []
    for n, (path, how) in enumerate(paths):
        option = {'keep': '', 'forget': ',snapshot=on', 'read': ',readonly=on'}[how]
        words += ['-drive', f'if=none,format=raw,id=d{n},file={path}{option}', '-device', f'virtio-blk-pci,drive=d{n}']
    return words


def skip_short():
    """Before anything is made for the case."""
    if not FULL or not os.path.exists(os.path.join(BUILD, 'dom0/debian-io/root.ext4')):
        raise Skip('make test-io')


def run(name, hv, script, files=None, base='dom0/pxl.img', well=expect_well, **options):
    text = (part('dom0.sh') + part(script)).decode()
    m = boot_linux(script_image(f'{name}-{hv}', text, files, base=base), 'px.script=/px/test.sh quiet', hv=hv, **options)
    expect(m, r'^PX-STATUS: 0')
    expect_none(m, r'^io: ')
    if hv == 'philoxen':
        well(m)
    return m


@cases(('philoxen',), ('xen',))
def test_io_of_debian_guests(hv):
    skip_short()
    root = (built('dom0/debian-io/root.ext4'), 'forget')
    netload = contents(built('system/netload'))
    guest = stored('io-guest.tar', lambda: tar({'px/guest.sh': part('guest.sh'), 'px/netload': netload}))
    source, total = random_gib()
    copies = [empty(f'io-copy-{hv}-{guest}', 1024) for guest in ('d1', 'd2')]
    other = (empty('io-empty', 1024), 'forget')
    disks = drives([root, root, root, (copies[0], 'keep'), (copies[1], 'keep'), (guest, 'read'), (source, 'read'), other, other])
    # Xen with two processors that share this machine's with others spends half of their time waiting for its run queue's lock.
    m = run('io-debian', hv, 'debian.sh', {'netload': netload}, smp=1 if hv == 'xen' else 2, dom0_mem=1024, mem=2304,
            timeout=2400, extra=disks)
    for guest, copy in zip(('d1', 'd2'), copies):
        expect(m, rf'^{guest} is at its login')
        expect(m, rf'^{guest} copy: copied {total}')
        if md5(copy) != total:
            fail(m, f'{copy} is not what was copied')
        os.unlink(copy)
        expect(m, rf'^{guest} files: files are the same')
        expect(m, rf'^{guest} fio: fio: ')
        expect(m, rf'^{guest} ping: \d\d\d sizes of ping')
        expect(m, rf'^{guest} rates: iperf3 -R: .* [1-9][\d.]* \wbits/sec')
    assert int(expect(m, r'^kills: (\d+)')[1]) >= 3
    expect(m, r'^d1 fetch: fetched ' + expect(m, r'^dom0 offers: (\w+)')[1])
    expect(m, r'^d2 cross: fetched ' + expect(m, r'^d1 offer: offers (\w+)')[1])
    expect(m, r'^dom0 fetched: ' + expect(m, r'^d2 offer: offers (\w+)')[1])


@cases(('philoxen',), ('xen',))
def test_io_of_hostile_back_ends(hv):
    """Whatever a back end does, the guest ends its work with that device, says why, and others serve it."""
    skip_short()
    files = {name: contents(built(path)) for name, path in (('disk.elf', 'pvguest/disk.elf'), ('net.elf', 'pvguest/net.elf'),
             ('cksum', 'system/cksum'), ('tcppeer', 'system/tcppeer'), ('badback', 'system/badback'))}
    m = run('io-hostile', hv, 'hostile.sh', files, smp=2, dom0_mem=512, mem=1024, timeout=600)
    good = expect(m, r'^good is (\d+ \d+)')[1]
    expect(m, rf'^disks: disk \d+: cksum {good}$')
    expect(m, r'^disks: disk: end: good')
    for n in range(9):
        expect(m, rf'^card{n}: net: end: ')
    for what in ('an id beyond all', 'an answer twice', 'a wild index', 'a frame without an end', 'parts beyond their page'):
        expect(m, rf'^badback: {what}: the front end gave up')
    expect(m, r'^tcppeer: good')


@cases(('philoxen',), ('xen',))
def test_io_under_faults(hv):
    """A device that is gone, by force or with its qemu-nbd, is an error to who uses it, and the guest goes on."""
    skip_short()
    files = {'disk.elf': contents(built('pvguest/disk.elf'))}
    m = run('io-faults', hv, 'faults.sh', files, base='dom0/qemu.img', well=expect_healthy, smp=2, dom0_mem=1024, mem=1536,
            timeout=600)
    for disk in ('xvda', 'xvdc'):
        expect(m, rf'^lin: {disk} ends: .*(Input/output error|No such device|No space left)')
    expect(m, r'^lin: xvdb ends: |^lin waits for xvdb')
    expect(m, r'qemu-nbd ended')
    for guest in ('pv-qdisk', 'pv-phy'):
        expect(m, rf'^{guest}: disk: end: (ENODEV|EIO)')
    expect(m, r'^there ' + expect(m, r'^lin: xvdd takes (\w+)')[1])


@cases(('philoxen',), ('xen',))
def test_io_out_of_the_machine(hv):
    """The example guests of `make run`: a disk, the gateway's answers, and a server on this machine."""
    skip_short()
    network = ['-netdev', 'user,id=net0,guestfwd=tcp:10.0.2.100:7-cmd:cat', '-device', 'virtio-net-pci,netdev=net0,romfile=']
    m = run('io-out', hv, 'out.sh', dom0_mem=1024, mem=1536, extra=network)
    expect(m, r'^linux: What the example guest writes here')
    expect(m, r'^linux: 3 packets transmitted, 3 packets received')
    expect(m, r'^linux: 1 packets transmitted, 1 packets received')
    expect(m, r'^linux: out and back')
    expect(m, r'^net: net: 1 MiB to 10.0.2.100:7: good')
    expect(m, r'^net: net: end: good')
