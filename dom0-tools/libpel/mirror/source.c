/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disks of a guest that runs.  They are read from the block device that
 * its back end writes to, past dom0's page cache, so that what was written is
 * what is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <pel/config.h>
#include <pel/ctx.h>
#include <pel/device.h>
#include <pel/log.h>
#include <pel/store.h>
#include <pel/stream.h>
#include "local.h"

#define RUN_BYTES (64u << 20) /* taken from the map at once */
#define ALIGNMENT 4096u
#define NODE_SIZE 64u

struct disk {
    char vdev[MIRROR_VDEV];
    char node[NODE_SIZE]; /* of the device */
    int fd;               /* of it */
    int file; /* behind a loop device, where holes are known; or -1 */
    uint64_t size, base; /* bytes; where events count from */
    struct trace *trace; /* NULL: nobody writes */
    struct block_map map;
    bool suspect; /* all of it has to be sent once more */
};

struct mirror_source {
    struct pel_ctx *ctx;
    size_t nr;
    struct disk disks[MIRROR_DISKS];
    uint8_t *buf; /* MIRROR_PIECE */
    uint64_t sent;
    uint64_t taken; /* bytes that are not marked any more, and wait */
};

/* ---- opening ----------------------------------------------------------------
 */

/* The device of a number as the kernel names it; -1 with errno. */
static int open_number(unsigned int maj, unsigned int min, char *node)
{
    char path[64], line[64], name[NODE_SIZE - 5] = "";
    struct stat st;
    FILE *f;
    int fd;

    snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/uevent", maj, min);
    f = fopen(path, "re");
    if (!f)
        return -1;
    while (fgets(line, sizeof(line), f))
        sscanf(line, "DEVNAME=%58s", name);
    fclose(f);
    snprintf(node, NODE_SIZE, "/dev/%s", name);
    fd = open(node, O_RDONLY | O_DIRECT | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || (!fstat(fd, &st) && S_ISBLK(st.st_mode) &&
                   st.st_rdev == makedev(maj, min)))
        return fd;
    close(fd);
    errno = ENXIO;
    return -1;
}

/* A partition's events count from where its disk begins. */
static uint64_t base_of(unsigned int maj, unsigned int min)
{
    unsigned long long sectors = 0;
    char path[64];
    FILE *f;

    snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/start", maj, min);
    f = fopen(path, "re");
    if (!f)
        return 0;
    if (fscanf(f, "%llu", &sectors) != 1)
        sectors = 0;
    fclose(f);
    return sectors << 9;
}

/* Whether the kernel has a queue of requests for it, or for all of its disk. */
static bool has_requests(unsigned int maj, unsigned int min)
{
    char path[64];

    snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/mq", maj, min);
    if (!access(path, F_OK))
        return true;
    snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../mq", maj, min);
    return !access(path, F_OK);
}

/* The very file behind a loop device; -1: it has another name by now. */
static int open_file(int loop, const char *path)
{
    struct loop_info64 info;
    struct stat st;
    int fd;

    if (ioctl(loop, LOOP_GET_STATUS64, &info) || info.lo_offset)
        return -1;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
        info.lo_device == st.st_dev && info.lo_inode == st.st_ino)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int open_disk(struct mirror_source *m, struct pel_store *s,
                     const struct pel_disk *cfg, const struct pel_devinfo *info)
{
    struct disk *d = &m->disks[m->nr];
    unsigned int maj, min;
    int rc;

    *d = (struct disk){ .fd = -1, .file = -1 };
    m->nr++;
    pel_vbd_name(info->devid, d->vdev);
    if (!d->vdev[0])
        snprintf(d->vdev, sizeof(d->vdev), "%u", info->devid);
    errno = ENODEV;
    if (pel_disk_device(s, info->backend, &maj, &min))
        d->fd = open_number(maj, min, d->node);
    if (d->fd < 0)
        return pel_fail_sys(m->ctx, PEL_EIO, "cannot open the device of %s",
                            cfg->vdev);
    if (ioctl(d->fd, BLKGETSIZE64, &d->size))
        return pel_fail_sys(m->ctx, PEL_EIO, "cannot tell the size of %s",
                            d->node);
    if (!d->size)
        return pel_fail(m->ctx, PEL_ENOTSUP, "disk %s is empty", cfg->vdev);
    d->base = base_of(maj, min);
    d->file = open_file(d->fd, cfg->target);
    rc = block_map_init(m->ctx, &d->map, d->size);
    if (!rc && cfg->writable)
        rc = trace_begin(m->ctx, d->fd, d->node, has_requests(maj, min),
                         &d->trace);
    if (!rc)
        block_map_mark(&d->map, 0, d->size);
    return rc;
}

