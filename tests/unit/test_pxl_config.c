/* SPDX-License-Identifier: MIT */
/* LINK: tools/libpxl/config.c tools/libpxl/config_xl.c tools/libpxl/config_json.c tools/libpxl/devspec.c tools/libpxl/fault.c */
/* LINK: tools/libpxl/cpumask.c tools/libpxl/config_check.c tools/libpxl/qemuconf.c tools/libpxl/cpuid.c */
/* pxl's configurations: each key, both syntaxes, conversion without loss, and what a fault says. */
#include "tools/libpxl/config.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct pxl p;
static struct pxl_config c;
static char said[512];

static void hear(void *arg, int level, const char *message)
{
    (void)arg, (void)level;
    snprintf(said, sizeof(said), "%s", message);
}

static void setup(void)
{
    p = (struct pxl){.log = hear};
    said[0] = 0;
    pxl_config_init(&c);
}

static void teardown(void)
{
    pxl_config_free(&c);
    fault_clear(&p);
}

TestSuite(pxl_config, .init = setup, .fini = teardown);

static int read_text(const char *text, bool strict)
{
    pxl_config_free(&c);
    pxl_config_init(&c);
    return pxl_config_read(&p, &c, text, strlen(text), "test.cfg", strict);
}

static const char *first_fault(void)
{
    return pxl_fault(&p) ? pxl_fault(&p)->what : "(none)";
}

/* Both syntaxes, both ways, say the same; returns xl's. */
static char *same_both_ways(void)
{
    char *xl = pxl_config_to_xl(&c), *json = pxl_config_to_json(&c), *again;

    cr_assert(xl && json);
    cr_assert_eq(read_text(json, false), 0, "%s\n%s", first_fault(), json);
    again = pxl_config_to_xl(&c);
    cr_assert_str_eq(again, xl);
    free(again);
    cr_assert_eq(read_text(xl, false), 0, "%s\n%s", first_fault(), xl);
    again = pxl_config_to_json(&c);
    cr_assert_str_eq(again, json);
    free(again);
    free(json);
    return xl;
}

/* Each key of the table with a value that is not its default, and how it is said again. */
static const struct {
    const char *in, *out;
} keys[] = {
    {"name = 'a'", "name = \"a\""},
    {"type = \"pv\"", NULL},
    {"builder = \"generic\"", NULL},
    {"kernel = \"/boot/vmlinuz\"", NULL},
    {"ramdisk = \"/boot/initrd\"", NULL},
    {"cmdline = \"a \\\"b\\\" \\\\ c\"", NULL},
    {"root = \"/dev/xvda ro\"", NULL},
    {"extra = \"quiet\"", NULL},
    {"bootloader = \"pygrub\"", NULL},
    {"bootloader_args = [ \"-q\", \"x y\" ]", NULL},
    {"memory = 0x80", "memory = 128"},
    {"maxmem = 256", NULL},
    {"vcpus = 2", NULL},
    {"maxvcpus = 4", NULL},
    {"cpus = \"0-3,^2\"", "cpus = \"0-1,3\""},
    {"cpus = [ \"0\", \"1-2\" ]", NULL},
    {"cpus = \"all\"", NULL},
    {"cpus_soft = \"1\"", NULL},
    {"cpu_weight = 512", NULL},
    {"cap = 50", NULL},
    {"pool = \"Pool-0\"", NULL},
    {"uuid = \"8f3b9b2e-1c4d-4e5f-8a9b-0c1d2e3f4a5b\"", NULL},
    {"disk = [ '/dev/vg/a,raw,xvda,w' ]", "disk = [ \"format=raw,vdev=xvda,access=rw,target=/dev/vg/a\" ]"},
    {"vif = [ 'mac=00:16:3e:00:00:01,bridge=br0', '' ]", "vif = [ \"mac=00:16:3e:00:00:01,bridge=br0\", \"\" ]"},
    {"p9 = [ 'tag=t, path=/p,security_model=none' ]", "p9 = [ \"tag=t,path=/p,security_model=none\" ]"},
    {"channel = [ \"name=a,connection=pty\" ]", NULL},
    {"vfb = [ \"vnc=1,vncdisplay=3\" ]", NULL},
    {"on_poweroff = \"preserve\"", NULL},
    {"on_reboot = \"destroy\"", NULL},
    {"on_crash = \"rename-restart\"", NULL},
    {"on_watchdog = \"restart\"", NULL},
    {"on_soft_reset = \"coredump-destroy\"", NULL},
    {"max_grant_frames = 16", NULL},
    {"max_maptrack_frames = 0", NULL},
    {"max_grant_version = 1", NULL},
    {"max_event_channels = 4095", NULL},
    {"nomigrate = 1", NULL},
    {"driver_domain = 1", NULL},
    {"e820_host = 1", NULL},
    {"seclabel = \"system_u:system_r:domU_t\"", NULL},
    {"tsc_mode = \"native\"", NULL},
    {"cpuid = [ \"0x1:ecx=xxxx\" ]", NULL},
    {"xenstore_quota = 100", NULL},
};

