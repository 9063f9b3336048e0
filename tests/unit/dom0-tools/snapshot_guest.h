/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest that never was, to take snapshots and clones of. */
#ifndef SNAPSHOT_GUEST_H
#define SNAPSHOT_GUEST_H

#include "snapshot_maker.h"
#include <linux/fs.h>
#include <pel/checkpoint.h>
#include <pel/device.h>
#include <pel/mirror.h>
#include <pel/store.h>

#define DISK_LEN (5 * 4096 + 7)
#define WHOLE_PAGES (5 * 4096)

/* The guest, its disk, and what was done with them. */
static uint64_t seeds[GUEST_PAGES], received[IMAGE_PAGES];
static struct pel_image_writer stream; /* of the guest that is captured */
static char disk_path[64], file_path[64], disk_line[128];
static bool stands_still, sending_fails, receiving_fails, has_reflinks;
static size_t disk_len; /* DISK_LEN, or WHOLE_PAGES: such can be followed */
static bool can_follow, has_grown;
static const struct pel_clone plain = { .name = "h" };
static int followed; /* disks at the moment */
static char got_name[64], got_target[128];
static uint8_t got_uuid[16];
static size_t got_nics;

void pel_ctx_init(struct pel_ctx *ctx) { *ctx = (struct pel_ctx){ 0 }; }

void pel_ctx_close(struct pel_ctx *ctx) { (void)ctx; }

int pel_domain_config(struct pel_ctx *ctx, uint32_t domid,
                      struct pel_config *cfg)
{
    char text[400];
    int rc;

    (void)domid;
    snprintf(text, sizeof(text),
             "name='g'\nuuid='" WHO "'\nkernel='/k'\ndisk=['%s']\n"
             "vif=['mac=00:16:3e:01:02:03']\n",
             disk_line);
    rc = pel_config_parse(ctx, "t", text, strlen(text), cfg);
    return rc ? rc : pel_config_finish(ctx, cfg);
}

int pel_domain_image_text(struct pel_ctx *ctx, uint32_t domid,
                          const struct pel_config *override, char **json)
{
    struct pel_config cfg;
    int rc;

    pel_config_init(&cfg);
    assert_int_equal(pel_domain_config(ctx, domid, &cfg), 0);
    rc = pel_xl_config_write(ctx, override ? override : &cfg, cfg.memory_kb,
                             json);
    pel_config_free(&cfg);
    return rc;
}

static inline void write_disk(const char *path, int letter)
{
    char bytes[DISK_LEN];
    int fd = open(path, O_CREAT | O_WRONLY, 0640);

    memset(bytes, letter, sizeof(bytes));
    memset(bytes + 4096, 0, 8192);
    assert_int_equal(write(fd, bytes, disk_len), disk_len);
    close(fd);
}

/* What a file system with reflinks does, the slow way. */
int __wrap_ioctl(int fd, unsigned long what, int from)
{
    char bytes[DISK_LEN];

    assert_true(what == FICLONE);
    assert_true(stands_still || disk_len == WHOLE_PAGES);
    if (!has_reflinks)
        return -1;
    assert_int_equal(pread(from, bytes, disk_len, 0), disk_len);
    assert_int_equal(pwrite(fd, bytes, disk_len, 0), disk_len);
    return 0;
}

int mirror_begin(struct pel_ctx *ctx, uint32_t domid,
                 const struct pel_config *cfg, const bool *which,
                 struct mirror_source **out)
{
    assert_int_equal(domid, 7);
    assert_int_equal(cfg->nr_disks, 1);
    assert_true(which[0] && disk_len == WHOLE_PAGES && !has_reflinks);
    if (!can_follow)
        return pel_fail(ctx, PEL_ENOTSUP, "cannot trace");
    followed++;
    *out = (struct mirror_source *)&followed;
    return 0;
}

uint64_t mirror_size(const struct mirror_source *m, size_t disk)
{
    (void)m;
    assert_int_equal(disk, 0);
    return disk_len - (has_grown ? 4096 : 0);
}

/* All of it, as it soon is no more. */
int mirror_send(struct mirror_source *m, const struct mirror_sink *to)
{
    static _Alignas(8) uint8_t past[WHOLE_PAGES];
    int rc;

    (void)m;
    memset(past, 'p', sizeof(past));
    rc = to->put(to->arg, 0, 0, past, sizeof(past));
    return rc ? rc : to->per_piece(to->piece_arg);
}

