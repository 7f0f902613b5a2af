/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: hv-args=dom0_max_vcpus=2 */
/*
 * A selector of the LDT stays in its register while the LDT becomes another one, whose page nobody has used yet. When
 * the vCPU is switched to the next time, the page comes in, and the selector stays.
 */
#include "../calls/twovcpus.h"
#include "gdt.h"

static uint64_t *ldt_page(unsigned int slot)
{
    uint64_t *page = page_alloc();

    page[slot] = DESC_DATA;
    CHECK_RC(page_set_ro(page), 0);
    return page;
}

static void set_ldt(const uint64_t *page)
{
    struct mmuext_op op = {
        .cmd = MMUEXT_SET_LDT,
        .arg1.linear_addr = (unsigned long)page,
        .arg2.nr_ents = 512,
    };

    CHECK_RC(hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
}

TEST("ldt_selector_of_new_ldt", "a selector of an LDT replaced meanwhile survives a switch if the new one has it")
{
    uint64_t *with = ldt_page(1), *also = ldt_page(1), *without = ldt_page(2);

    set_ldt(with);
    CHECK_NO_FAULT(load_es(LDT_SELECTOR(1)));
    turns_start(NULL);
    turns_wait();
    CHECK_EQ(read_es(), LDT_SELECTOR(1));
    set_ldt(also);
    turns_wait();
    turns_wait();
    CHECK_EQ(read_es(), LDT_SELECTOR(1));
    set_ldt(without);
    CHECK_NO_FAULT(load_es(LDT_SELECTOR(2)));
    turns_wait();
    CHECK_EQ(read_es(), LDT_SELECTOR(2));
    turns_stop();
    CHECK_NO_FAULT(load_es(0));
}
