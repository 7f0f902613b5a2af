/* SPDX-License-Identifier: MIT */
/*
 * A guest that attacks: random hypercalls with bad arguments, operations that look right on frames,
 * ports and grants that are not its own, random page-table entries of all levels, privileged
 * instructions, exceptions and accesses to the hypervisor's memory, then a crash. The random
 * numbers follow from the command line alone; the counts at the end show that attacks got somewhere. What would only stop this guest itself (its own trap table,
 * callbacks, segments, shutdown) is left out until the end.
 */
#include "pvguest.h"

#define ROUNDS 30000u
#define SCRATCH_PAGES 8u

static uint64_t seed = 0x243f6a8885a308d3ull;
static void *pages[SCRATCH_PAGES];
#define TARGETS 4u
static unsigned long target_va[TARGETS];
static uint64_t target_pte[TARGETS]; /* Their entries' machine addresses. */
static uint64_t *ldt;
static unsigned int accepted, refused;
static unsigned long nr_pages; /* start_info itself is one of the victims */

static uint64_t random_word(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* An argument: a small number, a pointer to something, or any bits. */
static unsigned long argument(void)
{
    uint64_t r = random_word();

    switch (r % 10) {
    case 0: return 0;
    case 1: return r >> 60;
    case 2: return (unsigned long)pages[(r >> 8) % SCRATCH_PAGES];
    case 3: return (unsigned long)pages[(r >> 8) % SCRATCH_PAGES] + PAGE_SIZE - 4;
    case 4: return 0xffff800000000000ul + (r >> 24);
    case 5: return 0x0000800000000000ul + (r & 0xfff);
    case 6: return ~0ul - (r >> 52);
    case 7: return (unsigned long)start_info;
    case 8: return 0xffff830000000000ul + (r >> 30);
    default: return random_word();
    }
}

static bool only_hurts_itself(unsigned int nr)
{
    switch (nr) {
    case HYPERCALL_NR_set_trap_table:
    case HYPERCALL_NR_set_gdt:
    case HYPERCALL_NR_stack_switch:
    case HYPERCALL_NR_set_callbacks:
    case HYPERCALL_NR_sched_op_compat:
    case HYPERCALL_NR_update_va_mapping: /* takes its own mappings away */
    case HYPERCALL_NR_memory_op:         /* gives away the memory it runs in */
    case HYPERCALL_NR_multicall:         /* could hold any of these */
    case HYPERCALL_NR_console_io:
    case HYPERCALL_NR_iret:
    case HYPERCALL_NR_vcpu_op:
    case HYPERCALL_NR_set_segment_base:
    case HYPERCALL_NR_sched_op:
    case HYPERCALL_NR_callback_op: return true;
    default: return false;
    }
}

static void attack_hypercall(void)
{
    unsigned int nr = random_word() % 64;

    if (!only_hurts_itself(nr))
        hypercall_raw(nr, argument(), argument(), argument(), argument(), argument());
}

static void count(long rc)
{
    if (rc < 0)
        refused++;
    else
        accepted++;
}

/* One of its own frames, or any of the machine's. */
static unsigned long frame(void)
{
    uint64_t r = random_word();

    return r & 1 ? pfn_to_mfn((r >> 8) % nr_pages) : (r >> 8) % 0x10000;
}

/* Any bits; or a frame that exists with any flags; or with flags that are allowed. */
static uint64_t entry_for(int level)
{
    uint64_t r = random_word(), flags = PROT_RW | (r & PTE_NX);

    if (level == 1 && r % 3)
        flags = (r & PTE_RW) | PROT_RO;
    switch (r % 8) {
    case 0: return random_word();
    case 1: return pte_make(frame(), r & (PTE_NX | 0xfff));
    default: return pte_make(frame(), flags);
    }
}

static void attack_page_table(void)
{
    unsigned int i = random_word() % TARGETS;
    uint64_t value;
    unsigned long va = target_va[i];
    mmu_update_t update = {.ptr = target_pte[i], .val = entry_for(1)};
    long rc;

    if (random_word() % 8 == 0)
        update.ptr |= random_word() % 4;
    rc = hypercall_mmu_update(&update, 1, NULL, DOMID_SELF);
    count(rc);
    if (rc == 0)
        try_read((void *)va, &value);
    hypercall_update_va_mapping(va, random_word(), random_word() & 7);
    hypercall_update_va_mapping(va, 0, UVMF_INVLPG);
}

/* Entries of its L4 that it does not use, the hypervisor's among them, and those below. */
static void attack_upper_table(void)
{
    uint64_t r = random_word(), l4 = (uint64_t)kernel_aspace.l4_mfn << PAGE_SHIFT, value;
    unsigned int slot = r & 1 ? 256 + (r >> 8) % 16 : 300 + (r >> 8) % 4;
    mmu_update_t update = {.ptr = l4 + slot * 8, .val = entry_for(4)};

    count(hypercall_mmu_update(&update, 1, NULL, DOMID_SELF));
    try_read((void *)(0xffff000000000000ul + ((unsigned long)slot << 39)), &value);
    update.val = 0;
    count(hypercall_mmu_update(&update, 1, NULL, DOMID_SELF));
}

static void attack_mmuext(void)
{
    /* Not: other tables to run on, clearing and copying of its own pages. */
    static const unsigned char cmds[] = {
        MMUEXT_PIN_L1_TABLE,      MMUEXT_PIN_L2_TABLE,    MMUEXT_PIN_L3_TABLE,
        MMUEXT_PIN_L4_TABLE,      MMUEXT_UNPIN_TABLE,     MMUEXT_TLB_FLUSH_LOCAL,
        MMUEXT_INVLPG_LOCAL,      MMUEXT_TLB_FLUSH_MULTI, MMUEXT_INVLPG_MULTI,
        MMUEXT_TLB_FLUSH_ALL,     MMUEXT_INVLPG_ALL,      MMUEXT_FLUSH_CACHE,
        MMUEXT_NEW_USER_BASEPTR,  MMUEXT_MARK_SUPER,      MMUEXT_UNMARK_SUPER,
        MMUEXT_FLUSH_CACHE_GLOBAL};
    struct mmuext_op op = {.cmd = cmds[random_word() % sizeof(cmds)]};

    op.arg1.mfn = op.cmd <= MMUEXT_UNPIN_TABLE ? frame() : argument();
    op.arg2.nr_ents = (unsigned int)argument();
    if (op.cmd == MMUEXT_UNPIN_TABLE && op.arg1.mfn == kernel_aspace.l4_mfn)
        return;
    count(hypercall_mmuext_op(&op, 1, NULL, random_word() % 8 ? DOMID_SELF : random_word() % 4));
}

/* Sub-operations that exist, on a struct of plausible words. */
static void attack_operation(void)
{
    static const unsigned char memory_cmds[] = {
        XENMEM_maximum_ram_page,    XENMEM_current_reservation, XENMEM_maximum_reservation,
        XENMEM_machphys_mfn_list,   XENMEM_populate_physmap,    XENMEM_memory_map,
        XENMEM_machine_memory_map,  XENMEM_set_memory_map,      XENMEM_machphys_mapping,
        XENMEM_increase_reservation};
    uint64_t r = random_word();
    uint32_t *words = pages[0];

    for (unsigned int i = 0; i < 64; i++)
        words[i] = random_word() % 4 ? (uint32_t)random_word() % 40 : (uint32_t)argument();
    switch (r % 4) {
    case 0:
        /* An interrupt's way in is its own affair: not INIT_CONTROL, EXPAND_ARRAY (10 and on). */
        count(hypercall_raw(HYPERCALL_NR_event_channel_op, (r >> 8) % 11, (unsigned long)words, 0,
                            0, 0));
        break;
    case 1:
        count(hypercall_raw(HYPERCALL_NR_grant_table_op, (r >> 8) % 13, (unsigned long)words,
                            (r >> 16) % 4, 0, 0));
        break;
    case 2:
        words[6] = (uint32_t)(r >> 8) % 64; /* nr_extents, order, flags, domain */
        words[0] = 0, words[1] = 0;
        words[2] %= 4, words[3] = 0, words[4] %= 20;
        count(hypercall_raw(HYPERCALL_NR_memory_op, memory_cmds[(r >> 8) % sizeof(memory_cmds)],
                            (unsigned long)words, 0, 0, 0));
        break;
    default: attack_mmuext();
    }
}

static void attack_instruction(void)
{
    uint32_t a = (uint32_t)random_word(), c = (uint32_t)random_word(), d = 0;
    uint64_t wide = random_word();

    switch (random_word() % 8) {
    case 0: TRY_ASM("rdmsr", : "=a"(a), "=d"(d) : "c"(c)); break;
    case 1: TRY_ASM("wrmsr", : : "a"(a), "d"(d), "c"(c)); break;
    case 2: TRY_ASM("mov %0, %%cr4", : : "r"(wide)); break;
    case 3: TRY_ASM("lgdt (%0)", : : "r"(pages[0]) : "memory"); break;
    case 4: TRY_ASM("ud2", :); break;
    case 5: TRY_ASM("hlt", :); break;
    case 6: TRY_ASM("invlpg (%0)", : : "r"(wide) : "memory"); break;
    default: TRY_ASM("mov %0, %%dr7", : : "r"(wide)); break;
    }
}

static void attack_memory(void)
{
    uint64_t r = random_word(), value;
    unsigned long where = 0xffff800000000000ul + (r >> 17);

    if (r % 4 == 0) /* where the hypervisor maps the GDT and the LDT of each vCPU */
        where = 0xffff820000000000ul + ((r >> 8) & 0x7fff8);

    try_read((void *)where, &value);
    try_write((void *)where, random_word());
}

/* Some page as LDT, or the one that can be it; then any selector. */
static void attack_segment(void)
{
    uint64_t r = random_word();
    struct mmuext_op op = {.cmd = MMUEXT_SET_LDT, .arg1.linear_addr = argument() & PAGE_MASK};

    if (r & 1)
        op.arg1.linear_addr = (unsigned long)ldt;
    op.arg2.nr_ents = (r >> 8) % 4 * 512;
    if ((r >> 4) % 8 == 0)
        count(hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF));
    for (int i = 0; i < 4; i++) {
        uint32_t selector = (uint16_t)random_word() | 3;

        if (i)
            selector = (selector & 0xff) | 7;
        TRY_ASM("mov %0, %%es", : : "r"(selector));
    }
    TRY_ASM("mov %0, %%es", : : "r"(0));
}