static const struct pel_devinfo *find(const struct pel_devinfo *list, size_t nr,
                                      const struct pel_disk *disk)
{
    uint32_t devid;

    if (pel_vbd_number(disk->vdev, &devid))
        return NULL;
    for (size_t i = 0; i < nr; i++)
        if (list[i].devid == devid)
            return &list[i];
    return NULL;
}

static int open_disks(struct mirror_source *m, const struct pel_config *cfg,
                      const bool *which, const struct pel_devinfo *list,
                      size_t nr)
{
    struct pel_store s;
    int rc = pel_store_use(m->ctx, &s);

    if (!rc && !which && nr != cfg->nr_disks)
        rc = pel_fail(m->ctx, PEL_ENOTSUP,
                      "the guest has %zu disks, and its configuration %zu", nr,
                      cfg->nr_disks);
    for (size_t i = 0; !rc && i < cfg->nr_disks; i++) {
        const struct pel_disk *disk = &cfg->disks[i];
        const struct pel_devinfo *info = find(list, nr, disk);

        if (which && !which[i])
            continue;
        if (m->nr == MIRROR_DISKS)
            rc = pel_fail(m->ctx, PEL_ENOTSUP,
                          "more than %u disks cannot be copied", MIRROR_DISKS);
        else if (disk->script)
            rc = pel_fail(m->ctx, PEL_ENOTSUP,
                          "disk %s is of the script %s: only files and block "
                          "devices can be copied",
                          disk->vdev, disk->script);
        else if (!info)
            rc = pel_fail(m->ctx, PEL_ESTATE, "the guest has no disk %s now",
                          disk->vdev);
        else
            rc = open_disk(m, &s, disk, info);
    }
    return rc;
}

int mirror_begin(struct pel_ctx *ctx, uint32_t domid,
                 const struct pel_config *cfg, const bool *which,
                 struct mirror_source **out)
{
    struct mirror_source *m = calloc(1, sizeof(*m));
    struct pel_devinfo *list = NULL;
    size_t nr = 0;
    int rc;

    *out = m;
    if (!m)
        return pel_fail_oom(ctx);
    m->ctx = ctx;
    m->buf = aligned_alloc(ALIGNMENT, MIRROR_PIECE);
    if (!m->buf)
        return pel_fail_oom(ctx);
    rc = pel_devices_info(ctx, domid, "vbd", &list, &nr);
    if (!rc)
        rc = open_disks(m, cfg, which, list, nr);
    free(list);
    return rc;
}

uint64_t mirror_size(const struct mirror_source *m, size_t disk)
{
    return m->disks[disk].size;
}

void mirror_end(struct mirror_source *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->nr; i++) {
        struct disk *d = &m->disks[i];

        trace_end(d->trace);
        block_map_free(&d->map);
        if (d->fd >= 0)
            close(d->fd);
        if (d->file >= 0)
            close(d->file);
    }
    free(m->buf);
    free(m);
}

void mirror_forget(struct pel_ctx *ctx, uint32_t domid)
{
    struct pel_devinfo *list = NULL;
    unsigned int maj, min;
    char node[NODE_SIZE];
    struct pel_store s;
    size_t nr = 0;
    int fd, rc = pel_store_use(ctx, &s);

    if (!rc)
        rc = pel_devices_info(ctx, domid, "vbd", &list, &nr);
    for (size_t i = 0; !rc && i < nr; i++) {
        fd = pel_disk_device(&s, list[i].backend, &maj, &min)
                 ? open_number(maj, min, node)
                 : -1;
        if (fd < 0)
            continue;
        trace_forget(fd);
        close(fd);
    }
    free(list);
    pel_error_clear(ctx);
}

/* ---- following -------------------------------------------------------------
 */

/*
 * When the kernel has lost events everything may have changed; and once more
 * the next time, as the end of what was under way may not be told whole.
 */
static int look(struct mirror_source *m, struct disk *d)
{
    bool lost = false;
    int rc = d->trace ? trace_read(d->trace, d->base, &d->map, &lost) : 0;

    if (rc || !lost)
        return rc;
    d->suspect = true;
    block_map_mark(&d->map, 0, d->size);
    pel_log(m->ctx, PEL_LOG_INFO, "%s was written too fast: it is sent again",
            d->node);
    return 0;
}

static int look_at_all(struct mirror_source *m)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < m->nr; i++)
        rc = look(m, &m->disks[i]);
    return rc;
}

int mirror_look(struct mirror_source *m, struct mirror_figures *out)
{
    int rc = look_at_all(m);

    *out = (struct mirror_figures){ .sent = m->sent, .left = m->taken };
    for (size_t i = 0; i < m->nr; i++) {
        out->size += m->disks[i].size;
        out->left += m->disks[i].map.marked * BLOCK_BYTES;
    }
    return rc;
}

/* ---- sending ---------------------------------------------------------------
 */

