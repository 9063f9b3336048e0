/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are made for disks of another host, and removed. */
#include "common.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <pel/config.h>
#include <pel/device.h>
#include "libpel/mirror/local.h"

#define ID "01234567-89ab-cdef-0123-456789abcdef"
#define SIZE (256u << 10)

static struct pel_ctx ctx;
static char folder[64], noted[MIRROR_LIST];
static bool in_use;
static struct pel_disk disks[2];
static struct pel_config cfg;
static struct mirror_target *target;

/* In place of the one that asks the store. */
int pel_disk_check_unused(struct pel_ctx *c, const char *path)
{
    return in_use ? pel_fail(c, PEL_ESTATE, "%s is in use", path) : 0;
}

static int folders_synced;
int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
    struct stat st;

    folders_synced += !fstat(fd, &st) && S_ISDIR(st.st_mode);
    return __real_fsync(fd);
}

static int note(void *arg, const char *list)
{
    (void)arg;
    strcpy(noted, list);
    return 0;
}

static char *in_folder(const char *name)
{
    char *path;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    return path;
}

static int begin(void **state)
{
    (void)state;
    memset(&ctx, 0, sizeof(ctx));
    strcpy(folder, "/tmp/mirror-XXXXXX");
    assert_non_null(mkdtemp(folder));
    noted[0] = '\0';
    in_use = false;
    for (int i = 0; i < 2; i++) {
        disks[i].vdev = strdup(i ? "xvdb" : "xvda");
        disks[i].target = in_folder(i ? "b" : "a");
    }
    memset(&cfg, 0, sizeof(cfg));
    cfg.disks = disks;
    cfg.nr_disks = 1;
    return 0;
}

