/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A chain of snapshots stores each page once, is proven as a whole, and
 * survives deletions, whenever they are interrupted.
 */
#include "snapshot_maker.h"
#include <sys/wait.h>
#include "libpel/snapshot/verify.h"

/* The process ends as if killed before this of its calls; 0: never. */
static int end_before;

static void maybe_end(void)
{
    if (end_before && !--end_before)
        _exit(42);
}

int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    maybe_end();
    return __real_renameat(from_dir, from, to_dir, to);
}

int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags)
{
    maybe_end();
    return __real_unlinkat(dir, name, flags);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd)
{
    maybe_end();
    return __real_fsync(fd);
}

/* Page I of the guest as it is after @changes changes of one page each. */
static void guest_after(unsigned int changes, uint64_t *seeds)
{
    for (size_t i = 0; i < GUEST_PAGES; i++)
        seeds[i] = i % 4 ? i : 0; /* zeros and others */
    for (unsigned int i = 1; i <= changes; i++)
        seeds[i] = 100 + i;
}

static void add(struct pel_ctx *ctx, const char *name, const char *parent,
                unsigned int changes)
{
    uint64_t seeds[GUEST_PAGES];

    guest_after(changes, seeds);
    add_snapshot(ctx, name, parent, seeds);
}

static void make_three(struct pel_ctx *ctx)
{
    pel_error_clear(ctx);
    add(ctx, "a", NULL, 0);
    add(ctx, "b", "a", 1);
    add(ctx, "c", "b", 2);
}

static int verify(struct pel_ctx *ctx, const char *name)
{
    pel_error_clear(ctx);
    return pel_snapshot_verify(ctx, top, WHO, name);
}

/* A chain that is open, with its folder. */
struct opened {
    struct snap_folder f;
    struct snap_chain c;
};

static struct opened *open_chain(struct pel_ctx *ctx, const char *name)
{
    struct opened *o = calloc(1, sizeof(*o));

    open_folder(ctx, &o->f);
    assert_int_equal(snap_chain_open(&o->f, name, &o->c), 0);
    return o;
}

static void close_chain(struct opened *o)
{
    snap_chain_close(&o->c);
    snap_folder_close(&o->f);
    free(o);
}

/* The pages of a snapshot's image are the guest's at that time. */
static void assert_image(struct pel_ctx *ctx, const char *name,
                         unsigned int changes)
{
    struct opened *o = open_chain(ctx, name);
    struct pel_image_record rec = { .type = 1 };
    uint64_t seeds[GUEST_PAGES], page[512];
    struct chain_image *image;
    size_t seen = 0;

    guest_after(changes, seeds);
    assert_int_equal(chain_image_open(&o->c, &image), 0);
    while (rec.type != PEL_REC_END) {
        assert_int_equal(pel_image_next(&image->reader, &rec), 0);
        for (size_t i = 0; rec.type == PEL_REC_PAGE_DATA && i < rec.nr; i++) {
            fill_page(page, seeds[rec.pfns[i]]);
            if (rec.pages[i])
                assert_memory_equal(rec.pages[i], page, 4096);
            else
                assert_int_equal(seeds[rec.pfns[i]], 0);
            seen++;
        }
    }
    assert_int_equal(seen, GUEST_PAGES);
    assert_true(image->reader.has_sum && parts_at_end(&image->parts));
    chain_image_close(image);
    close_chain(o);
}

static void each_page_is_kept_once(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct pel_snapshot *list;
    size_t nr;

    (void)state;
    make_three(&ctx);
    assert_int_equal(pel_snapshot_list(&ctx, top, WHO, NULL, &list, &nr), 0);
    assert_int_equal(nr, 3);
    assert_string_equal(list[1].name, "b");
    assert_string_equal(list[2].parent, "b");
    assert_true(list[2].current && !list[1].current);
    /* The changed page; shared_info's page and the disk's are the parent's. */
    assert_int_equal(list[1].nr_pages, 1);
    assert_int_equal(list[2].nr_pages, 1);
    assert_int_equal(list[0].nr_pages, 30 + 1 + 1 + 1); /* and registers */
    pel_snapshots_free(list, nr);
    assert_int_equal(verify(&ctx, NULL), 0);
    assert_int_equal(verify(&ctx, "c"), 0);
    assert_image(&ctx, "a", 0);
    assert_image(&ctx, "b", 1);
    assert_image(&ctx, "c", 2);
}