Test(pxl_config, each_key_is_kept)
{
    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char want[256], *xl;

        cr_assert_eq(read_text(keys[i].in, true), 0, "%s: %s", keys[i].in, first_fault());
        xl = same_both_ways();
        snprintf(want, sizeof(want), "%s\n", keys[i].out ? keys[i].out : keys[i].in);
        cr_assert_str_eq(xl, want);
        free(xl);
    }
}

Test(pxl_config, the_table_has_those_keys)
{
    /* Two of the tests above are more forms of cpus=. */
    cr_assert_eq(config_keys(NULL, 0), sizeof(keys) / sizeof(keys[0]) - 2);
}

/* Configurations of random keys with random values go through both syntaxes unchanged. */
Test(pxl_config, random_ones_are_kept)
{
    static const char letters[] = "abcXYZ019 _-./:\\\"'#,;=[]{}\t\xc3\xa4";

    srand(1);
    for (unsigned round = 0; round < 500; round++) {
        char text[8192] = "", *xl;
        size_t at = 0;

        for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
            if (rand() % 2)
                at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", keys[i].in, rand() % 4 ? "\n" : " ; ");
        }
        at += (size_t)snprintf(text + at, sizeof(text) - at, "\nextra += 'x' # end\nunheard_of = [ 'a,b', 'c' ]\ncmdline = \"");
        for (unsigned i = rand() % 40; i; i--) {
            char l = letters[rand() % (sizeof(letters) - 3)];

            at += (size_t)snprintf(text + at, sizeof(text) - at, l == '"' || l == '\\' ? "\\%c" : "%c", l);
        }
        snprintf(text + at, sizeof(text) - at, "\xc3\xa4\"\n");
        cr_assert_eq(read_text(text, false), 0, "%s\n%s", first_fault(), text);
        xl = same_both_ways();
        free(xl);
    }
}

Test(pxl_config, unknown_keys_are_kept_as_they_were)
{
    char *xl;

    cr_assert_eq(read_text("foo = [ 'a,b', 'c' ]\nbar = 17\nbaz = word\nqux = '17'\n", false), 0);
    xl = same_both_ways();
    cr_assert_str_eq(xl, "foo = [ \"a,b\", \"c\" ]\nbar = 17\nbaz = \"word\"\nqux = \"17\"\n");
    free(xl);
}

Test(pxl_config, an_unknown_key_is_a_warning_with_the_nearest)
{
    cr_assert_eq(read_text("\nmemroy = 5", false), 0);
    cr_assert(strstr(said, "test.cfg:2") && strstr(said, "memroy") && strstr(said, "did you mean memory?"), "%s", said);
    cr_assert_eq(read_text("something_else_entirely = 5", false), 0);
    cr_assert(!strstr(said, "did you mean"), "%s", said);
}

Test(pxl_config, strict_makes_it_an_error)
{
    cr_assert_eq(read_text("name='x'\nkernl = '/k'", true), -1);
    cr_assert(strstr(first_fault(), "test.cfg:2") && strstr(first_fault(), "kernl"), "%s", first_fault());
    cr_assert_str_eq(pxl_fault(&p)->hint, "did you mean kernel?");
}

