/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A journal is a file of two blocks that are written in turn: what a crash
 * tears is the one that did not count yet.  It never grows, so a full disk is
 * met before anything depends on it.
 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uuid/uuid.h>
#include <pel/ctx.h>
#include <pel/journal.h>
#include <pel/store.h>
#include <pel/stream.h>

#define MAGIC 0x6c616e72756f6a70ull /* "pjournal" */
#define BLOCK sizeof(struct journal_record)
#define STEP_NS 20000000
#define HOST JOURNAL_DIR "-host"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static_assert(sizeof(struct journal_record) == 4096, "one block");

static const char *const endings[] = {
    [JOURNAL_SOURCE] = ".source",
    [JOURNAL_TARGET] = ".target",
};

static int cannot(struct journal *j, const char *what)
{
    return pel_fail_sys(j->ctx, PEL_EIO, "cannot %s the journal %s", what,
                        j->path);
}

static int set_path(struct journal *j, enum journal_role role, const char *id)
{
    if (strlen(id) != JOURNAL_ID - 1 ||
        strspn(id, "0123456789abcdef-") != JOURNAL_ID - 1)
        return pel_fail(j->ctx, PEL_EINVAL, "\"%.40s\" names no migration", id);
    snprintf(j->path, sizeof(j->path), JOURNAL_DIR "/%s%s", id, endings[role]);
    return 0;
}

/* Names in it are as durable as what is in the files. */
static int sync_dir(struct journal *j)
{
    int fd = open(JOURNAL_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int err = fd < 0 ? -1 : fsync(fd);

    if (fd >= 0)
        close(fd);
    return err && errno != EINVAL ? cannot(j, "write") : 0;
}

/* What cannot be made shows when a file is. */
static void make_dirs(void)
{
    char path[] = JOURNAL_DIR;

    for (char *p = path + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(path, 0755);
        *p = '/';
    }
    mkdir(path, 0700);
}

int journal_write(struct journal *j)
{
    struct journal_record *r = &j->rec;

    r->magic = MAGIC;
    r->seq++;
    r->sum = 0;
    r->sum = pel_page_hash(r);
    if (pwrite(j->fd, r, BLOCK, (r->seq & 1) * BLOCK) != (ssize_t)BLOCK ||
        fdatasync(j->fd))
        return cannot(j, "write");
    return 0;
}

/* "" if nobody says it. */
static void get_boot(char *boot)
{
    int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);

    memset(boot, 0, JOURNAL_ID);
    if (fd < 0)
        return;
    if (read(fd, boot, JOURNAL_ID - 1) != JOURNAL_ID - 1)
        boot[0] = '\0';
    close(fd);
}

bool journal_is_of_now(const struct journal_record *r)
{
    char boot[JOURNAL_ID];

    get_boot(boot);
    return !r->boot[0] || !boot[0] || !memcmp(r->boot, boot, JOURNAL_ID);
}

static bool read_host(char host[JOURNAL_ID])
{
    int fd = open(HOST, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, host, JOURNAL_ID - 1);

    if (fd >= 0)
        close(fd);
    host[JOURNAL_ID - 1] = '\0';
    return n == JOURNAL_ID - 1;
}

/*
 * Whole under its name, or not there; of two that make one the first counts.
 * One that is lost with the host's power does no harm: it has another name.
 */
static int make_host(struct journal *j)
{
    char host[JOURNAL_ID], temp[sizeof(j->path) + 24];
    uuid_t uuid;
    int fd, rc = 0;

    uuid_generate_random(uuid);
    uuid_unparse_lower(uuid, host);
    snprintf(temp, sizeof(temp), "%s.%d", j->path, getpid());
    fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, host, JOURNAL_ID - 1) != JOURNAL_ID - 1 ||
        fsync(fd) || (link(temp, j->path) && errno != EEXIST))
        rc = cannot(j, "create");
    if (fd >= 0)
        close(fd);
    unlink(temp);
    return rc;
}

int journal_host(struct pel_ctx *ctx, char host[JOURNAL_ID])
{
    struct journal j = { .ctx = ctx, .path = HOST };
    int rc;

    if (read_host(host))
        return 0;
    make_dirs();
    rc = make_host(&j);
    if (!rc && !read_host(host))
        rc = cannot(&j, "read");
    return rc;
}

/* Whoever had the lock may have removed it. */
static bool is_gone(struct journal *j)
{
    struct stat st;

    return fstat(j->fd, &st) || !st.st_nlink;
}