/* Bytes from @from up to @to; @data NULL: zeros. */
static int put(struct mirror_source *m, const struct mirror_sink *k,
               const struct disk *d, uint64_t from, uint64_t to,
               const void *data)
{
    if (data)
        m->sent += to - from;
    return k->put(k->arg, d - m->disks, from, data, to - from);
}

static bool is_zero(const uint8_t *p, size_t len)
{
    return !p[0] && !memcmp(p, p + 1, len - 1);
}

/* What is in the buffer, with zeros apart. */
static int put_piece(struct mirror_source *m, const struct mirror_sink *k,
                     const struct disk *d, uint64_t from, size_t len)
{
    const uint8_t *p = m->buf;
    int rc = 0;

    for (size_t at = 0, end = 0; !rc && at < len; at = end) {
        bool zero =
            is_zero(p + at, len - at < BLOCK_BYTES ? len - at : BLOCK_BYTES);

        do {
            end = len - end < BLOCK_BYTES ? len : end + BLOCK_BYTES;
        } while (end < len && zero == is_zero(p + end, len - end < BLOCK_BYTES
                                                           ? len - end
                                                           : BLOCK_BYTES));
        rc = put(m, k, d, from + at, from + end, zero ? NULL : p + at);
    }
    return rc;
}

static int read_piece(struct mirror_source *m, const struct disk *d,
                      uint64_t from, size_t len)
{
    size_t got = 0;

    while (got < len) {
        ssize_t n = pread(d->fd, m->buf + got, len - got, from + got);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return pel_fail_sys(m->ctx, PEL_EIO, "cannot read %s", d->node);
        got += n;
    }
    return 0;
}

/* Where data begins that may be no zeros, a multiple of blocks; or @to. */
static uint64_t skip_hole(const struct disk *d, uint64_t from, uint64_t to)
{
    off_t at = d->file < 0 ? (off_t)from : lseek(d->file, from, SEEK_DATA);

    if (at < 0)
        return errno == ENXIO ? to : from;
    if ((uint64_t)at >= to)
        return to;
    at &= ~(off_t)(BLOCK_BYTES - 1);
    return (uint64_t)at > from ? (uint64_t)at : from;
}

/* Marked bytes, which are not marked any more. */
static int send_run(struct mirror_source *m, const struct mirror_sink *k,
                    struct disk *d, uint64_t from, uint64_t to)
{
    int rc = 0;

    while (!rc && from < to) {
        uint64_t next = skip_hole(d, from, to);

        if (next > from) {
            rc = put(m, k, d, from, next, NULL);
        } else {
            next = to - from < MIRROR_PIECE ? to : from + MIRROR_PIECE;
            rc = read_piece(m, d, from, next - from);
            if (!rc)
                rc = put_piece(m, k, d, from, next - from);
        }
        from = next;
        m->taken = to - from;
        if (!rc && k->per_piece)
            rc = k->per_piece(k->piece_arg);
        if (!rc)
            rc = look_at_all(m); /* before the kernel has no more room */
    }
    return rc;
}

static int send_marked(struct mirror_source *m, const struct mirror_sink *k)
{
    uint64_t from, to;
    int rc = 0;

    for (size_t i = 0; !rc && i < m->nr; i++) {
        struct disk *d = &m->disks[i];

        block_map_rewind(&d->map);
        while (!rc && block_map_take(&d->map, RUN_BYTES, &from, &to))
            rc = send_run(m, k, d, from, to);
    }
    return rc;
}

int mirror_announce(struct mirror_source *m, struct pel_image_writer *w)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < m->nr; i++) {
        const struct disk *d = &m->disks[i];
        const struct mirror_head head = {
            .op = MIRROR_DISK,
            .disk = i,
            .length = d->size,
        };

        rc = pel_image_put_disk(w, &head, sizeof(head), d->vdev,
                                strlen(d->vdev));
    }
    return rc;
}

int mirror_send(struct mirror_source *m, const struct mirror_sink *to)
{
    int rc;

    for (size_t i = 0; i < m->nr; i++) {
        if (!m->disks[i].suspect)
            continue;
        m->disks[i].suspect = false;
        block_map_mark(&m->disks[i].map, 0, m->disks[i].size);
    }
    rc = look_at_all(m);
    return rc ? rc : send_marked(m, to);
}

int mirror_send_last(struct mirror_source *m, const struct mirror_sink *to,
                     bool patient)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < m->nr; i++) {
        struct disk *d = &m->disks[i];
        bool lost = d->suspect;

        if (!d->trace)
            continue;
        rc = trace_read_last(d->trace, d->base, &d->map, &lost);
        if (!rc && lost && patient)
            block_map_mark(&d->map, 0, d->size);
        else if (!rc && lost)
            rc = pel_fail(m->ctx, PEL_ESTATE,
                          "the guest has written to %s faster than could be "
                          "followed: try again",
                          d->node);
    }
    return rc ? rc : send_marked(m, to);
}