static void deletion_hands_pages_over(void **state)
{
    struct pel_ctx ctx = { .message = "" };

    (void)state;
    make_three(&ctx);
    add(&ctx, "d", "b", 3);
    assert_int_equal(pel_snapshot_delete(&ctx, top, WHO, "b"), 0);
    assert_int_equal(verify(&ctx, NULL), 0);
    assert_image(&ctx, "c", 2);
    assert_image(&ctx, "d", 3);
    assert_int_equal(pel_snapshot_delete(&ctx, top, WHO, "a"), 0);
    assert_int_equal(verify(&ctx, NULL), 0);
    assert_image(&ctx, "c", 2);
    assert_image(&ctx, "d", 3);
    assert_int_equal(pel_snapshot_delete(&ctx, top, WHO, "d"), 0);
    assert_int_equal(pel_snapshot_delete(&ctx, top, WHO, "c"), 0);
    assert_int_equal(verify(&ctx, "c"), -PEL_ENOENT);
    assert_told(&ctx, -1, "list");
}

/* In a process that ends before its @at-th step; false: it ran to its end. */
static bool killed_at(int at, void (*fn)(struct pel_ctx *ctx))
{
    pid_t pid = fork();
    int status;

    if (!pid) {
        struct pel_ctx ctx = { .message = "" };

        end_before = at;
        fn(&ctx);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != 42)
        assert_int_equal(WEXITSTATUS(status), 0);
    return WEXITSTATUS(status) == 42;
}

static void delete_b(struct pel_ctx *ctx)
{
    if (pel_snapshot_delete(ctx, top, WHO, "b"))
        _exit(1);
}

static void a_killed_deletion_leaves_valid_chains(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    bool killed = true;

    (void)state;
    for (int at = 1; killed; at++) {
        remove_tree(top);
        make_three(&ctx);
        add(&ctx, "d", "b", 3);
        killed = killed_at(at, delete_b);
        assert_int_equal(verify(&ctx, NULL), 0);
        assert_image(&ctx, "a", 0);
        assert_image(&ctx, "c", 2);
        assert_image(&ctx, "d", 3);
        if (!access(path_of("b", ""), F_OK))
            assert_int_equal(pel_snapshot_delete(&ctx, top, WHO, "b"), 0);
        assert_int_equal(verify(&ctx, NULL), 0);
        assert_true(killed || at > 20);
    }
}

static void create_d(struct pel_ctx *ctx) { add(ctx, "d", "c", 3); }

static void a_killed_creation_leaves_all_or_nothing(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    bool killed = true;

    (void)state;
    for (int at = 1; killed; at++) {
        remove_tree(top);
        make_three(&ctx);
        killed = killed_at(at, create_d);
        assert_int_equal(verify(&ctx, NULL), 0);
        assert_int_equal(access(path_of(".new-d", ""), F_OK), -1);
        if (access(path_of("d", ""), F_OK))
            add(&ctx, "d", "c", 3);
        assert_image(&ctx, "d", 3);
        assert_true(killed || at > 8);
    }
}

/* Holes, data, zeros and a tail come back as they were. */
struct disk_copy {
    uint8_t bytes[64 * 4096];
    size_t len;
};

static int take_copy(void *arg, const void *buf, size_t len)
{
    struct disk_copy *d = arg;

    assert_true(d->len + len <= sizeof(d->bytes));
    if (buf)
        memcpy(d->bytes + d->len, buf, len);
    else
        memset(d->bytes + d->len, 0, len);
    d->len += len;
    return 0;
}

