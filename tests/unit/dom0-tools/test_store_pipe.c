/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transactions over the store's socket: a thread plays the store, which notes
 * what it was asked and answers by the words in the path.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "common.h"
#include <pel/store.h>
#include <xen/io/xs_wire.h>

#define PART 2000 /* names of a part of a large folder, in bytes */

static char path[] = "/tmp/pel-pipe-XXXXXX";
static int server;
static pthread_t thread;
static char seen[1 << 16]; /* what was asked: "TYPE PATH=REST;" */
static unsigned int conflicts, hang_up_after, starts, most;
static size_t large_names; /* of the folder /large */

static bool take(int fd, void *to, size_t len)
{
    return len == 0 || recv(fd, to, len, MSG_WAITALL) == (ssize_t)len;
}

static void answer(int fd, uint32_t type, const void *text, size_t len)
{
    struct xsd_sockmsg head = { .type = type, .len = (uint32_t)len };

    assert_int_equal(write(fd, &head, sizeof(head)), sizeof(head));
    assert_int_equal(write(fd, text, len), len);
}

/* "n0", "n1" and so on, each with its NUL, from an offset on. */
static size_t names(char *to, size_t size, size_t from, bool *last)
{
    size_t at = 0, len = 0;

    *last = true;
    for (size_t i = 0; i < large_names; i++) {
        char name[16];
        size_t n = (size_t)snprintf(name, sizeof(name), "n%zu", i) + 1;

        if (at >= from && len + n > size) {
            *last = false;
            break;
        }
        if (at >= from) {
            memcpy(to + len, name, n);
            len += n;
        }
        at += n;
    }
    return len;
}

static void answer_part(int fd, const char *offset)
{
    char text[PART + 8] = "42";
    bool last;
    size_t len = 3 + names(text + 3, PART, strtoul(offset, NULL, 10), &last);

    if (last)
        text[len++] = '\0';
    answer(fd, XS_DIRECTORY_PART, text, len);
}

static void answer_list(int fd, const char *node)
{
    if (strstr(node, "large"))
        answer(fd, XS_ERROR, "E2BIG", 6);
    else if (strstr(node, "empty"))
        answer(fd, XS_DIRECTORY, "", 0);
    else
        answer(fd, XS_DIRECTORY, "one\0two", 8);
}

static void answer_end(int fd)
{
    if (conflicts) {
        conflicts--;
        answer(fd, XS_ERROR, "EAGAIN", 7);
    } else {
        answer(fd, XS_TRANSACTION_END, "OK", 3);
    }
}

static void answer_all(int fd, const struct xsd_sockmsg *head, const char *text)
{
    if (strstr(text, "none"))
        answer(fd, XS_ERROR, "ENOENT", 7);
    else if (strstr(text, "locked"))
        answer(fd, XS_ERROR, "EACCES", 7);
    else if (head->type == XS_TRANSACTION_START)
        answer(fd, head->type, "77", 3);
    else if (head->type == XS_TRANSACTION_END)
        answer_end(fd);
    else if (head->type == XS_READ)
        answer(fd, head->type, "value", 5);
    else if (head->type == XS_DIRECTORY)
        answer_list(fd, text);
    else if (head->type == XS_DIRECTORY_PART)
        answer_part(fd, text + strlen(text) + 1);
    else
        answer(fd, head->type, "OK", 3);
}

static void note(const struct xsd_sockmsg *head, const char *text)
{
    size_t len = strlen(seen);

    if (head->type == XS_TRANSACTION_START)
        starts++;
    else
        assert_int_equal(head->tx_id, 77);
    len += (size_t)snprintf(seen + len, sizeof(seen) - len, "%u ", head->type);
    for (uint32_t i = 0; i < head->len && len < sizeof(seen) - 2; i++)
        seen[len++] = text[i] ? text[i] : '=';
    if (len < sizeof(seen) - 1)
        seen[len++] = ';';
}

