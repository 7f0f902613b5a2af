/* SPDX-License-Identifier: MIT */
/* LINK: tools/libpxl/cpuid.c tools/libpxl/fault.c */
/* cpuid= in xl's two syntaxes (xl.cfg(5), CPUID). */
#include "tools/libpxl/cpuid.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct pxl p;

static int parse(const char *text, struct cpuid_change **list, unsigned *n)
{
    char *one = (char *)text;
    struct pxl_strings s = {1, &one};

    fault_clear(&p);
    return cpuid_parse(&p, &s, list, n);
}

/* One change each, and what it makes of a default of 0x0f0f0f0f where the host has 0xffff0000. */
static const struct {
    const char *text;
    uint32_t leaf, subleaf;
    unsigned reg;
    uint32_t value;
} good[] = {
    {"host,sse3=1", 1, NO_SUBLEAF, 2, 0x0f0f0f0f},
    {"host,sse3=0", 1, NO_SUBLEAF, 2, 0x0f0f0f0e},
    {"host,hypervisor=k", 1, NO_SUBLEAF, 2, 0x8f0f0f0f},
    {"rdrand=s", 1, NO_SUBLEAF, 2, 0x4f0f0f0f},
    {"host,pclmulqdq=k", 1, NO_SUBLEAF, 2, 0x0f0f0f0d},
    {"host,nx=1", 0x80000001, NO_SUBLEAF, 3, 0x0f1f0f0f},
    {"sse4_2=1", 1, NO_SUBLEAF, 2, 0x0f1f0f0f},
    {"host,ssbd=1", 7, 0, 3, 0x8f0f0f0f},
    {"host,avx512vl=1", 7, 0, 1, 0x8f0f0f0f},
    {"host,fsrcs=1", 7, 1, 0, 0x0f0f1f0f},
    {"host, xsaves=0", 0xd, 1, 0, 0x0f0f0f07},
    {"host,ssb-no=x", 0x80000008, NO_SUBLEAF, 1, 0x0f0f0f0f},
    {"host,3dnow=1", 0x80000001, NO_SUBLEAF, 3, 0x8f0f0f0f},
    {"host,family=6", 1, NO_SUBLEAF, 0, 0x000f060f},
    {"host,family=0x17", 1, NO_SUBLEAF, 0, 0x008f0f0f},
    {"host,model=0x5e", 1, NO_SUBLEAF, 0, 0x0f050fef},
    {"stepping=3", 1, NO_SUBLEAF, 0, 0x0f0f0f03},
    {"maxleaf=0xd", 0, NO_SUBLEAF, 0, 0xd},
    {"1:ecx=0x12345678", 1, NO_SUBLEAF, 2, 0x12345678},
    {"0xd,1:eax=0", 0xd, 1, 0, 0x0f0f0f0e},
    {"1:edx=1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0", 1, NO_SUBLEAF, 3, 0x8f0f0f0e},
    {"7,0:ebx=kkkkkkkkkkkkkkkk1111111111111111", 7, 0, 1, 0xffffffff},
};

Test(pxl_cpuid, changes)
{
    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct cpuid_change *c;
        unsigned n;

        cr_assert_eq(parse(good[i].text, &c, &n), 0, "%s: %s", good[i].text, pxl_fault(&p) ? pxl_fault(&p)->what : "");
        cr_assert_eq(n, 1, "%s", good[i].text);
        cr_assert(c->leaf == good[i].leaf && c->subleaf == good[i].subleaf && c->reg == good[i].reg, "%s", good[i].text);
        cr_assert_eq(cpuid_apply(c, 0x0f0f0f0f, 0xffff0000), good[i].value, "%s: %x", good[i].text,
                     cpuid_apply(c, 0x0f0f0f0f, 0xffff0000));
        free(c);
    }
}

Test(pxl_cpuid, several)
{
    struct cpuid_change *c;
    unsigned n;

    cr_assert_eq(parse("1:eax=0x1,ebx=0x2,ecx=0x3,edx=0x4", &c, &n), 0);
    cr_assert_eq(n, 4);
    free(c);
    cr_assert_eq(parse("host", &c, &n), 0);
    cr_assert_eq(n, 0);
    free(c);
    cr_assert_eq(parse("host,tm=0,sse3=0,nc=2", &c, &n), 0);
    cr_assert_eq(n, 3);
    free(c);
}

Test(pxl_cpuid, what_is_none)
{
    static const char *const bad[] = {"host,nosuch=1", "host,sse3=2", "host,sse3", "host,sse3=", "family=300", "model=256", "stepping=16",
                                      "stepping=x", "sse3=10", ":", "1:", "1:ecx", "1:efx=0x1", "1:ecx=", "1:ecx=0xg",
                                      "1:ecx=2", "1:ecx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "x:ecx=0x0", "1,y:ecx=0x0",
                                      "1:ecx=0x100000000", "-=1", "host,=1", "host,,tm=0", "-1:eax=0x0", "99999999999:eax=0x0"};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct cpuid_change *c;
        unsigned n;

        cr_assert_eq(parse(bad[i], &c, &n), -1, "%s", bad[i]);
        cr_assert(pxl_fault(&p)->hint && strstr(pxl_fault(&p)->what, bad[i]), "%s", bad[i]);
        cr_assert(!c && !n);
    }
}