static void a_disk_comes_back(void **state)
{
    static struct disk_copy copy;
    struct pel_ctx ctx = { .message = "" };
    uint8_t was[2 * 4096 + 100];
    uint64_t seeds[GUEST_PAGES];
    struct opened *o;
    int fd;

    (void)state;
    make_three(&ctx);
    guest_after(2, seeds);
    fd = disk_file(seeds[0] + 1000);
    assert_int_equal(pread(fd, was, sizeof(was), 0), sizeof(was));
    close(fd);
    o = open_chain(&ctx, "c");
    assert_int_equal(disk_write_out(&o->c, 0, take_copy, &copy, NULL), 0);
    assert_int_equal(copy.len, sizeof(was));
    assert_memory_equal(copy.bytes, was, sizeof(was));
    close_chain(o);
}

/* What a killed process leaves is removed by the next one. */
static void leftovers_vanish(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct snap_folder f;

    (void)state;
    make_three(&ctx);
    assert_int_equal(mkdir(path_of(".new-x", ""), 0700), 0);
    close(open(path_of(".new-x", "pages.1"), O_CREAT, 0600));
    assert_int_equal(mkdir(path_of(".old-y", ""), 0700), 0);
    close(open(path_of("b", "pages.2"), O_CREAT, 0600));
    open_folder(&ctx, &f);
    snap_folder_close(&f);
    assert_int_equal(access(path_of(".new-x", ""), F_OK), -1);
    assert_int_equal(access(path_of(".old-y", ""), F_OK), -1);
    assert_int_equal(access(path_of("b", "pages.2"), F_OK), -1);
    assert_int_equal(access(path_of("b", "pages.1"), F_OK), 0);
    assert_int_equal(verify(&ctx, NULL), 0);
}

static void a_name_is_taken_once(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    uint64_t seeds[GUEST_PAGES];

    (void)state;
    make_three(&ctx);
    guest_after(1, seeds);
    assert_int_equal(try_snapshot(&ctx, "b", "a", seeds), -PEL_EEXIST);
    assert_told(&ctx, -1, "already");
    assert_int_equal(access(path_of(".new-b", ""), F_OK), -1);
    assert_int_equal(verify(&ctx, NULL), 0);
}

static off_t size_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void flip(const char *path, off_t bit)
{
    int fd = open(path, O_RDWR);
    uint8_t byte;

    assert_int_equal(pread(fd, &byte, 1, bit / 8), 1);
    byte ^= 1 << bit % 8;
    assert_int_equal(pwrite(fd, &byte, 1, bit / 8), 1);
    close(fd);
}

static const char *const files[] = { "manifest.json", "config.json", "memory",
                                     "sums.1",        "pages.1",     "disk-0" };
static const char *const names[] = { "a", "b", "c" };

static void refused(struct pel_ctx *ctx)
{
    int rc = verify(ctx, "c");

    assert_int_equal(rc, -PEL_EFORMAT);
    assert_told(ctx, rc, "damaged");
}

static void a_wrong_bit_anywhere_is_noticed(void **state)
{
    struct pel_ctx ctx = { .message = "" };

    (void)state;
    make_three(&ctx);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(files); j++) {
            const char *path = path_of(names[i], files[j]);
            off_t bits = 8 * size_of(path);

            for (off_t bit = 0; bit < bits; bit += bits / 23 + 1) {
                flip(path, bit);
                refused(&ctx);
                flip(path, bit);
            }
        }
    }
    assert_int_equal(verify(&ctx, "c"), 0);
}

