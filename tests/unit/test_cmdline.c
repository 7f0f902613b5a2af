/* SPDX-License-Identifier: MIT */
/* LINK: boot/cmdline.c */
#include "boot/cmdline.h"
#include <criterion/criterion.h>
#include <string.h>

static struct boot_options o;

Test(cmdline, empty_line_gives_the_defaults)
{
    cmdline_parse(&o, "");
    cr_assert(o.console.com1);
    cr_assert_eq(o.console.com1_baud, 115200);
    cr_assert_eq(o.console.com1_port, 0x3f8);
    cr_assert_eq(o.dom0_mem, 0);
    cr_assert_eq(o.dom0_max_vcpus, 0);
    cr_assert_eq(o.maxcpus, 0);
    cr_assert_eq(o.console.loglvl, LOG_INFO);
    cr_assert_eq(o.console.guest_loglvl, LOG_GUEST_ERR);
    cr_assert(!o.noreboot);
    cr_assert_eq(o.reports, 0);
}

Test(cmdline, a_usual_line_is_understood)
{
    cmdline_parse(&o,
                  "  console=com1,vga com1=115200,8n1 dom0_mem=64M dom0_max_vcpus=2\tloglvl=all "
                  "guest_loglvl=all noreboot maxcpus=4 sched=rr debug-panic ");
    cr_assert_eq(o.reports, 0);
    cr_assert(o.console.com1);
    cr_assert_eq(o.dom0_mem, 64 << 20);
    cr_assert_eq(o.dom0_max_vcpus, 2);
    cr_assert_eq(o.console.loglvl, LOG_DEBUG);
    cr_assert_eq(o.console.guest_loglvl, LOG_GUEST_DEBUG);
    cr_assert(o.noreboot);
    cr_assert(o.debug_panic);
    cr_assert_eq(o.maxcpus, 4);
    cr_assert_str_eq(o.sched, "rr");
}

Test(cmdline, console_without_com1_is_silent)
{
    cmdline_parse(&o, "console=vga");
    cr_assert(!o.console.com1);
    cr_assert(o.console.vga);
    cmdline_parse(&o, "console=vga,com1");
    cr_assert(o.console.com1);
    cr_assert(o.console.vga);
    cmdline_parse(&o, "console=none");
    cr_assert(!o.console.com1 && !o.console.vga);
    cr_assert_eq(o.reports, 0);
    cmdline_parse(&o, "console=com12");
    cr_assert(o.console.com1);
    cr_assert_eq(o.reports, 1);
}

Test(cmdline, com1_takes_speed_format_and_port)
{
    cmdline_parse(&o, "com1=9600,8n1,0x2f8");
    cr_assert_eq(o.console.com1_baud, 9600);
    cr_assert_eq(o.console.com1_port, 0x2f8);
    cmdline_parse(&o, "com1=auto");
    cr_assert_eq(o.console.com1_baud, 0);
    cr_assert_eq(o.console.com1_port, 0x3f8);
    cmdline_parse(&o, "com1=115200,8n1,0x3f8,5");
    cr_assert_eq(o.console.com1_irq, 5);
    cr_assert_eq(o.reports, 0);
}

Test(cmdline, sizes_are_as_in_xen)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } sizes[] = {
        {"64M", 64ull << 20},  {"64m", 64ull << 20},   {"1G", 1ull << 30}, {"2T", 2ull << 40},
        {"512", 512ull << 10}, {"512k", 512ull << 10}, {"4096B", 4096},    {"0x10M", 16ull << 20},
    };

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const char *end;
        uint64_t bytes;

        cr_assert(cmdline_size(sizes[i].text, &end, &bytes));
        cr_assert_eq(bytes, sizes[i].bytes, "%s", sizes[i].text);
        cr_assert_eq(*end, 0);
    }
}

Test(cmdline, sizes_that_overflow_are_refused)
{
    const char *end;
    uint64_t bytes;

    cr_assert(!cmdline_size("8388608T", &end, &bytes));
    cr_assert(!cmdline_size("99999999999999999999B", &end, &bytes));
    cr_assert(!cmdline_size("M", &end, &bytes));
    cr_assert(!cmdline_size("", &end, &bytes));
}

Test(cmdline, dom0_mem_takes_minimum_and_maximum)
{
    cmdline_parse(&o, "dom0_mem=min:64M,max:512M,128M");
    cr_assert_eq(o.dom0_mem, 128 << 20);
    cr_assert_eq(o.dom0_mem_min, 64 << 20);
    cr_assert_eq(o.dom0_mem_max, 512 << 20);
    cmdline_parse(&o, "dom0_mem=-256M,max:-128M");
    cr_assert_eq(o.dom0_mem, -(256ll << 20));
    cr_assert_eq(o.dom0_mem_max, -(128ll << 20));
}