int journal_create(struct pel_ctx *ctx, const struct journal_record *rec,
                   struct journal *j)
{
    int rc;

    *j = (struct journal){ .ctx = ctx, .fd = -1, .rec = *rec };
    rc = set_path(j, rec->role, rec->id);
    if (rc)
        return rc;
    make_dirs();
    j->fd = open(j->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (j->fd < 0)
        return errno == EEXIST
                   ? pel_fail(ctx, PEL_EEXIST, "there is a journal %s already",
                              j->path)
                   : cannot(j, "create");
    j->rec.pid = getpid();
    get_boot(j->rec.boot);
    if (flock(j->fd, LOCK_EX | LOCK_NB) || is_gone(j))
        rc = cannot(j, "lock");
    for (int i = 0; !rc && i < 2; i++)
        rc = journal_write(j);
    if (!rc)
        rc = sync_dir(j);
    if (rc)
        journal_remove(j);
    return rc;
}

static bool is_whole(struct journal_record *r)
{
    uint64_t sum = r->sum;
    bool whole;

    r->sum = 0;
    whole = r->magic == MAGIC && pel_page_hash(r) == sum &&
            !r->name[sizeof(r->name) - 1] && !r->text[sizeof(r->text) - 1];
    r->sum = sum;
    return whole;
}

static int read_blocks(struct journal *j)
{
    struct journal_record r;

    j->rec.seq = 0;
    for (int i = 0; i < 2; i++)
        if (pread(j->fd, &r, BLOCK, i * BLOCK) == (ssize_t)BLOCK &&
            is_whole(&r) && r.seq > j->rec.seq)
            j->rec = r;
    return j->rec.seq ? 0 : -1;
}

static int lock(struct journal *j, int wait_ms)
{
    const struct timespec nap = { .tv_nsec = STEP_NS };
    uint64_t end = pel_store_now_ns() + wait_ms * 1000000ull;

    while (flock(j->fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK)
            return cannot(j, "lock");
        if (pel_store_now_ns() >= end) {
            read_blocks(j);
            return pel_fail(j->ctx, PEL_ESTATE,
                            "process %u works on this migration", j->rec.pid);
        }
        nanosleep(&nap, NULL);
    }
    return 0;
}

/* Nothing had begun, and nobody knows of it. */
static bool is_empty(struct journal *j)
{
    struct stat st;

    return !fstat(j->fd, &st) && !st.st_size;
}

int journal_open(struct pel_ctx *ctx, enum journal_role role, const char *id,
                 int wait_ms, struct journal *j)
{
    int rc;

    *j = (struct journal){ .ctx = ctx, .fd = -1 };
    rc = set_path(j, role, id);
    if (rc)
        return rc;
    j->fd = open(j->path, O_RDWR | O_CLOEXEC);
    if (j->fd < 0)
        return errno == ENOENT ? -PEL_ENOENT : cannot(j, "open");
    rc = lock(j, wait_ms);
    if (!rc && !is_gone(j) && is_empty(j))
        unlink(j->path);
    if (!rc && is_gone(j))
        rc = -PEL_ENOENT;
    if (!rc && read_blocks(j))
        rc = pel_fail(ctx, PEL_EFORMAT, "the journal %s is damaged", j->path);
    if (rc)
        journal_close(j);
    return rc;
}

void journal_remove(struct journal *j)
{
    if (j->fd < 0)
        return;
    unlink(j->path);
    sync_dir(j);
    journal_close(j);
}

void journal_close(struct journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    j->fd = -1;
}

int journal_each(struct pel_ctx *ctx, enum journal_role role,
                 int (*fn)(struct pel_ctx *ctx, const char *id, void *arg),
                 void *arg)
{
    DIR *dir = opendir(JOURNAL_DIR);
    struct dirent *e;
    int rc = 0;

    if (!dir)
        return 0; /* there never was one */
    while (!rc && (e = readdir(dir))) {
        char id[JOURNAL_ID];

        if (strlen(e->d_name) < JOURNAL_ID ||
            strcmp(e->d_name + JOURNAL_ID - 1, endings[role]))
            continue;
        memcpy(id, e->d_name, JOURNAL_ID - 1);
        id[JOURNAL_ID - 1] = '\0';
        rc = fn(ctx, id, arg);
    }
    closedir(dir);
    return rc;
}