static int end(void **state)
{
    char command[128];

    (void)state;
    for (int i = 0; i < 2; i++) {
        free(disks[i].vdev);
        free(disks[i].target);
    }
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

/* Names in the folder, with a space behind each, and the length of "a". */
static void assert_files(const char *names, off_t size)
{
    struct dirent **list;
    char all[512] = "";
    struct stat st;
    int n = scandir(folder, &list, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        if (list[i]->d_name[0] != '.')
            strcat(strcat(all, list[i]->d_name), " ");
        free(list[i]);
    }
    free(list);
    assert_string_equal(all, names);
    if (!strncmp(names, "a ", 2)) {
        assert_int_equal(lstat(disks[0].target, &st), 0);
        assert_int_equal(st.st_size, size);
    }
}

static void put_old(void)
{
    FILE *f = fopen(disks[0].target, "w");

    assert_non_null(f);
    fputs("old", f);
    fclose(f);
}

static int take(uint32_t op, uint64_t offset, uint64_t length, const void *more,
                size_t len)
{
    const struct mirror_head head = { op, 0, offset, length, 0 };
    uint8_t *body = malloc(sizeof(head) + len);
    int rc;

    memcpy(body, &head, sizeof(head));
    if (len)
        memcpy(body + sizeof(head), more, len);
    rc = mirror_take_record(target, body, sizeof(head) + len);
    free(body);
    return rc;
}

/* Up to the announcement of xvda. */
static int start(bool asked, bool permitted)
{
    const struct mirror_setup how = {
        .id = ID,
        .policy = { folder, permitted },
        .overwrite = asked,
        .note = note,
    };
    int rc = mirror_take_begin(&ctx, &how, &target);

    if (!rc)
        rc = mirror_take_config(target, &cfg);
    return rc ? rc : take(MIRROR_DISK, 0, SIZE, "xvda", 4);
}

static void undo(void)
{
    mirror_take_end(target);
    mirror_undo(&ctx, ID, noted);
    mirror_undo(&ctx, ID, noted); /* as often as one likes */
}

/* ---- ------------------------------------------------------------------------
 */

static void a_file_gets_its_name_when_it_is_whole(void **state)
{
    static uint8_t data[65536], back[SIZE];
    int fd;

    (void)state;
    memset(data, 'x', sizeof(data));
    assert_int_equal(start(false, false), 0);
    assert_files("a." ID ".new ", 0);
    assert_int_equal(take(MIRROR_DATA, 65536, 65536, data, 65536), 0);
    assert_int_equal(take(MIRROR_DATA, 131072, 512, data, 512), 0);
    assert_int_equal(take(MIRROR_ZERO, 65536 + 4096, 4096, NULL, 0), 0);
    assert_int_equal(take(MIRROR_ZERO, 0, SIZE - 131072, NULL, 0), 0);
    assert_int_equal(take(MIRROR_DATA, SIZE - 512, 512, data, 512), 0);
    assert_int_equal(take(MIRROR_DATA, 0, 512, data, 512), 0);
    assert_int_equal(take(MIRROR_DATA, SIZE, 512, data, 512), -PEL_EFORMAT);
    pel_error_clear(&ctx);
    assert_int_equal(mirror_take_finish(target), 0);
    assert_files("a ", SIZE);
    mirror_take_end(target);
    mirror_keep(&ctx, ID, noted);
    assert_files("a ", SIZE);

    fd = open(disks[0].target, O_RDONLY);
    assert_int_equal(read(fd, back, SIZE), SIZE);
    close(fd);
    for (size_t i = 0; i < SIZE; i++)
        assert_int_equal(back[i], i < 512 || (i >= 131072 && i < 131584) ||
                                          i >= SIZE - 512
                                      ? 'x'
                                      : 0);
}

static void what_is_undone_is_gone(void **state)
{
    (void)state;
    assert_int_equal(start(false, false), 0);
    undo();
    assert_files("", 0);
    assert_int_equal(start(false, false), 0);
    assert_int_equal(mirror_take_finish(target), 0);
    undo();
    assert_files("", 0);
}

static void what_was_there_comes_back(void **state)
{
    (void)state;
    put_old();
    assert_int_equal(start(true, true), 0);
    assert_files("a a." ID ".new ", 3);
    undo();
    assert_files("a ", 3);
    assert_int_equal(start(true, true), 0);
    assert_int_equal(mirror_take_finish(target), 0);
    assert_files("a a." ID ".old ", SIZE);
    undo();
    assert_files("a ", 3);
    assert_int_equal(start(true, true), 0);
    assert_int_equal(mirror_take_finish(target), 0);
    mirror_take_end(target);
    mirror_keep(&ctx, ID, noted);
    mirror_keep(&ctx, ID, noted);
    assert_files("a ", SIZE);
}

/* A name that has come back is durable before the journal goes. */
static void what_is_undone_is_durable(void **state)
{
    (void)state;
    put_old();
    assert_int_equal(start(true, true), 0);
    assert_int_equal(mirror_take_finish(target), 0);
    folders_synced = 0;
    undo();
    assert_true(folders_synced > 0);
}

/* An admin has put another disk there before --resolve was called. */
static void what_has_taken_its_place_stays(void **state)
{
    char *other = in_folder("newer");

    (void)state;
    put_old();
    assert_int_equal(start(true, true), 0);
    assert_int_equal(mirror_take_finish(target), 0);
    assert_int_equal(rename(disks[0].target, other), 0);
    put_old();
    assert_int_equal(truncate(disks[0].target, 5), 0);
    unlink(other);
    undo();
    assert_files("a a." ID ".old ", 5);
    free(other);
}

/* The same number, but made at another time: ours was removed before. */
static void an_inode_may_come_again(void **state)
{
    struct file_id id;

    (void)state;
    assert_int_equal(start(false, false), 0);
    assert_int_equal(mirror_take_finish(target), 0);
    assert_int_equal(place_identify(-1, disks[0].target, &id), 0);
    if (!id.born_ns)
        print_message("the file system knows no time of birth\n");
    id.born_ns += id.born_ns != 0;
    noted[0] = '\0';
    assert_int_equal(
        place_note(&ctx, noted, sizeof(noted), disks[0].target, &id), 0);
    undo();
    assert_files(id.born_ns ? "a " : "", SIZE);
}

/* Somebody else has put a file there meanwhile: it is not ours to remove. */
static void what_is_not_ours_stays(void **state)
{
    (void)state;
    assert_int_equal(start(false, false), 0);
    put_old();
    assert_int_equal(mirror_take_finish(target), -PEL_EIO);
    assert_told(&ctx, -PEL_EIO, "File exists");
    undo();
    assert_files("a ", 3);
}

static void what_is_there_is_refused(void **state)
{
    static const struct {
        bool asked, permitted, in_use;
        int rc;
        const char *told;
    } cases[] = {
        { false, true, false, -PEL_EEXIST, "pel migrate --overwrite" },
        { true, false, false, -PEL_EEXIST, "migrate-receive --overwrite" },
        { true, true, true, -PEL_ESTATE, "is in use" },
        { true, true, false, 0, NULL },
    };

    (void)state;
    put_old();
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int rc;

        in_use = cases[i].in_use;
        rc = start(cases[i].asked, cases[i].permitted);
        assert_int_equal(rc, cases[i].rc);
        assert_told(&ctx, rc, cases[i].told);
        pel_error_clear(&ctx);
        undo();
        assert_files("a ", 3);
    }
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(symlink("/etc/passwd", disks[0].target), 0);
    assert_int_equal(start(true, true), -PEL_EINVAL);
    undo();
    unlink(disks[0].target);
    assert_int_equal(mkdir(disks[0].target, 0700), 0);
    assert_int_equal(start(true, true), -PEL_EINVAL);
    undo();
    rmdir(disks[0].target);
}

