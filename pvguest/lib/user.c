/* SPDX-License-Identifier: MIT */
#include "user.h"

#include "pvguest.h"

extern long user_enter(const struct regs *regs);
extern _Noreturn void user_leave(void);

static struct {
    struct regs *regs;
} runs[MAX_CPUS];

void *user_page(struct aspace *as, unsigned long va, uint64_t flags)
{
    void *page = page_alloc();

    MUST(map_page(as, va, pfn_to_mfn(va_to_pfn(page)), flags));
    return page;
}

struct regs user_regs(unsigned long rip, unsigned long rsp)
{
    return (struct regs){
        .rip = rip,
        .rsp = rsp,
        .cs = FLAT_USER_CS64,
        .ss = FLAT_USER_SS64,
        .rflags = RFLAGS_IF,
    };
}

void user_copy_code(void *alias, const void *begin, const void *end)
{
    size_t length = (size_t)((const char *)end - (const char *)begin);

    ASSERT(length <= PAGE_SIZE);
    memcpy(alias, begin, length);
}

void user_run(struct aspace *as, struct regs *regs)
{
    bool enabled = events_save();
    struct regs *outer = runs[smp_self()].regs;

    ASSERT(regs_user_mode(regs));
    MUST(mmuext(MMUEXT_NEW_USER_BASEPTR, as->l4_mfn));
    runs[smp_self()].regs = regs;
    MUST(user_enter(regs));
    runs[smp_self()].regs = outer;
    events_restore(enabled);
}

_Noreturn void user_trap(const struct regs *regs)
{
    if (!this_cpu()->user_sp)
        panic_regs(regs, "trap in user mode, but nothing runs there");
    *runs[smp_self()].regs = *regs;
    user_leave();
}