Test(pxl_config, faults_name_the_line)
{
    static const struct {
        const char *text, *where;
    } bad[] = {
        {"name = \"a", "test.cfg:1"},
        {"\n\nname = ", "test.cfg:3"},
        {"memory = lots", "test.cfg:1"},
        {"memory = -1", "test.cfg:1"},
        {"memory = [ 1 ]", "test.cfg:1"},
        {"memory = 99999999999999999999", "test.cfg:1"},
        {"vcpus = 4294967296", "test.cfg:1"},
        {"name = [ 'a' ]", "test.cfg:1"},
        {"disk = [\n 'a',\n 'b' 'c' ]", "test.cfg:3"},
        {"# x\ndisk = [ 'nonsense=1,xvda' ]", "test.cfg:2"},
        {"vif = [ 'mac=12' ]", "test.cfg:1"},
        {"on_crash = 'explode'", "test.cfg:1"},
        {"on_crash = [ 'destroy' ]", "test.cfg:1"},
        {"uuid = 'xyz'", "test.cfg:1"},
        {"uuid = '8f3b9b2e'", "test.cfg:1"},
        {"cpus = '3-1'", "test.cfg:1"},
        {"cpus = '1024'", "test.cfg:1"},
        {"cpus = []", "test.cfg:1"},
        {"nomigrate = 2", "test.cfg:1"},
        {"= 3", "test.cfg:1"},
        {"name 3", "test.cfg:1"},
        {"name = 'a' 'b'", "test.cfg:1"},
        {"name = '\\q'", "test.cfg:1"},
        {"name = '\\x00'", "test.cfg:1"},
        {"name = '\xff'", "test.cfg:1"},
        {"{ \"name\": { } }", "test.cfg"},
        {"{ \"name\": null }", "test.cfg"},
        {"{ \"name\": \"a\\u0000b\" }", "test.cfg"},
        {"{ \"name\": \"a\" ", "test.cfg"},
        {"{ \"memory\": 1e3 }", "test.cfg"},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_eq(read_text(bad[i].text, false), -1, "%s", bad[i].text);
        cr_assert(strstr(first_fault(), bad[i].where), "%s: %s", bad[i].text, first_fault());
    }
}

Test(pxl_config, deep_json_is_refused)
{
    size_t n = 200000;
    char *text = malloc(n + 2);

    cr_assert(text);
    memset(text, '[', n);
    text[0] = '{';
    text[n] = 0;
    cr_assert_eq(read_text(text, false), -1);
    free(text);
}

Test(pxl_config, a_key_that_xl_cannot_say_is_refused_in_json)
{
    cr_assert_eq(read_text("{\"no-migrate\": true}", false), -1);
    cr_assert(strstr(first_fault(), "no-migrate"), "%s", first_fault());
    cr_assert_eq(read_text("{\"\": 1}", false), -1);
}

Test(pxl_config, lists_go_over_lines_with_comments)
{
    cr_assert_eq(read_text("disk = [ '/a,raw,xvda,w', # first\n  \"/b,raw,xvdb,r\",\n]\nname='x';memory=5", true), 0, "%s",
                 first_fault());
    cr_assert_eq(c.nr_disks, 2);
    cr_assert(c.disks[1].readonly && !c.disks[0].readonly);
    cr_assert_eq(c.memory, 5);
}

Test(pxl_config, the_command_line_needs_no_quotes)
{
    cr_assert_eq(pxl_config_set(&p, &c, "name=guest-1", true), 0);
    cr_assert_eq(pxl_config_set(&p, &c, "kernel=/boot/vmlinuz-6.1", true), 0);
    cr_assert_eq(pxl_config_set(&p, &c, "memory=64", true), 0);
    cr_assert_eq(pxl_config_set(&p, &c, "memory=", true), -1);
    cr_assert(strstr(first_fault(), "command line"), "%s", first_fault());
    cr_assert_eq(pxl_config_check(&p, &c), 0);
}

