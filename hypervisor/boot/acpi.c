/* SPDX-License-Identifier: MIT */
#include "boot/acpi.h"
#include "core/log.h"
#include "lib/string.h"
#include "x86/paging.h"
#include "x86/platform.h"

struct platform platform;

#define TABLE_MAX (1u << 20) /* a longer one is taken for damaged */

struct sdt {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));

/* Root pointer: byte offsets. */
enum { RSDP_REVISION = 15, RSDP_RSDT = 16, RSDP_XSDT = 24, RSDP_V1_LENGTH = 20, RSDP_LENGTH = 36 };

static uint8_t sum(const void *p, size_t n)
{
    const uint8_t *b = p;
    uint8_t s = 0;

    while (n--)
        s += *b++;
    return s;
}

/* Integers in tables lie where they lie. n: 1..8 bytes, little endian. */
static uint64_t get(const void *table, uint32_t at, unsigned n)
{
    uint64_t v = 0;

    memcpy(&v, (const uint8_t *)table + at, n);
    return v;
}

/* Tables lie in memory the direct map need not have. Mapped for good; there are a dozen at most. */
static const struct sdt *table_map(maddr_t addr)
{
    const struct sdt *head;
    uint32_t length;

    if (!addr)
        return NULL;
    head = ioremap(addr, sizeof(*head), IOREMAP_READONLY);
    length = head->length;
    if (length < sizeof(*head) || length > TABLE_MAX)
        return NULL;
    if ((addr & (PAGE_SIZE - 1)) + length > PAGE_SIZE)
        head = ioremap(addr, length, IOREMAP_READONLY);
    return sum(head, length) ? NULL : head;
}

/* ---- MADT ---- */

static void add_cpu(uint32_t apic_id, uint32_t acpi_id, uint32_t flags)
{
    if (!(flags & 1)) /* not enabled; LIMIT: CPUs that could be plugged in later are left out */
        return;
    if (platform.nr_cpus == PLATFORM_CPUS) {
        log_msg(LOG_WARN, "ACPI: more than %u CPUs", PLATFORM_CPUS);
        return;
    }
    platform.apic_id[platform.nr_cpus] = apic_id;
    platform.acpi_id[platform.nr_cpus++] = acpi_id;
}

static void madt_entry(const uint8_t *e, unsigned type, unsigned length)
{
    if (type == 0 && length >= 8) { /* local APIC */
        add_cpu(e[3], e[2], (uint32_t)get(e, 4, 4));
    } else if (type == 9 && length >= 16) { /* local x2APIC */
        add_cpu((uint32_t)get(e, 4, 4), (uint32_t)get(e, 12, 4), (uint32_t)get(e, 8, 4));
    } else if (type == 1 && length >= 12 && platform.nr_ioapics < PLATFORM_IOAPICS) {
        platform.ioapic[platform.nr_ioapics++] = (struct platform_ioapic){
            .id = e[2],
            .addr = (uint32_t)get(e, 4, 4),
            .gsi_base = (uint32_t)get(e, 8, 4),
        };
    } else if (type == 2 && length >= 10 && platform.nr_overrides < PLATFORM_OVERRIDES) {
        platform.override[platform.nr_overrides++] = (struct platform_override){
            .source = e[3],
            .gsi = (uint32_t)get(e, 4, 4),
            .flags = (uint16_t)get(e, 8, 2),
        };
    } else if (type == 5 && length >= 12) { /* where the local APICs are, if above 4 GiB */
        platform.lapic_addr = get(e, 4, 8);
    }
}

static void madt_parse(const struct sdt *t)
{
    const uint8_t *p = (const uint8_t *)t;
    uint32_t at = 44;

    if (t->length < at)
        return;
    platform.lapic_addr = get(t, 36, 4);
    while (at + 2 <= t->length) {
        unsigned type = p[at], length = p[at + 1];

        if (length < 2 || length > t->length - at)
            return;
        madt_entry(p + at, type, length);
        at += length;
    }
}

/* ---- FADT and the DSDT's \_S5 ---- */

/* One element of a package of small integers; advances *at. */
static bool aml_byte(const uint8_t *p, uint32_t length, uint32_t *at, uint8_t *v)
{
    if (*at + 2 > length)
        return false;
    switch (p[*at]) {
    case 0x00: /* Zero */
    case 0x01: /* One */ *v = p[(*at)++]; return true;
    case 0x0a: /* a byte follows */
        *v = p[*at + 1];
        *at += 2;
        return true;
    default: return false;
    }
}

