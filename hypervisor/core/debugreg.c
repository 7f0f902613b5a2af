/* SPDX-License-Identifier: MIT */
#include "core/debugreg.h"
#include "core/emulate.h"
#include "core/port.h"
#include "core/pte.h"
#include "lib/errno.h"

#define DR6_RESERVED_0 BIT(12)
#define DR7_RESERVED_0 0xd800ull
#define DR7_RESERVED_1 BIT(10)
#define DR7_GD BIT(13)
#define DR7_TYPE(v, n) ((v) >> (16 + 4 * (n)) & 3)
#define DR7_LEN(v, n) ((v) >> (18 + 4 * (n)) & 3)
#define DR7_TYPE_IO 2

/* A data breakpoint on the hypervisor's own addresses would fire inside it. */
static bool breakpoint_allowed(uint64_t va)
{
    return va < BIT(47) || va >= HV_VIRT_END;
}

static int dr7_set(struct vcpu *v, uint64_t val)
{
    uint64_t io = 0;

    if (val >> 32)
        return -EINVAL;
    val = (val & ~DR7_RESERVED_0) | DR7_RESERVED_1;
    if (val & DR7_GD)
        return -EPERM;
    if (val & DR7_ACTIVE) {
        for (unsigned n = 0; n < 4; n++) {
            if (DR7_TYPE(val, n) != DR7_TYPE_IO)
                continue;
            if (!(v->cr4 & GUEST_CR4_DE))
                return -EPERM;
            io |= val & 3ull << 2 * n;
        }
    }
    v->dr[5] = io;
    v->dr[7] = val & ~io;
    return 0;
}

int debugreg_set(struct vcpu *v, int reg, uint64_t val)
{
    int rc = 0;

    switch (reg) {
    case 0 ... 3:
        if (!breakpoint_allowed(val))
            return -EPERM;
        v->dr[reg] = val;
        break;
    case 4:
        if (v->cr4 & GUEST_CR4_DE)
            return -ENODEV;
        /* fall through */
    case 6:
        if (val >> 32)
            return -EINVAL;
        v->dr[6] = (val & ~DR6_RESERVED_0) | DR6_FIXED_1;
        break;
    case 5:
        if (v->cr4 & GUEST_CR4_DE)
            return -ENODEV;
        /* fall through */
    case 7: rc = dr7_set(v, val); break;
    default: return -ENODEV;
    }
    if (!rc && v == port_current())
        port_load_debug(v);
    return rc;
}

int debugreg_get(const struct vcpu *v, int reg, uint64_t *val)
{
    if (reg < 0 || reg > 7 || ((reg == 4 || reg == 5) && v->cr4 & GUEST_CR4_DE))
        return -ENODEV;
    if (reg == 5 || reg == 7)
        *val = v->dr[7] | v->dr[5] | DR7_RESERVED_1;
    else if (reg == 4 || reg == 6)
        *val = v->dr[6] | DR6_FIXED_1;
    else
        *val = v->dr[reg];
    return 0;
}

uint64_t debugreg_io_hit(const struct vcpu *v, unsigned port, unsigned bytes)
{
    static const uint8_t widths[4] = {1, 2, 8, 4};
    uint64_t hit = 0;

    if (likely(!v->dr[5]) || !(v->cr4 & GUEST_CR4_DE))
        return 0;
    for (unsigned n = 0; n < 4; n++) {
        uint64_t width = widths[DR7_LEN(v->dr[7], n)], start = v->dr[n] & ~(width - 1);

        if (v->dr[5] & 3ull << 2 * n && start < port + bytes && start + width > port)
            hit |= BIT(n);
    }
    return hit;
}
