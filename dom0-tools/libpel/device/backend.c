/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linux's back ends: are they there, how far are they, what went wrong. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xen/io/xenbus.h>

#include <pel/ctx.h>
#include <pel/device.h>

#include "local.h"

extern char **environ;

static bool driver_present(const char *kind)
{
    char path[128];

    snprintf(path, sizeof(path), SYS_BACKEND "/drivers/%s", kind);

    return !access(path, F_OK);
}

/* Best effort: the caller looks again whether the driver is there. */
static void load_module(const char *module)
{
    char *const argv[] = { (char *)"modprobe", (char *)"-q",
                           (char *)(uintptr_t)module, NULL };
    posix_spawn_file_actions_t acts;
    int status;
    pid_t pid;

    if (posix_spawn_file_actions_init(&acts))
        return;
    posix_spawn_file_actions_addopen(&acts, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&acts, 2, "/dev/null", O_WRONLY, 0);
    if (!posix_spawnp(&pid, "modprobe", &acts, NULL, argv, environ))
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    posix_spawn_file_actions_destroy(&acts);
}

int backend_require(struct pel_ctx *ctx, const char *kind, const char *module)
{
    if (driver_present(kind))
        return 0;
    load_module(module);
    if (driver_present(kind))
        return 0;

    return pel_fail(ctx, PEL_ENOTSUP,
                    "dom0's kernel has no %s back end: load its module %s",
                    kind, module);
}

bool backend_present(const struct device *dev)
{
    char path[160];

    snprintf(path, sizeof(path), SYS_BACKEND "/devices/%s-%u-%u", dev->kind,
             dev->domid, dev->devid);

    return !access(path, F_OK);
}

static void device_title(const struct device *dev, char *title, size_t size)
{
    char name[PEL_VBD_NAME_SIZE] = "";

    if (!strcmp(dev->kind, "vbd"))
        pel_vbd_name(dev->devid, name);
    if (name[0])
        snprintf(title, size, "disk %s of domain %u", name, dev->domid);
    else if (!strcmp(dev->kind, "vif"))
        snprintf(title, size, "NIC %u of domain %u", dev->devid, dev->domid);
    else
        snprintf(title, size, "%s %u of domain %u", dev->kind, dev->devid,
                 dev->domid);
}

int backend_fail(struct pel_ctx *ctx, struct pel_store *s,
                 const struct device *dev, int err, const char *what)
{
    char title[64];
    char *reason;

    device_title(dev, title, sizeof(title));
    reason = pel_store_read(s, "/local/domain/0/error/backend/%s/%u/%u/error",
                            dev->kind, dev->domid, dev->devid);
    if (reason)
        pel_fail(ctx, err, "%s: %s: %s", title, what, reason);
    else
        pel_fail(ctx, err, "%s: %s", title, what);
    free(reason);

    return -err;
}

struct state_wait {
    const struct device *dev;
    unsigned int state;
};

/* 1 reached, -EIO it gave up, 0 wait on. */
static int state_check(struct pel_store *s, void *arg)
{
    const struct state_wait *w = arg;
    uint64_t state;
    int rc;

    rc = pel_store_read_u64(s, &state, "%s/state", w->dev->back);
    if (rc == -ENOENT)
        return -EIO;
    if (rc)
        return rc;
    if (state == XenbusStateClosing || state == XenbusStateClosed)
        return -EIO;

    return state >= w->state;
}

int backend_wait(struct pel_ctx *ctx, struct pel_store *s,
                 const struct device *dev, unsigned int state,
                 uint64_t deadline_ns)
{
    struct state_wait w = { .dev = dev, .state = state };
    int rc;

    rc = pel_store_wait(s, deadline_ns, state_check, &w, "%s/state", dev->back);
    if (rc > 0)
        return 0;
    if (rc == -EIO)
        return backend_fail(ctx, s, dev, PEL_EIO, "its back end gave up");
    if (rc == -ETIMEDOUT)
        return backend_fail(ctx, s, dev, PEL_ETIMEDOUT,
                            state == XenbusStateConnected
                                ? "the guest did not connect to it in time"
                                : "its back end did not answer in time");

    return pel_store_fail(ctx, rc, "cannot watch %s", dev->back);
}

/*
 * The back end tells nobody when it has opened the device, except that an
 * attribute appears in sysfs, which has no event either: so this polls,
 * quickly at first.
 */
int backend_wait_open(struct pel_ctx *ctx, struct pel_store *s,
                      const struct device *dev, uint64_t deadline_ns)
{
    char path[160];
    char *error;
    int pause_ms = 1;

    snprintf(path, sizeof(path),
             SYS_BACKEND "/devices/%s-%u-%u/physical_device", dev->kind,
             dev->domid, dev->devid);
    while (access(path, F_OK)) {
        error =
            pel_store_read(s, "/local/domain/0/error/backend/%s/%u/%u/error",
                           dev->kind, dev->domid, dev->devid);
        if (error) {
            free(error);
            return backend_fail(ctx, s, dev, PEL_EIO,
                                "its back end cannot open it");
        }
        if (pel_store_now_ns() >= deadline_ns)
            return backend_fail(ctx, s, dev, PEL_ETIMEDOUT,
                                "its back end did not open it in time");
        poll(NULL, 0, pause_ms);
        pause_ms = pause_ms < 16 ? pause_ms * 2 : 16;
    }

    return 0;
}