/* Name(\_S5, Package(n) { a, b, ... }): 08 [5c] "_S5_" 12 <length> <n> <a> <b>. */
static void dsdt_parse(const struct sdt *t)
{
    const uint8_t *p = (const uint8_t *)t;

    for (uint32_t i = sizeof(*t) + 2; i + 8 < t->length; i++) {
        uint32_t at = i + 4;
        bool name = p[i - 1] == 0x08 || (p[i - 1] == 0x5c && p[i - 2] == 0x08);

        if (!name || memcmp(p + i, "_S5_", 4) || p[at] != 0x12)
            continue;
        at += 2u + (p[at + 1] >> 6); /* the length itself has one to four bytes */
        at++;                        /* number of elements */
        platform.has_s5 = aml_byte(p, t->length, &at, &platform.s5_type_a) &&
                          aml_byte(p, t->length, &at, &platform.s5_type_b);
        return;
    }
}

static void fadt_parse(const struct sdt *t)
{
    const struct sdt *dsdt;
    maddr_t dsdt_addr;

    if (t->length < 116)
        return;
    platform.sci_int = (uint16_t)get(t, 46, 2);
    platform.pm1a_evt = (uint16_t)get(t, 56, 4);
    platform.pm1b_evt = (uint16_t)get(t, 60, 4);
    platform.pm1a_cnt = (uint16_t)get(t, 64, 4);
    platform.pm1b_cnt = (uint16_t)get(t, 68, 4);
    platform.pm_timer = (uint16_t)get(t, 76, 4);
    platform.pm_timer_32bit = get(t, 112, 4) & BIT(8);
    if (t->length >= 129 && (get(t, 112, 4) & BIT(10))) {
        platform.has_reset = true;
        platform.reset_space = (uint8_t)get(t, 116, 1);
        platform.reset_addr = get(t, 120, 8);
        platform.reset_value = (uint8_t)get(t, 128, 1);
    }
    dsdt_addr = get(t, 40, 4);
    if (t->length >= 148 && get(t, 140, 8))
        dsdt_addr = get(t, 140, 8);
    dsdt = table_map(dsdt_addr);
    if (dsdt)
        dsdt_parse(dsdt);
}

/* ---- the others, and the way to all of them ---- */

static void table_parse(const struct sdt *t)
{
    if (!memcmp(t->signature, "APIC", 4))
        madt_parse(t);
    else if (!memcmp(t->signature, "FACP", 4))
        fadt_parse(t);
    else if (!memcmp(t->signature, "HPET", 4) && t->length >= 56 && !get(t, 40, 1))
        platform.hpet = get(t, 44, 8);
    else if (!memcmp(t->signature, "MCFG", 4) && t->length >= 60)
        platform.mcfg = get(t, 44, 8);
}

static void root_parse(const struct sdt *root)
{
    unsigned size = !memcmp(root->signature, "XSDT", 4) ? 8 : 4;

    for (uint32_t at = sizeof(*root); at + size <= root->length; at += size) {
        const struct sdt *t = table_map(get(root, at, size));

        if (t)
            table_parse(t);
    }
}

static bool rsdp_valid(const uint8_t *p)
{
    return !memcmp(p, "RSD PTR ", 8) && !sum(p, RSDP_V1_LENGTH);
}

/* On 16-byte borders of the first KiB of the extended BIOS data area, or of the BIOS itself. */
static const uint8_t *rsdp_scan(maddr_t from, size_t size)
{
    const uint8_t *p = ioremap(from, size, IOREMAP_READONLY);

    for (size_t i = 0; i + RSDP_LENGTH <= size; i += 16)
        if (rsdp_valid(p + i)) {
            platform.rsdp = from + i;
            return p + i;
        }
    return NULL;
}

static const uint8_t *rsdp_find(const struct boot_info *info)
{
    const uint8_t *low = ioremap(0, PAGE_SIZE, IOREMAP_READONLY);
    maddr_t ebda = (maddr_t)get(low, 0x40e, 2) << 4;
    const uint8_t *p = NULL;

    platform.keyboard_flags = low[0x417];
    if (info->rsdp_len >= RSDP_V1_LENGTH && rsdp_valid(info->rsdp))
        return info->rsdp;
    if (ebda >= 0x400 && ebda < 0xa0000)
        p = rsdp_scan(ebda, 1024);
    return p ? p : rsdp_scan(0xe0000, 0x20000);
}

void acpi_init(const struct boot_info *info)
{
    const uint8_t *rsdp = rsdp_find(info);
    const struct sdt *root = NULL;

    if (!rsdp) {
        log_msg(LOG_WARN, "ACPI: no tables found: one CPU, no power-off");
        return;
    }
    if (rsdp[RSDP_REVISION] >= 2)
        root = table_map(get(rsdp, RSDP_XSDT, 8));
    if (!root)
        root = table_map(get(rsdp, RSDP_RSDT, 4));
    if (!root) {
        log_msg(LOG_WARN, "ACPI: the root table is damaged");
        return;
    }
    root_parse(root);
    log_msg(LOG_INFO, "ACPI: %u CPUs, %u I/O APICs, PM timer at %#x, HPET at %#lx, power-off %s",
            platform.nr_cpus, platform.nr_ioapics, platform.pm_timer, platform.hpet,
            platform.has_s5 ? "known" : "unknown");
}
