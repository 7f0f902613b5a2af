/* SPDX-License-Identifier: MIT */
/*
 * A guest that works on its disks, for tests and measurements. Words of its command line, in this order:
 *   disk=N         the Nth disk (default 0)
 *   sum            prints what cksum(1) says of it
 *   fill=SEED      writes a pattern all over it, many requests at a time, flushes, reads it back and compares
 *   verify=SEED    only reads and compares
 *   loop=SECONDS   fills and verifies for so long
 *   speed          prints MB/s and requests/s, with 32 requests at a time
 *   hot            says which disks come and go, with their sums, until a disk comes that is no larger than a sector
 * It ends with 0 if all of that went well.
 */
#include "blkfront.h"
#include "pvguest.h"
#include "xenbus.h"

#define DEPTH 32
#define CHUNK (128 * 1024ul)
#define TIMEOUT (60 * NS_PER_SEC)

static struct block *disk;
static char *buffers[DEPTH];
static struct block_request requests[DEPTH];

/* ---- The command line ---- */

/* The number behind `word=`; false: it is not there. */
static bool option(const char *word, unsigned long *value)
{
    const char *at = (const char *)start_info->cmd_line;
    size_t n = strlen(word);

    for (; (at = strstr(at, word)); at += n) {
        bool begins = at == (const char *)start_info->cmd_line || at[-1] == ' ';

        if (begins && at[n] == '=') {
            *value = strtoul(at + n + 1, NULL, 0);
            return true;
        }
        if (begins && (!at[n] || at[n] == ' '))
            return true;
    }
    return false;
}

/* ---- Many requests at a time ---- */

struct run {
    enum block_op op;
    uint64_t seed, next, end, step, done;
    bool compare, random;
    long error;
};

static uint64_t word_at(uint64_t seed, uint64_t offset)
{
    uint64_t x = (seed << 48) ^ offset;

    x = (x ^ (x >> 31)) * 0x9e3779b97f4a7c15ull;
    return x ^ (x >> 29);
}

static void fill(uint64_t *to, uint64_t seed, uint64_t offset, uint64_t size)
{
    for (uint64_t i = 0; i < size / 8; i++)
        to[i] = word_at(seed, offset + i * 8);
}

static bool matches(const uint64_t *data, uint64_t seed, uint64_t offset, uint64_t size)
{
    for (uint64_t i = 0; i < size / 8; i++) {
        if (data[i] != word_at(seed, offset + i * 8)) {
            printf("disk: at %lu is %lx, not %lx\n", offset + i * 8, data[i],
                   word_at(seed, offset + i * 8));
            return false;
        }
    }
    return true;
}

static void submit_next(struct run *run, struct block_request *r)
{
    r->op = run->op;
    r->offset = run->next;
    r->size = run->end - run->next < run->step ? run->end - run->next : run->step;
    if (run->random)
        r->offset = word_at(run->seed, run->next) % (block_size(disk) / run->step) * run->step;
    if (run->op == BLOCK_WRITE && run->compare)
        fill(r->buffer, run->seed, r->offset, r->size);
    run->next += r->size;
    block_submit(disk, r);
}

static bool any_done(void *arg)
{
    (void)arg;
    block_poll(disk);
    for (int i = 0; i < DEPTH; i++)
        if (requests[i].data && requests[i].done)
            return true;
    return false;
}

static void take(struct run *run, struct block_request *r)
{
    r->data = NULL;
    run->done += r->size;
    if (r->status && !run->error) {
        printf("disk: %s of %lu bytes at %lu: %s\n", run->op == BLOCK_READ ? "read" : "write",
               r->size, r->offset, error_name(r->status));
        run->error = r->status;
    }
    if (!run->error && run->compare && run->op == BLOCK_READ &&
        !matches(r->buffer, run->seed, r->offset, r->size))
        run->error = -XEN_EIO;
}

/* The whole of [next, end) in steps. */
static long go(struct run run)
{
    unsigned int busy = 0;

    for (;;) {
        for (int i = 0; i < DEPTH; i++) {
            struct block_request *r = &requests[i];

            if (r->data && r->done) {
                take(&run, r);
                busy--;
            }
            if (!r->data && run.next < run.end && !run.error) {
                r->buffer = buffers[i];
                r->data = &requests;
                submit_next(&run, r);
                busy++;
            }
        }
        if (!busy)
            return run.error;
        thread_wait(any_done, NULL, 0);
    }
}

/* ---- What it can do ---- */

static uint32_t crc_step(uint32_t crc, uint8_t byte)
{
    crc ^= (uint32_t)byte << 24;
    for (int bit = 0; bit < 8; bit++)
        crc = crc & 0x80000000u ? (crc << 1) ^ 0x04c11db7u : crc << 1;
    return crc;
}

static uint32_t crc_table[256];