static void disks_are_those_of_the_configuration(void **state)
{
    (void)state;
    cfg.nr_disks = 2;
    assert_int_equal(start(false, false), 0);
    assert_int_equal(mirror_take_finish(target), -PEL_EFORMAT);
    assert_told(&ctx, -PEL_EFORMAT, "1 disks have come of a guest with 2");
    undo();
    cfg.nr_disks = 0;
    assert_int_equal(start(false, false), -PEL_EINVAL);
    undo();
    assert_files("", 0);
    disks[0].script = (char *)"block-x";
    cfg.nr_disks = 1;
    assert_int_equal(start(false, false), -PEL_ENOTSUP);
    undo();
    disks[0].script = NULL;
}

static void no_folder_no_disks(void **state)
{
    const struct mirror_setup how = { .id = ID, .note = note };

    (void)state;
    assert_int_equal(mirror_take_begin(&ctx, &how, &target), -PEL_ENOTSUP);
    assert_told(&ctx, -PEL_ENOTSUP, "takes no disks");
    mirror_take_end(target);
}

/* ---- paths
 * ------------------------------------------------------------------- */

static void paths_stay_in_the_folder(void **state)
{
    static const struct {
        const char *path; /* behind the folder */
        bool right;
    } cases[] = {
        { "/x", true },          { "/sub/x", true }, { "/inside/x", true },
        { "", false },           { "/", false },     { "/../x", false },
        { "/sub/../x", false },  { "/./x", false },  { "//x", false },
        { "/x/", false },        { "/x/..", false }, { "beside/x", false },
        { "/outside/x", false }, { "/up/x", false }, { "/none/x", false },
        { "/a\nb", false },      { "/...", true },
    };
    char *sub = in_folder("sub"), *inside = in_folder("inside"),
         *outside = in_folder("outside"), *up = in_folder("up");

    (void)state;
    mkdir(sub, 0700);
    assert_int_equal(symlink("sub", inside), 0);
    assert_int_equal(symlink("/etc", outside), 0);
    assert_int_equal(symlink("..", up), 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char path[256];
        int rc;

        snprintf(path, sizeof(path), "%s%s", folder, cases[i].path);
        print_message("%s\n", cases[i].path);
        rc = place_check(&ctx, folder, path);
        assert_int_equal(!rc, cases[i].right);
        pel_error_clear(&ctx);
        if (cases[i].right)
            assert_int_equal(place_check(&ctx, "/", path), 0);
    }
    assert_true(place_check(&ctx, folder, "/etc/passwd") < 0);
    pel_error_clear(&ctx);
    assert_true(place_check(&ctx, folder, "x") < 0);
    free(sub);
    free(inside);
    free(outside);
    free(up);
}

static void a_list_has_a_line_for_each_path(void **state)
{
    const struct file_id none = { 0 }, one = { 1, 2, 3 }, two = { 4, 5, 6 };
    char list[200] = "", big[1024];
    int rc = 0;

    (void)state;
    assert_int_equal(place_note(&ctx, list, sizeof(list), "/x y", &none), 0);
    assert_int_equal(place_note(&ctx, list, sizeof(list), "/z", &one), 0);
    assert_int_equal(place_note(&ctx, list, sizeof(list), "/x y", &two), 0);
    assert_string_equal(list, "0000000000000001 0000000000000002 "
                              "0000000000000003 /z\n"
                              "0000000000000004 0000000000000005 "
                              "0000000000000006 /x y\n");
    memset(big, 'x', sizeof(big) - 1);
    big[0] = '/';
    big[sizeof(big) - 1] = '\0';
    assert_true(place_note(&ctx, list, sizeof(list), big, &none) < 0);
    pel_error_clear(&ctx);
    for (int i = 0; !rc && i < 10; i++) {
        snprintf(big, sizeof(big), "/file%d", i);
        rc = place_note(&ctx, list, sizeof(list), big, &none);
    }
    assert_told(&ctx, rc, "too long");
    assert_true(rc < 0 && strlen(list) < sizeof(list));
    /* What is no list names nothing. */
    mirror_undo(&ctx, ID, "x\n");
    mirror_undo(&ctx, ID, "1 2 3 ");
    mirror_undo(&ctx, ID, "1 2 3 \n\n");
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_file_gets_its_name_when_it_is_whole),
        T(what_is_undone_is_gone),
        T(what_was_there_comes_back),
        T(what_is_undone_is_durable),
        T(what_has_taken_its_place_stays),
        T(an_inode_may_come_again),
        T(what_is_not_ours_stays),
        T(what_is_there_is_refused),
        T(what_is_no_file_is_refused),
        T(disks_are_those_of_the_configuration),
        T(no_folder_no_disks),
        T(paths_stay_in_the_folder),
        T(a_list_has_a_line_for_each_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
