/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files may be changed from now on: what the store keeps (Landlock). */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <store/log.h>

#include "fence.h"

#define ACCESS(right) ((uint64_t)LANDLOCK_ACCESS_FS_##right)
#define TRUNCATE ((uint64_t)1 << 14) /* of newer headers; since ABI 3 */
#define CHANGES                                                                \
    (ACCESS(WRITE_FILE) | ACCESS(REMOVE_DIR) | ACCESS(REMOVE_FILE) |           \
     ACCESS(MAKE_CHAR) | ACCESS(MAKE_DIR) | ACCESS(MAKE_REG) |                 \
     ACCESS(MAKE_SOCK) | ACCESS(MAKE_FIFO) | ACCESS(MAKE_BLOCK) |              \
     ACCESS(MAKE_SYM))

/* The kernel's system calls, for which the C library has no functions. */
static int ruleset_new(const struct landlock_ruleset_attr *attr, size_t len,
                       unsigned int flags)
{
    return syscall(SYS_landlock_create_ruleset, attr, len, flags);
}

struct fence {
    int fd;           /* the ruleset's */
    uint64_t handled; /* what the rules are about */
};

/* Allow @access to @path and all below it.  One that is missing needs none. */
static int allow(const struct fence *f, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {
        .allowed_access = access & f->handled,
        .parent_fd = open(path, O_PATH | O_CLOEXEC),
    };
    int err;

    if (rule.parent_fd < 0)
        return errno == ENOENT ? 0 : -errno;
    err = syscall(SYS_landlock_add_rule, f->fd, LANDLOCK_RULE_PATH_BENEATH,
                  &rule, 0)
              ? -errno
              : 0;
    close(rule.parent_fd);
    return err;
}

/* Likewise, to the folder of @path. */
static int allow_folder(const struct fence *f, const char *path,
                        uint64_t access)
{
    char folder[4096];

    if (!path)
        return 0;
    if (strlen(path) >= sizeof(folder))
        return -ENAMETOOLONG;
    strcpy(folder, path);
    return allow(f, dirname(folder), access);
}

static int allow_what_is_kept(const struct fence *f, const struct options *opt)
{
    int err;

    /* A new journal is made beside the old one, and takes its name. */
    err = allow_folder(f, opt->journal,
                       ACCESS(WRITE_FILE) | ACCESS(MAKE_REG) |
                           ACCESS(REMOVE_FILE) | TRUNCATE);
    /* These go at the end. */
    if (!err)
        err = allow_folder(f, opt->socket, ACCESS(REMOVE_FILE));
    if (!err)
        err = allow_folder(f, opt->pid_file, ACCESS(REMOVE_FILE));
    if (!err && opt->access)
        err = allow(f, opt->access, ACCESS(WRITE_FILE));
    return err;
}

/* What the next program opens; this one has it open. */
static int allow_devices(const struct fence *f, const struct options *opt)
{
    int err = allow(f, "/dev/null", ACCESS(WRITE_FILE));

    if (!err && opt->domains)
        err = allow(f, "/dev/xen", ACCESS(WRITE_FILE));
    if (!err && opt->domains)
        err = allow(f, "/proc/xen", ACCESS(WRITE_FILE));
    return err;
}

int fence(const struct options *opt)
{
    int abi = ruleset_new(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION), err;
    struct fence f = { .handled = CHANGES | (abi >= 3 ? TRUNCATE : 0) };
    const struct landlock_ruleset_attr attr = { .handled_access_fs =
                                                    f.handled };

    if (abi < 0) {
        log_line("this system cannot limit which files are changed");
        return 0;
    }
    f.fd = ruleset_new(&attr, sizeof(attr), 0);
    if (f.fd < 0)
        return -errno;
    err = allow_what_is_kept(&f, opt);
    if (!err)
        err = allow_devices(&f, opt);
    if (!err && syscall(SYS_landlock_restrict_self, f.fd, 0))
        err = -errno;
    close(f.fd);
    return err;
}
