/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest prints: two files at most, neither above its size. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common.h"
#include <peld/log_file.h>

static char dir[] = "/tmp/pel-log-XXXXXX";

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir + sizeof(dir) - 7, "XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    char path[64];

    (void)state;
    snprintf(path, sizeof(path), "%s/g.log", dir);
    unlink(path);
    snprintf(path, sizeof(path), "%s/g.log.old", dir);
    unlink(path);
    return rmdir(dir);
}

static struct log_file opened(void)
{
    struct log_file l;

    snprintf(l.path, sizeof(l.path), "%s/g.log", dir);
    assert_int_equal(log_file_open(&l), 0);
    return l;
}

/* -1: not there. */
static off_t size_of(const struct log_file *l, const char *suffix)
{
    char path[300];
    struct stat st;

    snprintf(path, sizeof(path), "%s%s", l->path, suffix);
    return stat(path, &st) ? -1 : st.st_size;
}

static void it_goes_on_where_it_ended(void **state)
{
    struct log_file l = opened();

    (void)state;
    log_file_write(&l, "one", 3);
    log_file_close(&l);
    log_file_close(&l);
    l = opened();
    log_file_write(&l, "two", 3);
    log_file_close(&l);
    assert_int_equal(size_of(&l, ""), 6);
    assert_int_equal(size_of(&l, ".old"), -1);
}

static void a_flood_fills_two_files(void **state)
{
    struct log_file l = opened();
    size_t len = LOG_FILE_MAX / 64 + 1;
    char *flood = calloc(1, len);

    (void)state;
    for (int i = 0; i < 63; i++)
        log_file_write(&l, flood, len);
    assert_int_equal(size_of(&l, ".old"), -1);
    for (int i = 0; i < 640; i++) {
        log_file_write(&l, flood, len);
        assert_true(size_of(&l, "") <= LOG_FILE_MAX);
        assert_true(size_of(&l, ".old") > LOG_FILE_MAX / 2);
        assert_true(size_of(&l, ".old") <= LOG_FILE_MAX);
    }
    log_file_close(&l);
    free(flood);
}

/* As logrotate does with copytruncate. */
static void a_file_that_was_cut_has_room_again(void **state)
{
    struct log_file l = opened();
    char *flood = calloc(1, LOG_FILE_MAX);

    (void)state;
    log_file_write(&l, flood, LOG_FILE_MAX);
    assert_int_equal(truncate(l.path, 0), 0);
    log_file_write(&l, "more", 4);
    assert_int_equal(size_of(&l, ""), 4);
    assert_int_equal(size_of(&l, ".old"), -1);
    log_file_close(&l);
    free(flood);
}

static void a_folder_that_is_missing_is_told(void **state)
{
    struct log_file l;

    (void)state;
    snprintf(l.path, sizeof(l.path), "%s/none/g.log", dir);
    assert_int_equal(log_file_open(&l), -ENOENT);
    log_file_write(&l, "lost", 4);
    log_file_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_goes_on_where_it_ended, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(a_flood_fills_two_files, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(a_file_that_was_cut_has_room_again,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_folder_that_is_missing_is_told,
                                        make_dir, remove_dir),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