/* The first page is data, the next two are zeros apart, the rest is data. */
int mirror_send_last(struct mirror_source *m, const struct mirror_sink *to,
                     bool patient)
{
    static _Alignas(8) uint8_t now[WHOLE_PAGES];
    int rc, fd = open(disk_path, O_RDONLY);

    (void)m;
    assert_true(stands_still && patient);
    assert_int_equal(read(fd, now, sizeof(now)), sizeof(now));
    close(fd);
    rc = to->put(to->arg, 0, 0, now, 4096);
    if (!rc)
        rc = to->put(to->arg, 0, 4096, NULL, 8192);
    if (!rc)
        rc = to->put(to->arg, 0, 12288, now + 12288, sizeof(now) - 12288);
    return rc ? rc : to->per_piece(to->piece_arg);
}

int mirror_look(struct mirror_source *m, struct mirror_figures *out)
{
    (void)m;
    *out = (struct mirror_figures){ .size = disk_len, .left = 4096 };
    return 0;
}

void mirror_end(struct mirror_source *m) { followed -= m != NULL; }

int pel_disks_wait_quiet(struct pel_ctx *ctx, uint32_t domid, int timeout_ms)
{
    (void)ctx;
    (void)domid;
    (void)timeout_ms;
    return 0;
}

int pel_disk_check_unused(struct pel_ctx *ctx, const char *path)
{
    (void)ctx;
    (void)path;
    return 0;
}

static inline int no_more(void *arg)
{
    (void)arg;
    return 0;
}

/* A round of the disks: nothing waits where none is followed. */
static inline int round_of_disks(const struct pel_capture *c)
{
    uint64_t left, sent;
    int rc = c->disks->send(c->disks->arg, no_more, NULL);

    if (!rc)
        rc = c->disks->look(c->disks->arg, &left, &sent);
    assert_int_equal(left, followed ? 4096 : 0);
    return rc;
}

/* One page, as it is in one round. */
static inline int give(struct pel_capture *c, uint64_t pfn, uint64_t seed,
                       uint32_t type)
{
    uint64_t page[512];
    const void *bytes = page;

    fill_page(page, seed);
    if (!c->pages)
        return pel_image_put_pages(&stream, &pfn, &type, &bytes, 1);
    return c->pages(c->arg, &pfn, &type, &bytes, 1);
}

/* All pages while the guest runs, two of them with what is soon past. */
static inline int give_running(struct pel_capture *c)
{
    int rc = c->begin(c->arg);

    if (!rc)
        rc = round_of_disks(c);
    if (!rc)
        rc = give(c, GUEST_PAGES + 5, 4711, 0);
    for (uint64_t i = GUEST_PAGES; !rc && i-- > 0;)
        rc = give(c, i, i == 3 || i == 6 ? 5000 + i : seeds[i], 0);
    return rc;
}

static inline int give_still(struct pel_capture *c)
{
    int rc = give(c, 3, seeds[3], 0);

    if (!rc)
        rc = give(c, 6, seeds[6], 0);
    if (!rc) /* it has gone */
        rc = give(c, GUEST_PAGES + 5, 0, XEN_DOMCTL_PFINFO_XTAB);
    stands_still = true;
    if (!rc)
        rc = c->still(c->arg);
    stands_still = false;
    if (has_reflinks || followed)
        write_disk(disk_path, 'z'); /* at once */
    return rc;
}

int pel_domain_capture(struct pel_ctx *ctx, uint32_t domid,
                       struct pel_capture *c)
{
    int rc;

    assert_int_equal(domid, 7);
    stream = (struct pel_image_writer){ .write = c->write, .arg = c->arg };
    c->rounds = 2;
    c->still_ms = 77;
    image_head(&stream, c->config);
    rc = give_running(c);
    if (sending_fails)
        return pel_fail(ctx, PEL_EIO, "No space left");
    if (!rc)
        rc = give_still(c);
    if (rc)
        return rc;
    image_put_state(&stream);
    return pel_image_finish(&stream);
}

int pel_domain_image_config(struct pel_ctx *ctx,
                            const struct pel_image_reader *r,
                            struct pel_config *cfg)
{
    return pel_xl_config_read(ctx, r->config, strlen(r->config), cfg);
}

