/* SPDX-License-Identifier: MIT */
#include "cpuid.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { EAX, EBX, ECX, EDX };

/* One register of features: their names from bit 0 up, with blanks between them, - for none. */
static const struct {
    uint32_t leaf, subleaf;
    unsigned reg;
    const char *names;
} features[] = {
    {1, NO_SUBLEAF, ECX, "sse3 pclmulqdq dtes64 monitor dscpl vmx smx est tm2 ssse3 cntxid - fma cmpxchg16 xtpr pdcm - pcid dca sse4.1 "
                         "sse4.2 x2apic movbe popcnt tsc-deadline aes xsave osxsave avx f16c rdrand hypervisor"},
    {1, NO_SUBLEAF, EDX, "fpu vme de pse tsc msr pae mce cmpxchg8 apic - sysenter mtrr pge mca cmov pat pse36 psn clfsh - ds acpi mmx "
                         "fxsr sse sse2 ss htt tm ia64 pbe"},
    {6, NO_SUBLEAF, EAX, "- - arat"},
    {7, 0, EBX, "fsgsbase tsc_adjust - bmi1 hle avx2 - smep bmi2 erms invpcid rtm cmt - mpx - avx512f avx512dq rdseed adx smap "
                "avx512-ifma - clflushopt clwb proc-trace avx512pf avx512er avx512cd sha avx512bw avx512vl"},
    {7, 0, ECX, "prefetchwt1 avx512-vbmi umip pku ospke - avx512-vbmi2 cet-ss gfni vaes vpclmulqdq avx512-vnni avx512-bitalg - "
                "avx512-vpopcntdq - - - - - - - rdpid - - cldemote - movdiri movdir64b enqcmd"},
    {7, 0, EDX, "- - avx512-4vnniw avx512-4fmaps fsrm - - - avx512-vp2intersect srbds-ctrl md-clear - - tsx-force-abort serialize - "
                "tsxldtrk - - - cet-ibt - - - - - ibrsb stibp l1d-flush arch-caps core-caps ssbd"},
    {7, 1, EAX, "- - - - avx-vnni avx512-bf16 - - - - fzrm fsrs fsrcs"},
    {0xd, 1, EAX, "xsaveopt xsavec xgetbv1 xsaves"},
    {0x80000001, NO_SUBLEAF, ECX, "lahfsahf cmplegacy svm extapic altmovcr8 abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt "
                                  "- lwp fma4 tce - nodeid - tbm topoext perfctr_core perfctr_nb"},
    {0x80000001, NO_SUBLEAF, EDX, "- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - ffxsr page1gb rdtscp - lm 3dnowext "
                                  "3dnow"},
    {0x80000007, NO_SUBLEAF, EDX, "- - - - - - - - invtsc"},
    {0x80000008, NO_SUBLEAF, EBX, "clzero - rstr-fp-err-ptrs - - - - - - wbnoinvd - - ibpb - ibrs amd-stibp ibrs-always stibp-always "
                                  "ibrs-fast ibrs-same-mode no-lmsl - - ppin amd-ssbd virt-ssbd ssb-no"},
};

/* Fields of more bits. */
static const struct {
    const char *name;
    uint32_t leaf;
    unsigned reg, shift, width;
} fields[] = {{"maxleaf", 0, EAX, 0, 32},     {"stepping", 1, EAX, 0, 4},    {"brandid", 1, EBX, 0, 8}, {"clflush", 1, EBX, 8, 8},
              {"proccount", 1, EBX, 16, 8},   {"localapicid", 1, EBX, 24, 8}, {"nc", 0x80000008, ECX, 0, 8}};

static const struct {
    const char *name, *means;
} synonyms[] = {{"sse4_1", "sse4.1"}, {"sse4_2", "sse4.2"}, {"lzcnt", "abm"}, {"sep", "sysenter"}, {"cx16", "cmpxchg16"}, {"cx8", "cmpxchg8"},
                {"lahf_lm", "lahfsahf"}, {"pdpe1gb", "page1gb"}, {"itsc", "invtsc"}, {"nonstop_tsc", "invtsc"}};

struct parser {
    struct pxl *p;
    struct cpuid_change *list;
    unsigned n;
    const char *whole; /* the text, for faults */
};

static int wrong(struct parser *s, const char *part, const char *hint)
{
    return pxl_fail(s->p, NULL, EINVAL, hint, "understand cpuid=\"%s\" at \"%s\"", s->whole, part);
}

static struct cpuid_change *add(struct parser *s, uint32_t leaf, uint32_t subleaf, unsigned reg)
{
    struct cpuid_change *c;

    s->list = realloc(s->list, (s->n + 1) * sizeof(*s->list));
    if (!s->list)
        abort();
    c = &s->list[s->n++];
    *c = (struct cpuid_change){leaf, subleaf, reg, ""};
    memset(c->bits, 'x', sizeof(c->bits));
    return c;
}

static bool is_bit(const char *v)
{
    return *v && strchr("01xks", *v) && !v[1];
}

static bool number(const char *v, uint32_t *out)
{
    char *end;
    unsigned long n = strtoul(v, &end, 0);

    *out = (uint32_t)n;
    return *v >= '0' && *v <= '9' && !*end && n <= UINT32_MAX;
}

static void put(struct cpuid_change *c, unsigned shift, unsigned width, uint32_t value)
{
    for (unsigned i = 0; i < width; i++)
        c->bits[31 - shift - i] = '0' + (char)(value >> i & 1);
}

/* ---- names ---- */

