/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots of a guest that never was, made by the code that is tested. */
#ifndef SNAPSHOT_MAKER_H
#define SNAPSHOT_MAKER_H

#include "image_maker.h"
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid/uuid.h>
#include <pel/config.h>
#include <pel/domain.h>
#include <pel/snapshot.h>
#include "libpel/snapshot/make.h"

#define WHO "0b6b0b6b-1111-2222-3333-444455556666"
#define GUEST_PAGES 40 /* with bytes */

static char top[] = "/tmp/pel-snapshot-XXXXXX";

/* Whether guest "g" runs, as domain 7. */
static bool guest_runs;

int pel_domain_find(struct pel_ctx *ctx, const char *who, uint32_t *domid)
{
    *domid = 7;
    if (guest_runs && !strcmp(who, "g"))
        return 0;
    return pel_fail(ctx, PEL_ENOENT, "there is no domain \"%s\"", who);
}

int pel_domain_get(struct pel_ctx *ctx, uint32_t domid, struct pel_dominfo *out)
{
    (void)ctx;
    assert_int_equal(domid, 7);
    assert_int_equal(uuid_parse(WHO, out->uuid), 0);
    return 0;
}

static inline int remove_name(const char *path, const struct stat *st, int type,
                              struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void remove_tree(const char *path)
{
    nftw(path, remove_name, 16, FTW_DEPTH | FTW_PHYS);
}

static inline int make_top(void **state)
{
    (void)state;
    strcpy(top + strlen(top) - 6, "XXXXXX");
    return mkdtemp(top) ? 0 : -1;
}

static inline int remove_top(void **state)
{
    (void)state;
    remove_tree(top);
    return 0;
}

/* A page of its own for each number; 0: zeros. */
static inline void fill_page(uint64_t *page, uint64_t seed)
{
    for (size_t i = 0; i < 512; i++)
        page[i] = seed ? seed * 0x9e3779b97f4a7c15ull + i : 0;
}

/* An image whose page I is made from seeds[I]. */
static inline void put_image_of(struct parts_writer *to, const char *config,
                                const uint64_t *seeds)
{
    static uint64_t bytes[GUEST_PAGES][512];
    uint64_t pfns[GUEST_PAGES];
    uint32_t types[GUEST_PAGES] = { 0 };
    const void *pages[GUEST_PAGES];
    struct pel_image_writer w;

    w = (struct pel_image_writer){ .write = parts_write, .arg = to };
    image_head(&w, config);
    for (size_t i = 0; i < GUEST_PAGES; i++) {
        pfns[i] = i;
        fill_page(bytes[i], seeds[i]);
        pages[i] = bytes[i];
    }
    pel_image_put_pages(&w, pfns, types, pages, GUEST_PAGES);
    image_put_state(&w);
    assert_int_equal(pel_image_finish(&w), 0);
}

/* One disk of two pages and a bit, the first one from a seed. */
#define SNAPPED_DISK (2 * 4096 + 100)

static inline int disk_file(uint64_t seed)
{
    uint64_t page[512];
    FILE *f = tmpfile();
    int fd;

    fill_page(page, seed);
    fwrite(page, sizeof(page), 1, f);
    fflush(f);
    fd = dup(fileno(f));
    assert_int_equal(ftruncate(fd, SNAPPED_DISK), 0);
    fclose(f);
    return fd;
}

static inline void open_folder(struct pel_ctx *ctx, struct snap_folder *f)
{
    uint8_t uuid[16];

    uuid_parse(WHO, uuid);
    assert_int_equal(snap_folder_open(ctx, top, uuid, true, true, f), 0);
}

static inline int try_snapshot(struct pel_ctx *ctx, const char *name,
                               const char *parent, const uint64_t *seeds)
{
    static const char text[] = "name='g'\nuuid='" WHO "'\nkernel='/k'\n";
    struct snap_folder f;
    struct pel_config cfg;
    struct making m;
    int rc, fd = disk_file(seeds[0] + 1000);

    pel_config_init(&cfg);
    assert_int_equal(pel_config_parse(ctx, "t", text, strlen(text), &cfg), 0);
    assert_int_equal(pel_config_finish(ctx, &cfg), 0);
    open_folder(ctx, &f);
    rc = making_begin(&f, name, parent, &m);
    if (!rc)
        rc = making_describe(&m, &cfg, 1);
    if (!rc) {
        put_image_of(m.memory, IMAGE_CONFIG, seeds);
        m.m.disks[0].vdev = strdup("xvda");
        m.m.disks[0].target = strdup("/d");
        rc = disk_store_file(ctx, fd, SNAPPED_DISK, m.dir, 0, &m.pages,
                             &m.m.disks[0], NULL);
    }
    if (!rc)
        rc = making_commit(&m);
    making_end(&m);
    if (!rc)
        rc = snap_head_write(&f, name);
    snap_folder_close(&f);
    pel_config_free(&cfg);
    close(fd);
    return rc;
}

static inline void add_snapshot(struct pel_ctx *ctx, const char *name,
                                const char *parent, const uint64_t *seeds)
{
    int rc = try_snapshot(ctx, name, parent, seeds);

    assert_told(ctx, rc, NULL);
    assert_int_equal(rc, 0);
}

/* A file of a snapshot, or the snapshot itself. */
static inline const char *path_of(const char *name, const char *file)
{
    static char path[300];

    snprintf(path, sizeof(path), "%s/" WHO "/%s/%s", top, name, file);
    return path;
}

#endif