Test(pxl_config, what_does_not_fit_together_is_refused)
{
    static const char *const bad[] = {
        "kernel='/k' memory=1", "name='a/b'; kernel='/k'; memory=1", "name='a b'; kernel='/k'; memory=1", "name='a'; memory=1",
        "name='a'; kernel='/k'", "name='a'; kernel='/k'; memory=1; vcpus=0", "name='a'; kernel='/k'; memory=1; vcpus=3; maxvcpus=2",
        "name='a'; kernel='/k'; memory=2; maxmem=1", "name='a'; kernel='/k'; memory=1; type='hvm'",
        "name='a'; kernel='/k'; memory=1; pool='other'", "name='a'; kernel='/k'; memory=1; bootloader='pygrub'",
        "name='a'; kernel='/k'; memory=1; disk=['/a,raw,xvda,w','/b,raw,xvda,w']", "name='a'; kernel='/k'; memory=1; channel=['name=x']",
        "name='a'; kernel='/k'; memory=1; channel=['connection=socket,path=x']", "name='a'; kernel='/k'; memory=1; channel=['connection=pty,x=y']",
        "name='a'; kernel='/k'; memory=1; tsc_mode='sundial'", "name='a'; kernel='/k'; memory=1; cpuid='host,nosuch=1'",
        "name='a'; kernel='/k'; memory=1; p9=['path=/srv']", "name='a'; kernel='/k'; memory=1; p9=['tag=a,path=srv']",
        "name='a'; kernel='/k'; memory=1; p9=['tag=a,path=/srv,security_model=x']", "name='a'; kernel='/k'; memory=1; vfb=['vnc=1','vnc=1']",
        "name='a'; kernel='/k'; memory=1; vfb=['sdl=1']", "name='a'; kernel='/k'; memory=1; vfb=['vncdisplay=1x']",
        "name='a'; kernel='/k'; memory=1; vfb=['vnclisten=::1 x']", "name='a'; kernel='/k'; memory=1; vfb=['color=1']",
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_assert(read_text(bad[i], true) || pxl_config_check(&p, &c), "%s", bad[i]);
    cr_assert_eq(read_text("name='a'; kernel='/k'; memory=1; p9=['tag=a,path=/srv']; vfb=['vnc=1,vncdisplay=2']", true), 0);
    cr_assert_eq(pxl_config_check(&p, &c), 0);
}

/* ---- masks of CPUs ---- */

Test(pxl_config, cpu_masks)
{
    static const struct {
        const char *in, *out;
    } masks[] = {{"0", "0"}, {"0-3", "0-3"}, {"0-3,^1", "0,2-3"}, {"all", "all"}, {"all,^0", "1-15"}, {"5,7,6", "5-7"},
                 {"15", "15"}, {"nodes:0", "all"}, {"", ""}};
    static const char *const bad[] = {"x", "1-", "-1", "3-1", "1024", "0,,x", "1 2", "^", "all0"};
    uint64_t mask[16];
    char text[256];

    for (unsigned i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        cr_assert_eq(pxl_cpumask_parse(&p, masks[i].in, mask), 0, "%s", masks[i].in);
        pxl_cpumask_print(text, sizeof(text), mask, 16);
        cr_assert_str_eq(text, masks[i].out);
    }
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_assert_eq(pxl_cpumask_parse(&p, bad[i], mask), -1, "%s", bad[i]);
}

/* ---- chains of faults ---- */

Test(pxl_config, a_chain_is_a_line_a_level)
{
    char text[512] = "";
    FILE *f = fmemopen(text, sizeof(text), "w");

    pxl_fail(&p, "open", ENOENT, "kernel= names a file", "read kernel %s", "/k");
    pxl_wrap(&p, "create %s", "a");
    pxl_fault_print(f, pxl_fault(&p));
    fclose(f);
    cr_assert_str_eq(text, "cannot create a\n  read kernel /k: open: No such file or directory\n    try: kernel= names a file\n");
    pxl_fail(&p, NULL, 0, NULL, "another");
    cr_assert(!pxl_fault(&p)->cause);
}

/* ---- characters ---- */

Test(pxl_config, utf8)
{
    static const struct {
        const char *text;
        unsigned bytes;
    } characters[] = {{"a", 1}, {"\xc3\xa9x", 2}, {"\xe2\x82\xac", 3}, {"\xf0\x9f\x98\x80", 4}, {"\xff", 0}, {"\x80", 0}, {"\xc0\x80", 0},
                      {"\xed\xa0\x80", 0}, {"\xe2\x82", 0}, {"\xf4\x90\x80\x80", 0}, {"\xc3", 0}, {"\xe0\x80\x80", 0}};

    for (unsigned i = 0; i < sizeof(characters) / sizeof(characters[0]); i++)
        cr_assert_eq(pxl_utf8(characters[i].text), characters[i].bytes, "%u", i);
}
