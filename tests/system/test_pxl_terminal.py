# SPDX-License-Identifier: MIT
"""What a person types in Dom0: a guest's console that is attached at its creation and later, left and ended; and pxl top."""

from harness import FULL, Failure, Skip, cases
from test_dom0 import PROMPT, terminal

GUEST_PROMPT = r'domu:\S+# '


@cases(('philoxen',), ('xen',))
def test_pxl_at_a_terminal(hv):
    if not FULL:
        raise Skip('FULL=1')
    with terminal('--hv', hv, '--dom0', 'pxl') as t:
        t.find(PROMPT, 240)
        t.type('pxl create -c linux.cfg\n')
        t.find(GUEST_PROMPT, 120)
        t.type('echo sum $((20 + 22)); tty\n')
        t.find(r'^sum 42\n/dev/hvc0\n', 20)
        t.find(GUEST_PROMPT, 20)
        t.type('\x1d')
        t.find(PROMPT, 20)
        # What was printed before is shown again, and typing goes on where it was.
        t.type('pxl console linux\n')
        t.find(r'^sum 42\n', 20)
        t.find(GUEST_PROMPT, 20)
        t.type('echo ready; cat\n')
        t.find(r'^ready\n', 20)
        t.type('line for line\n')
        t.find(r'^line for line\nline for line\n', 20)
        t.type('\x03')
        t.find(GUEST_PROMPT, 20)
        t.type('echo after $((1 + 1))\n')
        t.find(r'^after 2\n', 20)
        t.type('\x1d')
        t.find(PROMPT, 20)
        t.type('pxl top -d 1\n')
        t.find(r'NAME +ID +STATE +CPU', 20)
        t.find(r'^linux +1 ', 20)
        t.find(r'^linux +1 ', 20)
        t.type('q')
        t.find(PROMPT, 20)
        t.type('stty -a | grep -o " icanon"; pxl console linux\n')
        t.find(r'^ icanon\n', 20)
        t.find(r'^after 2\n', 20)
        t.type('exit\n')
        t.find(r'reboot: System halted', 60)  # a guest has no power to switch off
        t.find(PROMPT, 20)
        t.type('pxl create -c pvguest.cfg name=short kernel=/root/hello.elf on_poweroff=destroy\n')
        t.find(r'[Hh]ello', 20)
        t.find(PROMPT, 20)
        t.type('exit\n')
        t.find(r'reboot: Power down', 60)
        if t.ended(30):
            raise Failure(f'QEMU failed\n{t.last_lines()}')
