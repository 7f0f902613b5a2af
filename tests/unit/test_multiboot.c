/* SPDX-License-Identifier: MIT */
/* LINK: boot/multiboot.c boot/e820.c */
/* Checks [BOOT-3]. */
#include "boot/e820.h"
#include "boot/multiboot.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MEM 0x4000

/* "Machine memory" of exactly MEM bytes on the heap, so that a byte too far is seen. */
static uint8_t *mem;
static struct boot_window w;
static struct boot_info out;

static void setup(void)
{
    mem = calloc(1, MEM);
    w = (struct boot_window){.base = mem, .size = MEM};
}

static void teardown(void)
{
    free(mem);
}

TestSuite(multiboot, .init = setup, .fini = teardown);
TestSuite(e820);

static void put32(unsigned at, uint32_t v)
{
    memcpy(mem + at, &v, 4);
}

static void put_text(unsigned at, const char *s)
{
    memcpy(mem + at, s, strlen(s) + 1);
}

static void put_range(unsigned at, uint64_t addr, uint64_t size, uint32_t type)
{
    memcpy(mem + at, &addr, 8);
    memcpy(mem + at + 8, &size, 8);
    memcpy(mem + at + 16, &type, 4);
}

/* What QEMU's -kernel leaves: information at 0x100, strings with file names first. */
static void qemu_like(void)
{
    put32(0x100, 1 << 2 | 1 << 3 | 1 << 6 | 1 << 9);
    put32(0x110, 0x200);
    put_text(0x200, "build/philoxen loglvl=all noreboot");
    put32(0x114, 1);
    put32(0x118, 0x300);
    put32(0x300, 0x1000);
    put32(0x304, 0x2000);
    put32(0x308, 0x400);
    put_text(0x400, "hello.elf one two");
    put32(0x12c, 48);
    put32(0x130, 0x500);
    put32(0x500, 20);
    put_range(0x504, 0, 0x9fc00, E820_RAM);
    put32(0x518, 20);
    put_range(0x51c, 0x100000, 0x700000, E820_RAM);
    put32(0x140, 0x600);
    put_text(0x600, "qemu");
}

static int parse1(void)
{
    return multiboot_parse(&w, MULTIBOOT1_MAGIC, 0x100, &out);
}

Test(multiboot, qemus_information_is_read)
{
    qemu_like();
    cr_assert_eq(parse1(), 0);
    cr_assert_str_eq(out.loader, "qemu");
    cr_assert_str_eq(out.cmdline, "loglvl=all noreboot");
    cr_assert_eq(out.modules.count, 1);
    cr_assert_eq(out.modules.mod[0].start, 0x1000);
    cr_assert_eq(out.modules.mod[0].end, 0x2000);
    cr_assert_str_eq(out.modules.mod[0].cmdline, "one two");
    cr_assert_eq(out.e820.count, 2);
    cr_assert_eq(out.e820.e[1].addr, 0x100000);
    cr_assert_eq(out.e820.e[1].size, 0x700000);
    cr_assert_eq(out.rsdp_len, 0);
}

Test(multiboot, grub_2_does_not_name_the_file_first)
{
    qemu_like();
    put_text(0x600, "GRUB 2.06");
    cr_assert_eq(parse1(), 0);
    cr_assert_str_eq(out.cmdline, "build/philoxen loglvl=all noreboot");
    cr_assert_str_eq(out.modules.mod[0].cmdline, "hello.elf one two");
}

Test(multiboot, strings_survive_the_loaders_memory)
{
    qemu_like();
    cr_assert_eq(parse1(), 0);
    memset(mem, 0xff, MEM);
    cr_assert_str_eq(out.cmdline, "loglvl=all noreboot");
    cr_assert_str_eq(out.modules.mod[0].cmdline, "one two");
}

Test(multiboot, without_a_map_upper_memory_counts)
{
    put32(0x100, 1);
    put32(0x108, 7 << 10);
    cr_assert_eq(parse1(), 0);
    cr_assert_eq(out.e820.count, 1);
    cr_assert_eq(out.e820.e[0].addr, 1 << 20);
    cr_assert_eq(out.e820.e[0].size, 7 << 20);
    cr_assert_str_eq(out.cmdline, "");
    cr_assert_str_eq(out.loader, "");
}

