/* SPDX-License-Identifier: MIT */
/*
 * console_io(cmd, count, buffer): any guest may write (its lines are tagged); only the control domain reads.
 * Errors: -EFAULT, -EPERM, -ENOSYS. Write answers 0, read the number of bytes.
 */
#include "core/console.h"
#include "core/sched.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include <xen/xen.h>

#define CHUNK 128

static long console_write(struct vcpu *v, uint64_t count, gva_t buf)
{
    char text[CHUNK];

    while (count) {
        size_t n = min(count, (uint64_t)CHUNK), done;
        int rc = door_in(v, text, buf, n);

        if (rc)
            return rc;
        done = console_guest_write(v->domain, text, n);
        count -= done;
        buf += done;
        if (done < n)
            vcpu_yield(v); /* the line is slower: others may have the CPU meanwhile */
        if (count && (done < n || port_preempt_pending()))
            return hypercall_restart(v, CONSOLEIO_write, count, buf, 0, 0);
    }
    return 0;
}

static long console_read_out(struct vcpu *v, uint64_t count, gva_t buf)
{
    char text[CHUNK];
    uint64_t done = 0;

    if (!v->domain->privileged)
        return refuse(v->domain, EPERM, NOT_PRIVILEGED, 0, 0, 0);
    if (count > INT32_MAX)
        return refuse(v->domain, E2BIG, BAD_POINTER, buf, count, 0);
    while (done < count) {
        size_t n = console_read(text, min(count - done, (uint64_t)CHUNK));

        if (!n)
            break;
        if (door_out(v, buf + done, text, n))
            return -EFAULT;
        done += n;
    }
    return (long)done;
}

long hc_console_io(struct vcpu *v, uint64_t cmd, uint64_t count, uint64_t buf, uint64_t a4, uint64_t a5)
{
    (void)a4, (void)a5;
    v->hc_sub = (uint32_t)cmd;
    count = (uint32_t)count;
    switch ((uint32_t)cmd) {
    case CONSOLEIO_write:
        return console_write(v, count, buf);
    case CONSOLEIO_read:
        return console_read_out(v, count, buf);
    default:
        return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, cmd, 0, 0);
    }
}
