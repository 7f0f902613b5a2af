/* SPDX-License-Identifier: MIT */
/* Single page-table entries, their flushes, and changes of CR3. */
#include "bench.h"

#define TURNS 400
#define BATCH 128
#define BATCHES 10

static uint64_t *window;        /* BATCH pages of address space, all in one L1 */
static volatile uint64_t *ptes; /* The entries of the window, as the guest reads them */
static uint64_t first_pte;      /* The same as a machine address */
static unsigned long mfn[2];    /* Two frames to be mapped there */

static mmu_update_t updates[2][BATCH];
static unsigned int done;

/* Pages of the kernel alone: what a guest that has user pages too writes for its own. */
#define KERNEL_RW (PTE_P | PTE_RW | PTE_A | PTE_D)
#define KERNEL_RO (PTE_P | PTE_A | PTE_D)

/* The entry that turn i writes: a is there before turn 0. */
struct change {
    const char *name;
    uint64_t a, b;
};

static void set_window(uint64_t pte)
{
    for (unsigned int p = 0; p < BATCH; p++) {
        updates[0][p] = (mmu_update_t){.ptr = first_pte + p * 8, .val = pte};
    }
    MUST(hypercall_mmu_update(updates[0], BATCH, NULL, DOMID_SELF));
    MUST(tlb_flush_local());
}

static void bench_change(const struct change *c)
{
    const uint64_t value[2] = {c->b, c->a};
    mmu_update_t one[2] = {{.ptr = first_pte, .val = c->b}, {.ptr = first_pte, .val = c->a}};
    char name[40];

    set_window(c->a);
    snprintf(name, sizeof(name), "mmu_update_1_%s", c->name);
    BENCH(name, TURNS, rc |= hypercall_mmu_update(&one[i & 1], 1, &done, DOMID_SELF));

    for (unsigned int p = 0; p < BATCH; p++) {
        updates[0][p] = (mmu_update_t){.ptr = first_pte + p * 8, .val = c->b};
        updates[1][p] = (mmu_update_t){.ptr = first_pte + p * 8, .val = c->a};
    }
    snprintf(name, sizeof(name), "mmu_update_128_%s", c->name);
    BENCH_PER(name, BATCHES, BATCH,
              rc |= hypercall_mmu_update(updates[i & 1], BATCH, &done, DOMID_SELF));

    set_window(c->a);
    snprintf(name, sizeof(name), "update_va_mapping_%s", c->name);
    BENCH(name, TURNS,
          rc |= hypercall_update_va_mapping((unsigned long)window, value[i & 1], UVMF_INVLPG));
}

static void bench_link(void)
{
    char *va = va_alloc(2 * 512); /* So that it contains a whole L2 entry */
    uint64_t at, entry;
    unsigned long l1;
    mmu_update_t set[2];

    va = (char *)(((unsigned long)va + 512 * PAGE_SIZE - 1) & ~(512 * PAGE_SIZE - 1));
    at = pt_entry(kernel_aspace.l4_mfn, (unsigned long)va, 2, &entry);
    l1 = pte_mfn(entry);
    MUST(mmuext(MMUEXT_PIN_L1_TABLE, l1));
    set[0] = (mmu_update_t){.ptr = at, .val = 0};
    set[1] = (mmu_update_t){.ptr = at, .val = entry};
    BENCH("link_l1", TURNS, rc |= hypercall_mmu_update(&set[i & 1], 1, &done, DOMID_SELF));
    MUST(mmuext(MMUEXT_UNPIN_TABLE, l1));
}

static void bench_direct(void)
{
    uint64_t value[2] = {pte_make(mfn[0], KERNEL_RW) | 0x200, pte_make(mfn[0], KERNEL_RW)};

    MUST(hypercall_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables));
    set_window(value[1]);
    BENCH("direct_mov", TURNS, ptes[0] = value[i & 1]);
    BENCH("direct_xchg", TURNS, {
        uint64_t v = value[i & 1];

        asm volatile("xchg %0, %1" : "+r"(v), "+m"(ptes[0]));
    });
    /* What is read back has bits that the hypervisor added. */
    BENCH("direct_cmpxchg", TURNS, {
        uint64_t old = ptes[0];
        bool same;

        asm volatile("lock cmpxchg %3, %1"
                     : "+a"(old), "+m"(ptes[0]), "=@ccz"(same)
                     : "r"(value[i & 1])
                     : "memory");
        rc |= !same;
    });
}

static void bench_flushes(void)
{
    struct mmuext_op local = {.cmd = MMUEXT_INVLPG_LOCAL,
                              .arg1.linear_addr = (unsigned long)window};
    struct mmuext_op all = {.cmd = MMUEXT_INVLPG_ALL, .arg1.linear_addr = (unsigned long)window};
    struct mmuext_op tlb = {.cmd = MMUEXT_TLB_FLUSH_LOCAL};

    BENCH("invlpg_local", TURNS, rc |= hypercall_mmuext_op(&local, 1, NULL, DOMID_SELF));
    BENCH("invlpg_all", TURNS, rc |= hypercall_mmuext_op(&all, 1, NULL, DOMID_SELF));
    BENCH("tlb_flush_local", TURNS, rc |= hypercall_mmuext_op(&tlb, 1, NULL, DOMID_SELF));
}

static multicall_entry_t mmuext_entry(const struct mmuext_op *op)
{
    return (multicall_entry_t){.op = HYPERCALL_NR_mmuext_op,
                               .args = {(unsigned long)op, 1, 0, DOMID_SELF}};
}

static void bench_cr3(void)
{
    unsigned long stack = (unsigned long)page_alloc() + PAGE_SIZE;
    struct aspace other = aspace_new_kernel();
    struct mmuext_op base[2] = {{.cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = other.l4_mfn},
                                {.cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = kernel_aspace.l4_mfn}};
    multicall_entry_t calls[2][2];

    for (unsigned int c = 0; c < 2; c++) {
        calls[c][0] = (multicall_entry_t){.op = HYPERCALL_NR_stack_switch, .args = {0xe02b, stack}};
        calls[c][1] = mmuext_entry(&base[c]);
    }
    BENCH("cr3_switch", TURNS, rc |= hypercall_mmuext_op(&base[i & 1], 1, NULL, DOMID_SELF));
    BENCH("context_switch", TURNS, { rc |= hypercall_multicall(calls[i & 1], 2); });
    aspace_free(&other);
}

void bench_tables(void)
{
    struct change changes[3];
    char *pages = pages_alloc(2);

    mfn[0] = va_to_mfn(pages);
    mfn[1] = va_to_mfn(pages + PAGE_SIZE);
    window = va_alloc(BATCH);
    first_pte = pte_maddr(window);
    ptes = (uint64_t *)((char *)mfn_to_va(first_pte >> PAGE_SHIFT) + (first_pte & ~PAGE_MASK));
    changes[0] = (struct change){"flags", pte_make(mfn[0], KERNEL_RW), 0};
    changes[0].b = changes[0].a | 0x200;
    changes[1] = (struct change){"rw", pte_make(mfn[0], KERNEL_RW), pte_make(mfn[0], KERNEL_RO)};
    changes[2] = (struct change){"frame", pte_make(mfn[0], KERNEL_RW), pte_make(mfn[1], KERNEL_RW)};
    for (unsigned int c = 0; c < 3; c++)
        bench_change(&changes[c]);
    bench_link();
    bench_direct();
    bench_flushes();
    bench_cr3();
}