static void serve_one(int fd)
{
    char text[XENSTORE_PAYLOAD_MAX + 1];
    struct xsd_sockmsg head;

    for (unsigned int nr = 1; take(fd, &head, sizeof(head)); nr++) {
        assert_true(head.len <= XENSTORE_PAYLOAD_MAX);
        if (!take(fd, text, head.len) || nr == hang_up_after)
            break;
        text[head.len] = '\0';
        most = nr > most ? nr : most;
        note(&head, text);
        answer_all(fd, &head, text);
    }
    close(fd);
}

static void *serve(void *arg)
{
    int fd;

    while ((fd = accept(server, NULL, NULL)) >= 0)
        serve_one(fd);
    return arg;
}

static int setup(void **state)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };

    (void)state;
    strcpy(path + sizeof(path) - 7, "XXXXXX");
    if (!mkdtemp(path))
        return -1;
    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/socket", path);
    setenv("XENSTORED_RUNDIR", path, 1);
    unsetenv("XENSTORED_PATH");
    memset(seen, 0, sizeof(seen));
    conflicts = hang_up_after = starts = most = 0;
    server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(server, (struct sockaddr *)&addr, sizeof(addr)) ||
        listen(server, 1))
        return -1;
    return pthread_create(&thread, NULL, serve, NULL);
}