static bool feature(struct parser *s, const char *name, char bit)
{
    size_t length = strlen(name);

    for (unsigned i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        const char *at = features[i].names;

        for (unsigned k = 0; *at; k++) {
            size_t n = strcspn(at, " ");

            if (*at != '-' && n == length && !memcmp(at, name, n)) {
                add(s, features[i].leaf, features[i].subleaf, features[i].reg)->bits[31 - k] = bit;
                return true;
            }
            at += n + (at[n] == ' ');
        }
    }
    return false;
}

/* Above 15 both have an extended part (CPUID leaf 1). */
static bool family_or_model(struct parser *s, const char *name, uint32_t v)
{
    struct cpuid_change *c;

    if (!strcmp(name, "family") && v <= 15 + 255) {
        c = add(s, 1, NO_SUBLEAF, EAX);
        put(c, 8, 4, v < 15 ? v : 15);
        put(c, 20, 8, v < 15 ? 0 : v - 15);
        return true;
    }
    if (!strcmp(name, "model") && v <= 255) {
        c = add(s, 1, NO_SUBLEAF, EAX);
        put(c, 4, 4, v & 15);
        put(c, 16, 4, v >> 4);
        return true;
    }
    return false;
}

static bool field(struct parser *s, const char *name, uint32_t v)
{
    for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strcmp(fields[i].name, name))
            continue;
        if (fields[i].width < 32 && v >> fields[i].width)
            return false;
        put(add(s, fields[i].leaf, NO_SUBLEAF, fields[i].reg), fields[i].shift, fields[i].width, v);
        return true;
    }
    return family_or_model(s, name, v);
}

static int named(struct parser *s, char *part)
{
    char *value = strchr(part, '=');
    const char *name = part;
    uint32_t v;

    if (!strcmp(part, "host"))
        return 0;
    if (!value)
        return wrong(s, part, "\"host,sse3=0\" or \"1:ecx=0x0\"");
    *value++ = 0;
    for (unsigned i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++)
        if (!strcmp(synonyms[i].name, name))
            name = synonyms[i].means;
    if ((is_bit(value) && feature(s, name, *value)) || (number(value, &v) && field(s, name, v)))
        return 0;
    return wrong(s, part, "a feature takes 0, 1, x, k or s, a field a number; xl.cfg(5) lists the names");
}

/* ---- registers ---- */

static int registers(struct parser *s, uint32_t leaf, uint32_t subleaf, char *part)
{
    static const char *const names[] = {"eax", "ebx", "ecx", "edx"};
    char *value = strchr(part, '=');
    struct cpuid_change *c;
    unsigned reg = 0;
    size_t n;
    uint32_t v;

    if (!value)
        return wrong(s, part, "eax=, ebx=, ecx= or edx=");
    *value++ = 0;
    while (reg < 4 && strcmp(names[reg], part))
        reg++;
    if (reg == 4)
        return wrong(s, part, "eax=, ebx=, ecx= or edx=");
    c = add(s, leaf, subleaf, reg);
    n = strlen(value);
    if (n < 32 && !strncmp(value, "0x", 2) && number(value, &v)) {
        put(c, 0, 32, v);
        return 0;
    }
    /* Fewer are the low ones. */
    if (!n || (n < 32 && !strncmp(value, "0x", 2)) || n > 32 || value[strspn(value, "01xks")])
        return wrong(s, value, "32 times 0, 1, x, k or s, or a number that begins with 0x");
    memcpy(c->bits + 32 - n, value, n);
    return 0;
}

static int by_leaf(struct parser *s, char *text)
{
    char *colon = strchr(text, ':'), *comma, *next;
    uint32_t leaf, subleaf = NO_SUBLEAF;

    *colon = 0;
    comma = strchr(text, ',');
    if (comma)
        *comma++ = 0;
    if (!number(text, &leaf) || (comma && !number(comma, &subleaf)))
        return wrong(s, text, "\"LEAF:REGISTER=BITS\" or \"LEAF,SUBLEAF:REGISTER=BITS\"");
    for (char *part = colon + 1; part; part = next) {
        next = strchr(part, ',');
        if (next)
            *next++ = 0;
        if (registers(s, leaf, subleaf, part))
            return -1;
    }
    return 0;
}

static int one(struct parser *s, char *text)
{
    char *next;

    if (strchr(text, ':'))
        return by_leaf(s, text);
    for (char *part = text; part; part = next) {
        next = strchr(part, ',');
        if (next)
            *next++ = 0;
        part += strspn(part, " ");
        if (named(s, part))
            return -1;
    }
    return 0;
}

int cpuid_parse(struct pxl *p, const struct pxl_strings *text, struct cpuid_change **list, unsigned *n)
{
    struct parser s = {.p = p};
    int rc = 0;

    for (unsigned i = 0; i < text->n && !rc; i++) {
        char *copy = strdup(text->s[i]);

        if (!copy)
            abort();
        s.whole = text->s[i];
        rc = one(&s, copy);
        free(copy);
    }
    if (rc) {
        free(s.list);
        s.list = NULL;
        s.n = 0;
    }
    *list = s.list;
    *n = s.n;
    return rc;
}

uint32_t cpuid_apply(const struct cpuid_change *c, uint32_t value, uint32_t host)
{
    for (unsigned i = 0; i < 32; i++) {
        uint32_t bit = 1u << (31 - i);

        switch (c->bits[i]) {
        case '0': value &= ~bit; break;
        case '1': value |= bit; break;
        case 'k':
        case 's': value = (value & ~bit) | (host & bit); break;
        }
    }
    return value;
}