Test(cmdline, dom0_max_vcpus_takes_a_range)
{
    cmdline_parse(&o, "dom0_max_vcpus=1-4");
    cr_assert_eq(o.dom0_max_vcpus, 4);
    cr_assert_eq(o.reports, 0);
}

Test(cmdline, log_levels_have_xens_words)
{
    cmdline_parse(&o, "loglvl=none guest_loglvl=none");
    cr_assert_eq(o.console.loglvl, LOG_ERR); /* errors are always shown */
    cr_assert_lt(o.console.guest_loglvl, LOG_GUEST_ERR);
    cmdline_parse(&o, "loglvl=warning guest_loglvl=info");
    cr_assert_eq(o.console.loglvl, LOG_WARN);
    cr_assert_eq(o.console.guest_loglvl, LOG_GUEST);
    cmdline_parse(&o, "loglvl=error/all guest_loglvl=none/info");
    cr_assert_eq(o.console.loglvl, LOG_ERR);
    cr_assert_eq(o.console.loglvl_limited, LOG_DEBUG);
    cr_assert_lt(o.console.guest_loglvl, LOG_GUEST_ERR);
    cr_assert_eq(o.console.guest_loglvl_limited, LOG_GUEST);
    cmdline_parse(&o, "loglvl=all/error");
    cr_assert_eq(o.console.loglvl_limited, LOG_DEBUG);
    cmdline_parse(&o, "loglvl=all/");
    cr_assert_eq(o.reports, 1);
}

Test(cmdline, unknown_option_is_reported_by_name)
{
    cmdline_parse(&o, "loglvl=all wibble=3 noreboot");
    cr_assert_eq(o.reports, 1);
    cr_assert_str_eq(o.report[0].name, "wibble");
    cr_assert(!o.report[0].bad_value);
    cr_assert(o.noreboot);
}

Test(cmdline, bad_value_is_reported_and_changes_nothing)
{
    static const char *const lines[] = {
        "maxcpus=x",    "maxcpus=",      "loglvl=loud",
        "dom0_mem=64Q", "dom0_mem=",     "com1=9600x",
        "com1=1152000", "com1=9600,7e1", "sched=a-name-much-too-long"};

    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        cmdline_parse(&o, lines[i]);
        cr_assert_eq(o.reports, 1, "%s", lines[i]);
        cr_assert(o.report[0].bad_value);
        cr_assert_eq(o.maxcpus, 0);
        cr_assert_eq(o.dom0_mem, 0);
        cr_assert_eq(o.console.com1_baud, 115200);
    }
}

Test(cmdline, dash_and_underscore_are_the_same)
{
    cmdline_parse(&o, "dom0-mem=1M debug_panic");
    cr_assert_eq(o.dom0_mem, 1 << 20);
    cr_assert(o.debug_panic);
    cr_assert_eq(o.reports, 0);
}

Test(cmdline, flags_can_be_switched_off)
{
    cmdline_parse(&o, "noreboot noreboot=no");
    cr_assert(!o.noreboot);
}

Test(cmdline, endless_words_and_many_mistakes_stay_in_bounds)
{
    char line[4096];

    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = 0;
    cmdline_parse(&o, line);
    cr_assert_eq(o.reports, 1);
    for (unsigned i = 0; i < sizeof(line) - 1; i++)
        line[i] = i & 1 ? ' ' : 'y';
    cmdline_parse(&o, line);
    cr_assert_eq(o.reports, CMDLINE_REPORTS);
}

Test(cmdline, console_words_are_as_in_xen)
{
    cmdline_parse(&o, "conring_size=128k console_timestamps=boot sync_console conswitch=bx "
                      "console_to_ring vga=text-80x25,keep");
    cr_assert_eq(o.reports, 0);
    cr_assert_eq(o.console.ring_size, 128 << 10);
    cr_assert_eq(o.console.timestamps, STAMP_BOOT);
    cr_assert(o.console.sync && o.console.to_ring && o.console.vga_keep);
    cr_assert(!strncmp(o.console.conswitch, "bx", 2));
    cmdline_parse(&o, "console_timestamps");
    cr_assert_eq(o.console.timestamps, STAMP_DATE);
    cmdline_parse(&o, "console_timestamps=no conswitch=");
    cr_assert_eq(o.console.timestamps, STAMP_NONE);
    cr_assert_eq(o.console.conswitch[0], 0);
    cmdline_parse(&o, "console_timestamps=sometimes");
    cr_assert_eq(o.reports, 1);
}

Test(cmdline, an_unknown_option_is_told_what_it_may_have_meant)
{
    cmdline_parse(&o, "dom0_men=64M consle=vga zzzzzz gest_logvl=all");
    cr_assert_eq(o.reports, 4);
    cr_assert_str_eq(o.report[0].nearest, "dom0_mem");
    cr_assert_str_eq(o.report[1].nearest, "console");
    cr_assert_null(o.report[2].nearest);
    cr_assert_str_eq(o.report[3].nearest, "guest_loglvl");
}
