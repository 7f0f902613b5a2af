/* SPDX-License-Identifier: MIT */
/*
 * Descriptors with any bits: what is accepted cannot get a guest into ring 0 or to a system segment,
 * and accepting is stable: a descriptor that was made safe is accepted again as it is.
 *
 * LINK: core/segdesc.c
 */
#include "core/pagetype.h"
#include "core/segdesc.h"
#include <stdlib.h>
#include <string.h>

#define CHECK(c)                                                                                   \
    do {                                                                                           \
        if (!(c))                                                                                  \
            abort();                                                                               \
    } while (0)

/* Of core/segdesc.c only the checks are called; these are behind the rest. */
#define WEAK __attribute__((weak))
WEAK uint8_t *directmap;
WEAK uint64_t max_mfn;
WEAK struct frame *frame_table;

WEAK int frame_and_type_get(struct domain *d, mfn_t m, uint32_t type, bool may_preempt)
{
    (void)d, (void)m, (void)type, (void)may_preempt;
    abort();
}

WEAK void frame_and_type_put(struct domain *d, struct frame *f)
{
    (void)d, (void)f;
    abort();
}

WEAK uint64_t *entry_of_va(mfn_t l4, gva_t va, mfn_t *l1)
{
    (void)l4, (void)va, (void)l1;
    abort();
}

WEAK void port_load_gdt(struct vcpu *v)
{
    (void)v;
    abort();
}

WEAK void port_load_ldt(struct vcpu *v)
{
    (void)v;
    abort();
}

WEAK enum emul_result emul_fault(struct vcpu *v, uint8_t vector, bool has_error, uint32_t error)
{
    (void)v, (void)vector, (void)has_error, (void)error;
    abort();
}

WEAK enum emul_result emul_page_fault(struct vcpu *v, uint64_t va, uint32_t error)
{
    (void)v, (void)va, (void)error;
    abort();
}

WEAK int refuse_at(struct domain *d, int err, enum reason r, uint64_t a, uint64_t b, uint64_t c)
{
    (void)d, (void)r, (void)a, (void)b, (void)c;
    return -err;
}

static void check_safe(uint64_t desc)
{
    bool present = desc >> 47 & 1, system = !(desc >> 44 & 1);
    unsigned dpl = desc >> 45 & 3, type = desc >> 40 & 15, sel = desc >> 16 & 0xffff;

    if (!present)
        return;
    if (!system) {
        CHECK(dpl == 3);
    } else if (type) {
        CHECK(type == 12 && dpl == 0); /* a gate that ring 3 cannot pass */
        CHECK((sel & 3) == 3 && (sel & 4 || sel < 0xe000 || sel == 0xe033));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct domain d;
    static uint64_t page[512];
    uint64_t desc, again;

    for (; size >= 8; data += 8, size -= 8) {
        memcpy(&desc, data, 8);
        if (!segdesc_valid(&desc))
            continue;
        check_safe(desc);
        again = desc;
        CHECK(segdesc_valid(&again) && again == desc);
    }
    memset(page, 0, sizeof(page));
    page[511] = desc = size ? data[0] * 0x0101010101010101ull : 0;
    if (segdesc_page_valid(&d, page))
        for (unsigned i = 0; i < 512; i++)
            check_safe(page[i]);
    else
        CHECK(!segdesc_valid(&desc));
    return 0;
}