int pel_domain_receive(struct pel_ctx *ctx, pel_read_fn *read, void *arg,
                       const struct pel_config *override, bool (*stop)(void),
                       uint32_t *domid, char **name)
{
    struct pel_image_reader *r = calloc(1, sizeof(*r));
    struct pel_image_record rec = { .type = 1 };
    struct pel_config own;
    int rc = 0;

    (void)stop;
    *name = NULL;
    if (receiving_fails) {
        free(r);
        return pel_fail(ctx, PEL_ENOSPC, "too little memory");
    }
    *r = (struct pel_image_reader){ .ctx = ctx, .read = read, .arg = arg };
    rc = pel_image_open(r);
    if (rc) {
        pel_image_close(r);
        free(r);
        return rc;
    }
    pel_config_init(&own);
    if (!override)
        assert_int_equal(pel_domain_image_config(ctx, r, &own), 0);
    override = override ? override : &own;
    snprintf(got_name, sizeof(got_name), "%s", override->name);
    snprintf(got_target, sizeof(got_target), "%s", override->disks[0].target);
    memcpy(got_uuid, override->uuid, 16);
    got_nics = override->nr_nics;
    pel_config_free(&own);
    while (!rc && rec.type != PEL_REC_END) {
        rc = pel_image_next(r, &rec);
        for (size_t i = 0; !rc && rec.type == PEL_REC_PAGE_DATA && i < rec.nr;
             i++)
            received[rec.pfns[i]] =
                rec.pages[i] ? *(const uint64_t *)rec.pages[i] : 0;
    }
    pel_image_close(r);
    free(r);
    *domid = 9;
    *name = strdup(got_name);
    return rc;
}

int pel_domain_list(struct pel_ctx *ctx, struct pel_dominfo **out, size_t *nr)
{
    (void)ctx;
    *out = calloc(2, sizeof(**out));
    *nr = guest_runs ? 2 : 1;
    (*out)[1].domid = 7;
    uuid_parse(WHO, (*out)[1].uuid);
    return 0;
}

int pel_domain_destroy(struct pel_ctx *ctx, uint32_t domid)
{
    (void)ctx;
    assert_int_equal(domid, 7);
    guest_runs = false;
    return 0;
}

int pel_migrate_destroy_own(struct pel_ctx *ctx, uint32_t domid)
{
    return pel_domain_destroy(ctx, domid);
}

int pel_store_use(struct pel_ctx *ctx, struct pel_store *s)
{
    (void)ctx;
    (void)s;
    return 0;
}

int pel_store_put(struct pel_store *s, const char *dir, const char *name,
                  const char *value_fmt, ...)
{
    (void)s;
    (void)value_fmt;
    assert_string_equal(dir, "/local/domain/9");
    assert_string_equal(name, "platform/generation-id");
    return 0;
}

int pel_store_fail(struct pel_ctx *ctx, int rc, const char *fmt, ...)
{
    (void)rc;
    return pel_fail(ctx, PEL_ESTORE, "%s", fmt);
}

/* ---- the guest's doings -------------------------------------------------- */

static inline void assert_disk(const char *path, int letter)
{
    char bytes[DISK_LEN + 1], want[DISK_LEN];
    int fd = open(path, O_RDONLY);

    memset(want, letter, sizeof(want));
    memset(want + 4096, 0, 8192);
    assert_int_equal(read(fd, bytes, sizeof(bytes)), disk_len);
    assert_memory_equal(bytes, want, disk_len);
    close(fd);
}

/* State number @n of the guest's memory and disk. */
static inline void work(int n)
{
    for (size_t i = 0; i < GUEST_PAGES; i++)
        seeds[i] = i == 3 ? 1000u + n : i % 5;
    write_disk(disk_path, 'a' + n);
}

static inline void assert_received(int n)
{
    uint64_t page[512];

    work(n);
    for (size_t i = 0; i < GUEST_PAGES; i++) {
        fill_page(page, seeds[i]);
        assert_true(received[i] == page[0]);
    }
}

static inline int begin(void **state)
{
    make_top(state);
    snprintf(disk_path, sizeof(disk_path), "%s/disk", top);
    snprintf(file_path, sizeof(file_path), "%s/file", top);
    snprintf(disk_line, sizeof(disk_line), "file:%s,xvda,w", disk_path);
    guest_runs = true;
    sending_fails = receiving_fails = has_reflinks = false;
    disk_len = DISK_LEN;
    can_follow = has_grown = false;
    followed = 0;
    memset(received, 0, sizeof(received));
    return 0;
}

static inline void take(struct pel_ctx *ctx, const char *name, int n)
{
    uint64_t still_ms = 0;
    int rc;

    work(n);
    rc = pel_snapshot_create(ctx, top, 7, name, false, NULL, &still_ms);
    assert_told(ctx, rc, NULL);
    assert_int_equal(rc, 0);
    assert_int_equal(still_ms, 77);
}

#define in_its_folder(fn) cmocka_unit_test_setup_teardown(fn, begin, remove_top)

#endif
