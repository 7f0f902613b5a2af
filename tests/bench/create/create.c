/* SPDX-License-Identifier: MIT */
/*
 * In Dom0: creates guests one after the other with `pxl create` or `xl create`, and says for each the time from fork() to
 * the guest's first instruction, which the guest itself tells (first.S). The clock is the TSC: under QEMU's -icount it counts
 * instructions, on Philoxen and Xen the same for Dom0 and guests that have tsc_mode="native".
 *
 *     bench-create TOOL CONFIG COUNT     lines of: what, a number, a number
 */
#include <pxl.h>
#include <xenforeignmemory.h>
#include <xenstore.h>
#include <sys/mman.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#define ROUNDS 25
#define FIRST_AT 4088 /* as in first.S */

extern char **environ;

static uint64_t tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static int run(char *const argv[])
{
    int status;
    pid_t child = fork();

    if (!child) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, 0);
        dup2(null, 1);
        execv(argv[0], argv);
        _exit(127);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static uint64_t median_run(char *const argv[], unsigned rounds)
{
    uint64_t t[ROUNDS];

    for (unsigned i = 0; i < rounds; i++) {
        uint64_t begin = tsc();

        if (run(argv)) {
            fprintf(stderr, "bench-create: %s failed\n", argv[0]);
            exit(1);
        }
        t[i] = tsc() - begin;
    }
    qsort(t, rounds, sizeof(*t), by_size);
    return t[rounds / 2];
}

/* Maps the store's ring of the domain of that name, where the guest says when it began. */
static uint64_t first_of(struct pxl *p, const char *name)
{
    static xenforeignmemory_handle *memory;
    static struct xs_handle *store;
    volatile uint64_t *page;
    char path[64], *ref;
    xen_pfn_t frame;
    uint32_t domid;
    uint64_t first;

    memory = memory ? memory : xenforeignmemory_open(NULL, 0);
    store = store ? store : xs_open(0);
    if (!memory || !store || pxl_find(p, name, &domid))
        return 0;
    snprintf(path, sizeof(path), "/local/domain/%u/store/ring-ref", domid);
    ref = xs_read(store, XBT_NULL, path, NULL);
    frame = ref ? strtoul(ref, NULL, 10) : 0;
    free(ref);
    page = xenforeignmemory_map(memory, domid, PROT_READ, 1, &frame, NULL);
    if (!page)
        return 0;
    while (!(first = page[FIRST_AT / sizeof(*page)]))
        usleep(100);
    xenforeignmemory_unmap(memory, (void *)page, 1);
    return first;
}

static void memory(struct pxl *p, unsigned guests)
{
    struct pxl_hostinfo h;
    char line[128];
    FILE *f = fopen("/proc/meminfo", "r");
    unsigned long kib = 0;

    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "MemAvailable: %lu", &kib) == 1)
            break;
    if (f)
        fclose(f);
    if (pxl_host(p, &h))
        exit(1);
    printf("memory %u %lu %lu\n", guests, h.free_kib, kib);
}

static bool is_mark(unsigned n)
{
    return n == 1 || n == 10 || n == 50 || n == 100 || n == 200 || n == 500 || n == 1000;
}

int main(int argc, char **argv)
{
    struct pxl *p = pxl_open(0);
    char name[32], *tool, base[32];
    unsigned count;

    if (argc < 4 || !p || pxl_fault(p))
        return 2;
    tool = argv[1];
    count = (unsigned)atoi(argv[3]);
    snprintf(base, sizeof(base), "%s", strrchr(tool, '/') ? strrchr(tool, '/') + 1 : tool);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("F static %lu\n", median_run((char *[]){(char *)"/root/true-static", NULL}, ROUNDS));
    printf("F dynamic %lu\n", median_run((char *[]){(char *)"/root/true-dynamic", NULL}, ROUNDS));
    printf("list 0 %lu\n", median_run((char *[]){tool, (char *)"list", NULL}, 5));
    memory(p, 0);
    for (unsigned n = 1; n <= count; n++) {
        uint64_t begin, first;

        snprintf(name, sizeof(name), "name=\"g%u\"", n);
        begin = tsc();
        if (run((char *[]){tool, (char *)"create", argv[2], name, NULL})) {
            fprintf(stderr, "bench-create: %s create failed at %u guests\n", base, n);
            break;
        }
        snprintf(name, sizeof(name), "g%u", n);
        first = first_of(p, name);
        if (!first) {
            fprintf(stderr, "bench-create: cannot ask %s when it began\n", name);
            break;
        }
        printf("create %u %lu %lu\n", n, first - begin, tsc() - begin);
        if (is_mark(n)) {
            printf("list %u %lu\n", n, median_run((char *[]){tool, (char *)"list", NULL}, 5));
            memory(p, n);
        }
    }
    return 0;
}