static void prepare(void)
{
    for (unsigned int i = 0; i < SCRATCH_PAGES; i++) {
        uint64_t *words = pages[i] = page_alloc();

        for (unsigned int j = 0; i % 2 && j < PAGE_SIZE / sizeof(*words); j++)
            words[j] = random_word() >> (random_word() % 64);
    }
    ldt = page_alloc();
    for (unsigned int i = 0; i < 512; i++)
        ldt[i] = 0x00cff3000000ffff; /* data, DPL 3 */
    page_set_ro(ldt);
    target_va[0] = (unsigned long)va_alloc(TARGETS);
    for (unsigned int i = 0; i < TARGETS; i++) {
        target_va[i] = target_va[0] + i * PAGE_SIZE;
        target_pte[i] = pte_maddr((void *)target_va[i]);
    }
}

int main(void)
{
    for (const char *c = (const char *)start_info->cmd_line; *c; c++)
        seed = seed * 31 + (unsigned char)*c;
    nr_pages = start_info->nr_pages;
    prepare();
    printf("hostile: starts\n");
    console_emergency();
    events_disable();
    for (unsigned int round = 0; round < ROUNDS; round++) {
        switch (random_word() % 7) {
        case 0: attack_page_table(); break;
        case 1: attack_instruction(); break;
        case 2: attack_memory(); break;
        case 3: attack_upper_table(); break;
        case 4: attack_operation(); break;
        case 5: attack_segment(); break;
        default: attack_hypercall(); break;
        }
    }
    printf("hostile: has done its worst: %u accepted, %u refused\n", accepted, refused);
    console_flush();

    /* Without a trap table the next exception is the end. */
    hypercall_set_trap_table(NULL);
    asm volatile("ud2");
    return 0;
}