Test(multiboot, larger_map_entries_are_stepped_over)
{
    put32(0x100, 1 << 6);
    put32(0x12c, 56);
    put32(0x130, 0x500);
    put32(0x500, 24);
    put_range(0x504, 0, 0x1000, E820_RAM);
    put32(0x51c, 24);
    put_range(0x520, 0x2000, 0x1000, E820_NVS);
    cr_assert_eq(parse1(), 0);
    cr_assert_eq(out.e820.count, 2);
    cr_assert_eq(out.e820.e[1].type, E820_NVS);
}

Test(multiboot, unknown_magic_is_einval)
{
    cr_assert_eq(multiboot_parse(&w, 0x12345678, 0x100, &out), -EINVAL);
}

Test(multiboot, information_outside_memory_is_einval)
{
    static const uint64_t at[] = {MEM, MEM - 8, MEM + 1, 0xffffffff};

    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(multiboot_parse(&w, MULTIBOOT1_MAGIC, at[i], &out), -EINVAL);
        cr_assert_eq(
            multiboot_parse(&w, MULTIBOOT2_MAGIC, at[i] == MEM - 8 ? MEM - 2 : at[i], &out),
            -EINVAL);
    }
}

/* Each field in turn points to the last bytes of memory or beyond. */
Test(multiboot, fields_that_point_out_of_memory_are_einval)
{
    static const struct {
        unsigned field;
        uint32_t value;
    } bad[] = {
        {0x110, MEM},        {0x110, 0xffffffff}, {0x118, MEM - 8}, {0x118, 0xfffffff8},
        {0x114, 0xffffffff}, {0x304, MEM + 1},    {0x304, 0xfff},   {0x308, MEM + 7},
        {0x130, MEM - 30},   {0x130, 0xffffffff}, {0x500, 0},       {0x500, 0xffffffff},
        {0x140, MEM},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(mem, 0, MEM);
        qemu_like();
        put32(bad[i].field, bad[i].value);
        cr_assert_eq(parse1(), -EINVAL, "field %#x = %#x", bad[i].field, bad[i].value);
    }
}

Test(multiboot, string_without_an_end_is_einval)
{
    qemu_like();
    put32(0x110, MEM - 4);
    memset(mem + MEM - 4, 'a', 4);
    cr_assert_eq(parse1(), -EINVAL);
}

Test(multiboot, too_many_modules_are_einval)
{
    qemu_like();
    put32(0x114, BOOT_MODULES_MAX + 1);
    for (unsigned i = 0; i <= BOOT_MODULES_MAX; i++) {
        put32(0x800 + i * 16, 0x1000);
        put32(0x800 + i * 16 + 4, 0x1000);
    }
    put32(0x118, 0x800);
    cr_assert_eq(parse1(), -EINVAL);
    put32(0x114, BOOT_MODULES_MAX);
    cr_assert_eq(parse1(), 0);
    cr_assert_eq(out.modules.count, BOOT_MODULES_MAX);
}

/* ---- multiboot 2 ---- */

static unsigned tag_at;

static void tag(uint32_t type, const void *body, uint32_t n)
{
    put32(tag_at, type);
    put32(tag_at + 4, n + 8);
    memcpy(mem + tag_at + 8, body, n);
    tag_at += (n + 8 + 7) & ~7u;
}

static void grub_like(void)
{
    uint8_t module[12] = {0, 0x10, 0, 0, 0, 0x20, 0, 0, 'a', ' ', 'b', 0};
    uint8_t map[8 + 24] = {24};
    struct e820_entry e = {.addr = 0x100000, .size = 0x200000, .type = E820_RAM};

    memcpy(map + 8, &e, sizeof(e));
    tag_at = 0x108;
    tag(1, "loglvl=all", 11);
    tag(2, "GRUB 2.06", 10);
    tag(3, module, 12);
    tag(6, map, sizeof(map));
    tag(14, "RSD PTR 123456789012", 20);
    tag(15, "RSD PTR 1234567890121234567890123456", 36);
    tag(0, "", 0);
    put32(0x100, tag_at - 0x100);
}

static int parse2(void)
{
    return multiboot_parse(&w, MULTIBOOT2_MAGIC, 0x100, &out);
}