static void a_cut_or_missing_file_is_noticed(void **state)
{
    struct pel_ctx ctx = { .message = "" };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(files); j++) {
            const char *path;

            remove_tree(top);
            make_three(&ctx);
            path = path_of(names[i], files[j]);
            assert_int_equal(truncate(path, size_of(path) - 1), 0);
            refused(&ctx);
            unlink(path);
            refused(&ctx);
        }
    }
    remove_tree(top);
    make_three(&ctx);
    remove_tree(path_of("a", ""));
    refused(&ctx);
    assert_told(&ctx, -1, "parent a is gone");
}

static void parts_that_make_no_sense(void **state)
{
    static const struct {
        const char *why;
        uint32_t words[4];
    } cases[] = {
        { "no kind", { 0, 1 } },
        { "unknown kind", { 4, 1 } },
        { "nothing of it", { 2, 0 } },
        { "more bytes than there are", { 1, 9 } },
        { "more sums than there are", { 3, 1 } },
        { "sums past 32 bits", { 3, 0x8000001 } },
    };
    struct pel_ctx ctx = { .message = "" };
    struct opened *o;

    (void)state;
    make_three(&ctx);
    o = open_chain(&ctx, "a");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct parts_reader r = { .text = NULL };
        uint8_t bytes[24] = "PelPart1", out[8];
        struct snap_file file = { .len = sizeof(bytes) };
        int rc, fd;

        print_message("%s\n", cases[i].why);
        memcpy(bytes + 8, cases[i].words, 16);
        snap_sum_of(bytes, sizeof(bytes), &file.sum);
        fd = openat(o->c.layers[0].dir, "odd", O_CREAT | O_WRONLY, 0600);
        assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
        close(fd);
        assert_int_equal(parts_reader_open(&o->c, "odd", &file, &r), 0);
        rc = parts_read(&r, out, sizeof(out));
        assert_int_equal(rc, -PEL_EFORMAT);
        assert_told(&ctx, rc, "odd makes no sense");
        pel_error_clear(&ctx);
        parts_reader_close(&r);
    }
    close_chain(o);
}

static void a_circle_of_parents_ends(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct snap_manifest m;
    int fd, rc;

    (void)state;
    make_three(&ctx);
    fd = open(path_of("a", ""), O_RDONLY | O_DIRECTORY);
    assert_int_equal(snap_manifest_read(&ctx, fd, "a", &m), 0);
    m.parent = strdup("c");
    assert_int_equal(snap_manifest_write(&ctx, fd, &m), 0);
    snap_manifest_free(&m);
    close(fd);
    rc = verify(&ctx, "c");
    assert_int_equal(rc, -PEL_EINVAL);
    assert_told(&ctx, rc, "more than");
}

static void a_guest_that_is_gone_is_found_by_its_name(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct pel_snapshot *list;
    size_t nr;
    int rc;

    (void)state;
    make_three(&ctx);
    assert_int_equal(pel_snapshot_list(&ctx, top, "g", "b", &list, &nr), 0);
    assert_int_equal(nr, 1);
    assert_string_equal(list[0].name, "b");
    pel_snapshots_free(list, nr);
    rc = pel_snapshot_list(&ctx, top, "h", NULL, &list, &nr);
    assert_int_equal(rc, -PEL_ENOENT);
    assert_told(&ctx, rc, "neither");
}

#define in_its_folder(fn)                                                      \
    cmocka_unit_test_setup_teardown(fn, make_top, remove_top)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_its_folder(each_page_is_kept_once),
        in_its_folder(deletion_hands_pages_over),
        in_its_folder(a_killed_deletion_leaves_valid_chains),
        in_its_folder(a_killed_creation_leaves_all_or_nothing),
        in_its_folder(a_disk_comes_back),
        in_its_folder(leftovers_vanish),
        in_its_folder(a_name_is_taken_once),
        in_its_folder(a_wrong_bit_anywhere_is_noticed),
        in_its_folder(a_cut_or_missing_file_is_noticed),
        in_its_folder(parts_that_make_no_sense),
        in_its_folder(a_circle_of_parents_ends),
        in_its_folder(a_guest_that_is_gone_is_found_by_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
