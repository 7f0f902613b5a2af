/* SPDX-License-Identifier: MIT */
/* LINK: dom0/console/history.c dom0/console/logfile.c */
/* What the console daemon keeps of a guest's words: the last 64 KiB in memory, and files that rotate. */
#include "dom0/console/history.h"
#include "dom0/console/logfile.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct history *h;
static char copy[2 * HISTORY_BYTES], bytes[3 * HISTORY_BYTES];

static void setup(void)
{
    h = history_new();
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 31 + i / 251);
}

static void teardown(void)
{
    history_put(h);
}

TestSuite(console_history, .init = setup, .fini = teardown);

/* All that is kept is the end of the first n of `bytes`. */
static void expect_end(size_t n)
{
    size_t kept = n < HISTORY_BYTES ? n : HISTORY_BYTES;

    cr_assert_eq(h->end, n);
    cr_assert_eq(history_copy(h, copy), kept);
    cr_assert(!memcmp(copy, bytes + n - kept, kept));
}

Test(console_history, a_new_one_is_empty_and_has_no_memory)
{
    expect_end(0);
    cr_assert_null(h->data);
}

Test(console_history, small_words_take_little_memory)
{
    history_add(h, bytes, 100);
    expect_end(100);
    cr_assert_leq(h->size, 1024);
}

Test(console_history, the_last_64_KiB_are_kept_whatever_the_pieces)
{
    static const size_t pieces[] = {1, 2047, 2048, 5, 60000, 1023, 1024, 65536, 3};
    size_t n = 0;

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        history_add(h, bytes + n, pieces[i]);
        n += pieces[i];
        expect_end(n);
    }
}

Test(console_history, one_piece_longer_than_all)
{
    history_add(h, bytes, HISTORY_BYTES + 12345);
    expect_end(HISTORY_BYTES + 12345);
    cr_assert_eq(h->size, HISTORY_BYTES);
}

Test(console_history, a_slow_reader_is_moved_to_what_is_left)
{
    uint64_t position = 0;
    const char *data;

    history_add(h, bytes, HISTORY_BYTES + 10);
    cr_assert_gt(history_peek(h, &position, &data), 0);
    cr_assert_eq(position, 10);
    cr_assert_eq(*data, bytes[10]);
    position = h->end;
    cr_assert_eq(history_peek(h, &position, &data), 0);
}

Test(console_history, who_holds_a_reference_keeps_it)
{
    history_add(h, bytes, 10);
    cr_assert_eq(history_get(h), h);
    history_put(h);
    expect_end(10);
}

/* ---- files ---- */

static char folder[] = "/tmp/console-XXXXXX";
static struct logfile_rules rules;

static void folder_make(void)
{
    cr_assert_not_null(mkdtemp(folder));
    rules = (struct logfile_rules){.directory = folder, .size = 10, .keep = 2};
}

static void folder_remove(void)
{
    char command[64];

    snprintf(command, sizeof(command), "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(console_logfile, .init = folder_make, .fini = folder_remove);

static void expect_file(const char *name, const char *text)
{
    char path[64], there[64] = "";
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "r");
    if (!text) {
        cr_assert_null(f, "%s is there", name);
        return;
    }
    cr_assert_not_null(f, "%s is missing", name);
    cr_assert_eq(fread(there, 1, sizeof(there) - 1, f), strlen(text));
    fclose(f);
    cr_assert_str_eq(there, text);
}

static void append(const char *text)
{
    char *path = logfile_path(&rules, "g");

    cr_assert_eq(logfile_append(&rules, path, text, strlen(text)), 0);
    free(path);
}

Test(console_logfile, pieces_are_appended)
{
    append("one");
    append("two");
    expect_file("g.log", "onetwo");
}

Test(console_logfile, a_full_one_is_moved_and_the_oldest_goes)
{
    append("11111111");
    append("22222222");
    append("33");
    append("44444444");
    append("55555555");
    expect_file("g.log", "55555555");
    expect_file("g.log.1", "44444444");
    expect_file("g.log.2", "2222222233");
    expect_file("g.log.3", NULL);
}

Test(console_logfile, a_piece_longer_than_a_file_is_written_all_the_same)
{
    append("much longer than ten");
    expect_file("g.log", "much longer than ten");
    expect_file("g.log.1", NULL);
}

Test(console_logfile, no_old_ones_when_none_are_to_be_kept)
{
    rules.keep = 0;
    append("11111111");
    append("22222222");
    expect_file("g.log", "22222222");
    expect_file("g.log.1", NULL);
}

Test(console_logfile, without_a_limit_a_file_grows)
{
    rules.size = 0;
    append("11111111");
    append("22222222");
    expect_file("g.log", "1111111122222222");
}

Test(console_logfile, a_name_cannot_lead_elsewhere)
{
    static const char *const names[] = {"../x", "a/b", "..", "", "new\nline"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *path = logfile_path(&rules, names[i]);

        cr_assert(!strncmp(path, folder, strlen(folder)));
        cr_assert_null(strchr(path + strlen(folder) + 1, '/'));
        cr_assert_neq(path[strlen(folder) + 1], '.');
        free(path);
    }
}

Test(console_logfile, a_link_is_not_followed)
{
    char *path = logfile_path(&rules, "g");

    cr_assert_eq(symlink("/tmp/console-elsewhere", path), 0);
    cr_assert_neq(logfile_append(&rules, path, "x", 1), 0);
    free(path);
}