static long sum(struct block *b)
{
    uint64_t size = block_size(b);
    uint32_t crc = 0;

    for (unsigned int i = 0; i < 256; i++)
        crc_table[i] = crc_step(0, (uint8_t)i);
    for (uint64_t at = 0; at < size; at += CHUNK) {
        uint64_t n = size - at < CHUNK ? size - at : CHUNK;
        long rc = block_read(b, at, buffers[0], n);

        if (rc)
            return rc;
        for (uint64_t i = 0; i < n; i++)
            crc = (crc << 8) ^ crc_table[(crc >> 24) ^ (uint8_t)buffers[0][i]];
    }
    for (uint64_t n = size; n; n >>= 8)
        crc = (crc << 8) ^ crc_table[(crc >> 24) ^ (uint8_t)n];
    printf("disk %u: cksum %u %lu\n", block_id(b), ~crc, size);
    return 0;
}

static long verify(uint64_t seed)
{
    return go((struct run){
        .op = BLOCK_READ, .seed = seed, .end = block_size(disk), .step = CHUNK, .compare = true});
}

static long fill_and_verify(uint64_t seed)
{
    long rc = go((struct run){
        .op = BLOCK_WRITE, .seed = seed, .end = block_size(disk), .step = CHUNK, .compare = true});

    if (!rc)
        rc = block_flush(disk);
    if (rc == -XEN_EOPNOTSUPP)
        rc = 0;
    return rc ? rc : verify(seed);
}

static long loop(unsigned long seconds)
{
    uint64_t end = time_ns() + seconds * NS_PER_SEC;
    unsigned int rounds = 0;
    long rc = 0;

    while (!rc && time_ns() < end)
        rc = fill_and_verify(++rounds);
    printf("disk %u: %u rounds\n", block_id(disk), rounds);
    return rc;
}

static long measure(const char *name, struct run run)
{
    uint64_t begin = time_ns(), ns;
    long rc = go(run);

    ns = time_ns() - begin + 1;
    printf("disk %u: %s: %lu kB/s, %lu requests/s\n", block_id(disk), name,
           (uint64_t)(run.end * 1000000 / ns), (uint64_t)(run.end / run.step * NS_PER_SEC / ns));
    return rc;
}

static long speed(void)
{
    uint64_t size = block_size(disk);
    uint64_t some = size < 16 << 20 ? size : 16 << 20;
    long rc = measure("read 128k", (struct run){.op = BLOCK_READ, .end = size, .step = CHUNK});

    if (!rc)
        rc = measure("read 4k", (struct run){.op = BLOCK_READ, .end = some, .step = PAGE_SIZE});
    if (!rc)
        rc =
            measure("random read 4k",
                    (struct run){.op = BLOCK_READ, .end = some, .step = PAGE_SIZE, .random = true});
    if (!rc && !block_read_only(disk))
        rc = measure("write 128k", (struct run){.op = BLOCK_WRITE, .end = size, .step = CHUNK});
    if (!rc && !block_read_only(disk))
        rc = measure(
            "random write 4k",
            (struct run){.op = BLOCK_WRITE, .end = some, .step = PAGE_SIZE, .random = true});
    return rc;
}

/* ---- Disks that come and go ---- */

static long hot(void)
{
    static struct {
        struct block *b;
        unsigned int id;
    } known[16];
    bool last = false;

    while (!last) {
        for (unsigned int i = 0; i < 16; i++) {
            if (known[i].b && !block_open_id(known[i].id, 1)) {
                printf("disk %u: gone\n", known[i].id);
                known[i].b = NULL;
            }
        }
        for (unsigned int n = 0; n < 16; n++) {
            struct block *b = block_open(n, 1);
            unsigned int i = 0;

            while (b && i < 16 && known[i].b != b)
                i++;
            if (!b || i < 16)
                continue;
            for (i = 0; known[i].b;)
                i++;
            known[i].b = b;
            known[i].id = block_id(b);
            printf("disk %u: came, %lu bytes\n", block_id(b), block_size(b));
            sum(b);
            last |= block_size(b) == 512;
        }
        thread_sleep_until(time_ns() + 50 * NS_PER_MS);
    }
    return 0;
}

static long all(void)
{
    unsigned long value = 0;
    char ways[96];
    long rc = 0;

    option("disk", &value);
    disk = block_open((unsigned int)value, time_ns() + TIMEOUT);
    if (!disk) {
        printf("disk: there is none\n");
        return -XEN_ENODEV;
    }
    block_describe(disk, ways, sizeof(ways));
    printf("disk %u: %lu bytes, sectors of %u; %s\n", block_id(disk), block_size(disk),
           block_sector(disk), ways);
    if (option("sum", &value))
        rc = sum(disk);
    if (!rc && option("fill", &value))
        rc = fill_and_verify(value);
    if (!rc && option("verify", &value))
        rc = verify(value);
    if (!rc && option("loop", &value))
        rc = loop(value);
    if (!rc && option("speed", &value))
        rc = speed();
    return rc;
}

int main(void)
{
    unsigned long unused;
    long rc;

    for (int i = 0; i < DEPTH; i++)
        buffers[i] = pages_alloc(CHUNK / PAGE_SIZE);
    rc = option("hot", &unused) ? hot() : all();
    if (!xenbus_shutdown(time_ns() + TIMEOUT))
        printf("disk: a back end does not close\n");
    printf("disk: end: %s\n", rc ? error_name(rc) : "good");
    return rc != 0;
}
