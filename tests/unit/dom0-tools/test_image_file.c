/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of an image is there whole or not at all. */
#include "common.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>
#include <pel/image_file.h>

static char dir[] = "/tmp/pel-image-XXXXXX";
static char path[64];

static bool folder_fails;
int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
    struct stat st;

    if (!folder_fails || fstat(fd, &st) || !S_ISDIR(st.st_mode))
        return __real_fsync(fd);
    errno = EIO;
    return -1;
}

static int make_dir(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "%s/image", mkdtemp(dir));
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

/* Names in the folder. */
static int names(void)
{
    DIR *d = opendir(dir);
    int nr = 0;

    for (struct dirent *e; (e = readdir(d));)
        nr += e->d_name[0] != '.' || strlen(e->d_name) > 2;
    closedir(d);
    return nr;
}

static void put_old(void)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);

    assert_int_equal(write(fd, "old", 3), 3);
    close(fd);
}

static void commit_replaces_and_holes_read_as_zeros(void **state)
{
    static char big[IMAGE_FILE_BUFFER + 5], back[sizeof(big) + 16384];
    struct pel_ctx ctx = { .message = "" };
    struct image_file f;
    struct stat st;
    int fd;

    (void)state;
    put_old();
    memset(big, 'b', sizeof(big));
    assert_int_equal(image_file_create(&ctx, path, &f), 0);
    assert_int_equal(image_file_write(&f, "new", 3), 0);
    assert_int_equal(image_file_write(&f, NULL, 4096), 0);
    assert_int_equal(image_file_write(&f, big, sizeof(big)), 0);
    assert_int_equal(image_file_write(&f, NULL, 8192), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 3); /* until it is complete */
    assert_int_equal(image_file_commit(&f), 0);

    fd = open(path, O_RDONLY);
    fstat(fd, &st);
    assert_int_equal(st.st_size, 3 + 4096 + sizeof(big) + 8192);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(read(fd, back, sizeof(back)), st.st_size);
    close(fd);
    assert_memory_equal(back, "new\0\0", 5);
    assert_memory_equal(back + 3 + 4096, big, sizeof(big));
    assert_int_equal(back[3 + 4096 + sizeof(big)], 0);
    assert_int_equal(names(), 1);
}

static void its_room_is_written_without_a_copy(void **state)
{
    static char big[IMAGE_FILE_BUFFER - 10], back[sizeof(big) + 64];
    struct pel_ctx ctx = { .message = "" };
    struct image_file f;
    void *room;
    int fd;

    (void)state;
    memset(big, 'b', sizeof(big));
    assert_int_equal(image_file_create(&ctx, path, &f), 0);
    assert_int_equal(image_file_write(&f, big, sizeof(big)), 0);
    /* Does not fit behind it; and nobody has to use what he asked for. */
    assert_int_equal(image_file_room(&f, 16, &room), 0);
    memcpy(room, "not written", 12);
    assert_int_equal(image_file_room(&f, 16, &room), 0);
    memcpy(room, "sixteen letters", 16);
    assert_int_equal(image_file_write(&f, room, 16), 0);
    assert_int_equal(image_file_room(&f, 16, &room), 0);
    assert_int_equal(image_file_write(&f, NULL, 16), 0);
    assert_int_equal(image_file_write(&f, "end", 3), 0);
    assert_int_equal(image_file_commit(&f), 0);
    fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, back, sizeof(back)), sizeof(big) + 35);
    close(fd);
    assert_memory_equal(back, big, sizeof(big));
    assert_memory_equal(back + sizeof(big), "sixteen letters", 16);
    assert_int_equal(back[sizeof(big) + 16], 0);
    assert_memory_equal(back + sizeof(big) + 32, "end", 3);
}

static void abort_keeps_the_old_one(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct image_file f;
    struct stat st;

    (void)state;
    put_old();
    assert_int_equal(image_file_create(&ctx, path, &f), 0);
    assert_int_equal(image_file_write(&f, "newer", 5), 0);
    image_file_abort(&f);
    image_file_abort(&f);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 3);
    assert_int_equal(names(), 1);
}

/* What a full disk does: the file cannot grow. */
static void what_cannot_be_written_is_told(void **state)
{
    static char big[2 * IMAGE_FILE_BUFFER];
    struct pel_ctx ctx = { .message = "" };
    struct rlimit before, small = { .rlim_cur = 4096 };
    struct image_file f;
    int rc;

    (void)state;
    put_old();
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    assert_int_equal(image_file_create(&ctx, path, &f), 0);
    setrlimit(RLIMIT_FSIZE, &small);
    rc = image_file_write(&f, big, sizeof(big));
    setrlimit(RLIMIT_FSIZE, &before);
    image_file_abort(&f);
    assert_int_equal(rc, -PEL_EIO);
    assert_told(&ctx, rc, path);
    assert_int_equal(names(), 1);
}

/* Else the guest would be destroyed for an image that may be lost. */
static void a_name_that_is_not_durable_is_told(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct image_file f;
    int rc;

    (void)state;
    assert_int_equal(image_file_create(&ctx, path, &f), 0);
    folder_fails = true;
    rc = image_file_commit(&f);
    folder_fails = false;
    assert_int_equal(rc, -PEL_EIO);
    assert_told(&ctx, rc, "the folder of");
    assert_int_equal(names(), 1);
}

static void places_that_are_none_are_refused(void **state)
{
    static const char *const places[] = { "/tmp", "/nowhere/at/all" };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        struct pel_ctx ctx = { .message = "" };
        struct image_file f;
        int rc = image_file_create(&ctx, places[i], &f);

        assert_int_equal(rc, -PEL_EIO);
        assert_told(&ctx, rc, places[i]);
        image_file_abort(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commit_replaces_and_holes_read_as_zeros),
        cmocka_unit_test(its_room_is_written_without_a_copy),
        cmocka_unit_test(abort_keeps_the_old_one),
        cmocka_unit_test(what_cannot_be_written_is_told),
        cmocka_unit_test(a_name_that_is_not_durable_is_told),
        cmocka_unit_test(places_that_are_none_are_refused),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
