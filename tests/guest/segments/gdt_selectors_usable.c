/* SPDX-License-Identifier: MIT */
/*
 * Selectors of the guest's own GDT: data in es, a base that fs takes from its descriptor, code that
 * runs. Beyond its pages, in empty entries, and once the GDT is taken away again, they are #GP with
 * the selector.
 */
#include "gdt.h"

static unsigned int read_cs(void)
{
    unsigned int cs;

    asm volatile("mov %%cs, %0" : "=r"(cs));
    return cs;
}

static struct fault load_cs(unsigned int selector)
{
    return TRY_ASM("push %q0\n\t"
                   "lea 1f(%%rip), %%rax\n\t"
                   "push %%rax\n\t"
                   "lretq\n"
                   "1:",
                   :
                   : "r"(selector)
                   : "rax", "memory");
}

TEST("gdt_selectors_usable", "descriptors of set_gdt can be loaded, until it is taken away")
{
    static uint64_t data[2] __attribute__((aligned(16))) = {0x1111, 0x2222};
    uint64_t *gdt = gdt_page(), value = 0;
    struct fault f;

    CHECK_RC(set_gdt_page(gdt, GDT_PAGE_ENTRIES), 0);
    CHECK_RC(set_desc(&gdt[1], DESC_DATA), 0);
    CHECK_RC(set_desc(&gdt[2], DESC_CODE64), 0);
    CHECK_RC(set_desc(&gdt[511], desc_data_at(0x1000)), 0);

    CHECK_NO_FAULT(load_es(SELECTOR(1)));
    CHECK_EQ(read_es(), SELECTOR(1));
    CHECK_NO_FAULT(load_es(SELECTOR(511)));

    /* Traps show it, with RPL 0, and go back to it; a hypercall comes back with the flat one. */
    CHECK_NO_FAULT(load_cs(SELECTOR(2)));
    CHECK_EQ(read_cs(), SELECTOR(2));
    f = TRY_ASM("ud2", :);
    CHECK_FAULT(f, TRAP_UD);
    CHECK_EQ(f.regs.cs, SELECTOR(2) & ~3);
    CHECK_EQ(read_cs(), SELECTOR(2));
    hypercall_xen_version(XENVER_version, NULL);
    CHECK_EQ(read_cs(), FLAT_KERNEL_CS);

    /* A 32-bit base reaches only the lowest 4 GiB: a page there. */
    MUST(map_page(&kernel_aspace, 0x7000000, va_to_mfn(data), PROT_RW));
    CHECK_RC(set_desc(&gdt[3], desc_data_at(0x7000000)), 0);
    CHECK_NO_FAULT(TRY_ASM("mov %0, %%fs", : : "r"((unsigned int)SELECTOR(3))));
    asm volatile("mov %%fs:(%1), %0" : "=r"(value) : "r"((unsigned long)&data[1] & ~PAGE_MASK));
    CHECK_EQ(value, 0x2222);

    f = load_es(SELECTOR(4));
    CHECK_FAULT(f, TRAP_GP);
    CHECK_EQ(f.error_code, SELECTOR(4) & ~3);
    f = load_es(SELECTOR(512));
    CHECK_FAULT(f, TRAP_GP);
    CHECK_EQ(f.error_code, SELECTOR(512) & ~3);

    CHECK_NO_FAULT(load_es(0));
    CHECK_RC(hypercall_set_gdt(NULL, 0), 0);
    f = load_es(SELECTOR(1));
    CHECK_FAULT(f, TRAP_GP);
    CHECK_EQ(f.error_code, SELECTOR(1) & ~3);
}