static int teardown(void **state)
{
    char name[64];

    (void)state;
    shutdown(server, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(server);
    snprintf(name, sizeof(name), "%s/socket", path);
    unlink(name);
    return rmdir(path);
}

static int run(int (*fn)(struct pel_store *s, void *arg), void *arg)
{
    struct pel_store s = { .xs = NULL };
    int rc = pel_store_txn(&s, fn, arg);

    assert_null(s.pipe);
    return rc;
}

static int each_kind(struct pel_store *s, void *arg)
{
    const struct xs_permissions perms[] = {
        { .id = 0, .perms = XS_PERM_NONE },
        { .id = 7, .perms = XS_PERM_READ | XS_PERM_WRITE },
    };
    unsigned int nr = 9;
    char **list, *value;

    (void)arg;
    assert_int_equal(pel_store_mkdir(s, perms, 2, "/dir"), 0);
    assert_int_equal(pel_store_put(s, "/dir", "name", "%d", 5), 0);
    value = pel_store_read(s, "/dir/other");
    assert_string_equal(value, "value");
    free(value);
    list = pel_store_list(s, &nr, "/dir");
    assert_int_equal(nr, 2);
    assert_string_equal(list[0], "one");
    assert_string_equal(list[1], "two");
    free(list);
    list = pel_store_list(s, &nr, "/empty");
    assert_non_null(list);
    assert_int_equal(nr, 0);
    free(list);
    assert_null(pel_store_read(s, "/none"));
    assert_int_equal(errno, ENOENT);
    assert_null(pel_store_list(s, &nr, "/locked"));
    assert_int_equal(errno, EACCES);
    return pel_store_rm(s, "/none");
}

static void requests_arrive_in_order(void **state)
{
    (void)state;
    assert_int_equal(run(each_kind, NULL), 0);
    assert_string_equal(seen, "6 =;12 /dir=;14 /dir=n0=b7=;11 /dir/name=5;"
                              "2 /dir/other=;1 /dir=;1 /empty=;2 /none=;"
                              "1 /locked=;13 /none=;7 T=;");
}

static int read_many(struct pel_store *s, void *arg)
{
    unsigned int nr = *(unsigned int *)arg;
    char **paths = calloc(nr, sizeof(*paths));
    char **values = calloc(nr, sizeof(*values));
    int rc;

    for (unsigned int i = 0; i < nr; i++)
        assert_true(asprintf(&paths[i], i % 7 ? "/node/%u" : "/none/%u", i) >
                    0);
    rc = pel_store_read_many(s, paths, nr, values);
    for (unsigned int i = 0; i < nr; i++) {
        if (rc || i % 7 == 0)
            assert_null(values[i]);
        else
            assert_string_equal(values[i], "value");
        free(values[i]);
        free(paths[i]);
    }
    free(values);
    free(paths);
    return rc;
}

static void many_are_read_at_once(void **state)
{
    unsigned int nr = 300;

    (void)state;
    assert_int_equal(run(read_many, &nr), 0);
    nr = 1;
    assert_int_equal(run(read_many, &nr), 0);
    nr = 300;
    for (hang_up_after = 1; hang_up_after < 303; hang_up_after += 20)
        assert_true(run(read_many, &nr) < 0);
}

static int write_refused(struct pel_store *s, void *arg)
{
    int rc = pel_store_write(s, "x", "/locked");

    (void)arg;
    return rc ? rc : pel_store_write(s, "y", "/fine");
}

static void a_refusal_is_the_result_and_nothing_is_committed(void **state)
{
    (void)state;
    assert_int_equal(run(write_refused, NULL), -EACCES);
    assert_null(strstr(seen, "7 T"));
}

static int read_after_refusal(struct pel_store *s, void *arg)
{
    char *value;

    (void)arg;
    pel_store_write(s, "x", "/locked");
    value = pel_store_read(s, "/fine");
    assert_non_null(value);
    free(value);
    return pel_store_write(s, "y", "/fine") == -EACCES ? -EINVAL : 0;
}

static void the_first_refusal_is_told(void **state)
{
    (void)state;
    assert_int_equal(run(read_after_refusal, NULL), -EACCES);
}

static int give_up(struct pel_store *s, void *arg)
{
    (void)arg;
    pel_store_write(s, "x", "/fine");
    return -EEXIST;
}

static void what_the_function_says_is_the_result(void **state)
{
    (void)state;
    assert_int_equal(run(give_up, NULL), -EEXIST);
    assert_null(strstr(seen, "7 T"));
}

static int write_many(struct pel_store *s, void *arg)
{
    char *value = calloc(1, 3001);
    int rc = 0;

    memset(value, 'v', *(unsigned int *)arg % 3000);
    for (unsigned int i = 0; !rc && i < 1000; i++)
        rc = pel_store_write(s, value, "/dir/%u", i);
    free(value);
    return rc;
}

static void more_than_the_queue_holds_goes_through(void **state)
{
    unsigned int len = 1;

    (void)state;
    assert_int_equal(run(write_many, &len), 0);
    assert_int_equal(most, 1002);
    len = 2999;
    assert_int_equal(run(write_many, &len), 0);
}

static void a_conflict_repeats_it_all(void **state)
{
    (void)state;
    conflicts = 3;
    assert_int_equal(run(each_kind, NULL), 0);
    assert_int_equal(starts, 4);
}

static void a_store_that_hangs_up_fails_it(void **state)
{
    unsigned int len = 1;

    (void)state;
    for (hang_up_after = 1; hang_up_after < 1003; hang_up_after += 50)
        assert_true(run(write_many, &len) < 0);
}

static int too_long(struct pel_store *s, void *arg)
{
    char *value = calloc(1, XENSTORE_PAYLOAD_MAX + 1);
    int rc;

    (void)arg;
    memset(value, 'v', XENSTORE_PAYLOAD_MAX);
    rc = pel_store_write(s, value, "/dir");
    free(value);
    return rc;
}

static void a_value_that_is_too_long_is_refused(void **state)
{
    (void)state;
    assert_int_equal(run(too_long, NULL), -E2BIG);
}

static int list_large(struct pel_store *s, void *arg)
{
    unsigned int nr;
    char **list = pel_store_list(s, &nr, "/large");

    (void)arg;
    assert_non_null(list);
    assert_int_equal(nr, large_names);
    for (unsigned int i = 0; i < nr; i++) {
        char name[16];

        snprintf(name, sizeof(name), "n%u", i);
        assert_string_equal(list[i], name);
    }
    free(list);
    return 0;
}

static void a_large_folder_comes_in_parts(void **state)
{
    static const size_t sizes[] = { 1, 10, 360, 1000, 3333 };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        large_names = sizes[i];
        assert_int_equal(run(list_large, NULL), 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_arrive_in_order),
        TEST(many_are_read_at_once),
        TEST(a_refusal_is_the_result_and_nothing_is_committed),
        TEST(the_first_refusal_is_told),
        TEST(what_the_function_says_is_the_result),
        TEST(more_than_the_queue_holds_goes_through),
        TEST(a_conflict_repeats_it_all),
        TEST(a_store_that_hangs_up_fails_it),
        TEST(a_value_that_is_too_long_is_refused),
        TEST(a_large_folder_comes_in_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
