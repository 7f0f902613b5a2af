/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "blkjournal.h"
#include "backend.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0x6a627870u /* "pxbj" */
#define VERSION 1u

const char *journal_directory = BACKEND_DIRECTORY;

static void journal_path(struct journal *j, unsigned domid, unsigned id)
{
    snprintf(j->path, sizeof(j->path), "%s/disk.%u.%u", journal_directory, domid, id);
}

static int journal_map(struct journal *j, int fd)
{
    void *at = mmap(NULL, j->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (at == MAP_FAILED)
        return errno;
    j->head = at;
    j->entry = (struct journal_entry *)(j->head + 1);
    return 0;
}

static size_t journal_size(const struct journal_ring *rings, unsigned n)
{
    size_t size = sizeof(struct journal_head);

    for (unsigned i = 0; i < n; i++)
        size += blk_ring_slots(rings[i].pages) * sizeof(struct journal_entry);
    return size;
}

int journal_make(struct journal *j, unsigned domid, unsigned id, const struct journal_ring *rings, unsigned n)
{
    unsigned first = 0;
    int fd, err;

    journal_path(j, domid, id);
    j->size = journal_size(rings, n);
    unlink(j->path);
    fd = open(j->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    /* Its memory is taken now: there is no getting none later. */
    err = posix_fallocate(fd, 0, (off_t)j->size);
    if (!err)
        err = journal_map(j, fd);
    close(fd);
    if (err) {
        unlink(j->path);
        return err;
    }
    for (unsigned i = 0; i < n; i++) {
        j->head->queue[i] = (struct journal_queue){.ring = rings[i], .slots = blk_ring_slots(rings[i].pages), .first = first};
        first += j->head->queue[i].slots;
    }
    j->head->nr_queues = n;
    j->head->version = VERSION;
    __atomic_store_n(&j->head->magic, MAGIC, __ATOMIC_RELEASE);
    return 0;
}

int journal_open(struct journal *j, unsigned domid, unsigned id, const struct journal_ring *rings, unsigned n)
{
    struct stat st;
    int fd, err;

    journal_path(j, domid, id);
    j->size = journal_size(rings, n);
    fd = open(j->path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return errno;
    err = fstat(fd, &st) ? errno : (size_t)st.st_size != j->size ? ESTALE : journal_map(j, fd);
    close(fd);
    if (err)
        return err;
    err = j->head->magic != MAGIC || j->head->version != VERSION || j->head->nr_queues != n ? ESTALE : 0;
    for (unsigned i = 0; !err && i < n; i++)
        if (memcmp(&j->head->queue[i].ring, &rings[i], sizeof(rings[i])))
            err = ESTALE;
    if (err)
        journal_close(j, false);
    return err;
}

void journal_close(struct journal *j, bool remove)
{
    if (j->head)
        munmap(j->head, j->size);
    if (remove && j->path[0])
        unlink(j->path);
    j->head = NULL;
}

int journal_recover(struct journal *j, unsigned queue)
{
    struct journal_queue *q = &j->head->queue[queue];
    struct journal_entry *e = j->entry + q->first;
    uint32_t extra = 0;
    int busy = 0;

    for (unsigned i = 0; i < q->slots; i++) {
        if (e[i].state == ENTRY_ANSWERED)
            e[i].state = (int32_t)(e[i].answer - q->answered) < 0 ? ENTRY_FREE : ENTRY_BUSY;
        if (e[i].state != ENTRY_BUSY)
            continue;
        busy++;
        extra += e[i].index == q->taken;
    }
    q->taken += extra;
    return extra > 1 || q->taken - q->answered != (uint32_t)busy ? -1 : busy;
}

/* The order of stores is all that counts: who reads them is the next process, on memory that is the same. */
#define ORDER() __atomic_signal_fence(__ATOMIC_SEQ_CST)

void journal_take(struct journal_queue *q, struct journal_entry *e, uint32_t index)
{
    e->index = index;
    ORDER();
    *(volatile uint32_t *)&e->state = ENTRY_BUSY;
    ORDER();
    *(volatile uint32_t *)&q->taken = index + 1;
    ORDER();
}

void journal_answer(struct journal_entry *e, uint32_t index)
{
    e->answer = index;
    ORDER();
    *(volatile uint32_t *)&e->state = ENTRY_ANSWERED;
}

void journal_commit(struct journal_queue *q, uint32_t answered)
{
    ORDER();
    *(volatile uint32_t *)&q->answered = answered;
    ORDER();
}

void journal_free(struct journal_entry *e)
{
    *(volatile uint32_t *)&e->state = ENTRY_FREE;
}