Test(multiboot, grubs_tags_are_read)
{
    grub_like();
    cr_assert_eq(parse2(), 0);
    cr_assert_str_eq(out.cmdline, "loglvl=all");
    cr_assert_str_eq(out.loader, "GRUB 2.06");
    cr_assert_eq(out.modules.count, 1);
    cr_assert_eq(out.modules.mod[0].start, 0x1000);
    cr_assert_str_eq(out.modules.mod[0].cmdline, "a b");
    cr_assert_eq(out.e820.count, 1);
    cr_assert_eq(out.e820.e[0].size, 0x200000);
    cr_assert_eq(out.rsdp_len, 36);
}

Test(multiboot, tags_of_wrong_length_are_einval)
{
    grub_like();
    put32(0x10c, 7); /* shorter than its own head: would never end */
    cr_assert_eq(parse2(), -EINVAL);
    grub_like();
    put32(0x10c, 0xffffffff);
    cr_assert_eq(parse2(), -EINVAL);
    grub_like();
    put32(0x100, MEM);
    cr_assert_eq(parse2(), -EINVAL);
}

/* Whatever one damaged byte says, the parser stays inside (the sanitizers watch). */
Test(multiboot, any_single_damaged_byte_is_survived)
{
    for (unsigned i = 0x100; i < 0x620; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            memset(mem, 0, MEM);
            qemu_like();
            mem[i] ^= (uint8_t)(1u << bit);
            parse1();
            memset(mem, 0, MEM);
            grub_like();
            mem[i] ^= (uint8_t)(1u << bit);
            parse2();
            cr_assert_leq(out.strings_used, BOOT_STRINGS);
            cr_assert_leq(out.modules.count, BOOT_MODULES_MAX);
        }
}

/* ---- memory maps ---- */

static void expect(const struct e820_map *m, unsigned i, uint64_t start, uint64_t end,
                   uint32_t type)
{
    cr_assert_lt(i, m->count);
    cr_assert_eq(m->e[i].addr, start);
    cr_assert_eq(m->e[i].addr + m->e[i].size, end);
    cr_assert_eq(m->e[i].type, type);
}

Test(e820, ranges_are_sorted_and_joined)
{
    struct e820_map m = {
        3, {{0x3000, 0x1000, E820_RAM}, {0x1000, 0x1000, E820_RAM}, {0x2000, 0x1000, E820_RAM}}};

    e820_normalise(&m);
    cr_assert_eq(m.count, 1);
    expect(&m, 0, 0x1000, 0x4000, E820_RAM);
}

Test(e820, where_ranges_overlap_the_less_usable_type_wins)
{
    struct e820_map m = {
        3, {{0, 0x10000, E820_RAM}, {0x4000, 0x2000, E820_RESERVED}, {0x5000, 0x3000, E820_ACPI}}};

    e820_normalise(&m);
    cr_assert_eq(m.count, 4);
    expect(&m, 0, 0, 0x4000, E820_RAM);
    expect(&m, 1, 0x4000, 0x6000, E820_RESERVED);
    expect(&m, 2, 0x6000, 0x8000, E820_ACPI);
    expect(&m, 3, 0x8000, 0x10000, E820_RAM);
    cr_assert_eq(e820_bytes(&m, E820_RAM), 0xc000);
}

Test(e820, setting_a_type_cuts_what_is_there)
{
    struct e820_map m = {2, {{0, 0x10000, E820_RAM}, {0x20000, 0x10000, E820_NVS}}};

    e820_set(&m, 0x8000, 0x24000, E820_RESERVED, true);
    cr_assert_eq(m.count, 3);
    expect(&m, 0, 0, 0x8000, E820_RAM);
    expect(&m, 1, 0x8000, 0x10000, E820_RESERVED);
    expect(&m, 2, 0x20000, 0x30000, E820_NVS);
    e820_set(&m, 0xc000, 0x24000, E820_UNUSABLE, false);
    cr_assert_eq(m.count, 4);
    expect(&m, 1, 0x8000, 0xc000, E820_RESERVED);
    expect(&m, 2, 0xc000, 0x24000, E820_UNUSABLE);
    expect(&m, 3, 0x24000, 0x30000, E820_NVS);
}

Test(e820, range_up_to_the_last_address_is_kept)
{
    struct e820_map m = {1, {{0xfffffffffffff000, 0xfff, E820_RAM}}};

    e820_normalise(&m);
    cr_assert_eq(m.count, 1);
    cr_assert_eq(m.e[0].size, 0xfff);
}
