/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fakes of what lies between the device code and dom0's kernel. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <pel/ctx.h>
#include <pel/netlink.h>
#include <libpel/device/local.h>
#include "device_kernel.h"
#include "device_store.h"

struct fake_kernel fake_kernel;

/* A path of a back end as "/local/domain/0/backend/KIND/DOMID/DEVID". */
static bool is_backend_state(const char *path)
{
    return !strncmp(path, "/local/domain/0/backend/v", 25) &&
           !strcmp(strrchr(path, '/'), "/state");
}

static void answer(const char *path, const char *value)
{
    char front[160];
    unsigned int domid, devid;
    char kind[8];

    if (!is_backend_state(path) ||
        sscanf(path, "/local/domain/0/backend/%7[a-z]/%u/%u", kind, &domid,
               &devid) != 3)
        return;
    snprintf(front, sizeof(front), "/local/domain/%u/device/%s/%u", domid, kind,
             devid);
    if (!strcmp(value, "1"))
        fake_set(path, "2");
    if (!strcmp(value, "5") && (!fake_kernel.needs_rm || !fake_get(front)))
        fake_set(path, "6");
}

void fake_kernel_start(void)
{
    memset(&fake_kernel, 0, sizeof(fake_kernel));
    fake_on_write = answer;
}

unsigned int fake_open_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned int n = 0;

    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

int backend_require(struct pel_ctx *ctx, const char *kind, const char *module)
{
    return fake_step() ? pel_fail(ctx, PEL_ENOTSUP, "no %s: %s", kind, module)
                       : 0;
}

bool backend_present(const struct device *dev)
{
    return fake_get(dev->back) != NULL;
}

int backend_fail(struct pel_ctx *ctx, struct pel_store *s,
                 const struct device *dev, int err, const char *what)
{
    (void)s;
    return pel_fail(ctx, err, "%s: %s", dev->back, what);
}

int backend_wait(struct pel_ctx *ctx, struct pel_store *s,
                 const struct device *dev, unsigned int state,
                 uint64_t deadline_ns)
{
    uint64_t now;

    (void)deadline_ns;
    if (pel_store_read_u64(s, &now, "%s/state", dev->back) || now < state ||
        fake_step())
        return pel_fail(ctx, PEL_ETIMEDOUT, "%s is late", dev->back);
    return 0;
}

int backend_wait_open(struct pel_ctx *ctx, struct pel_store *s,
                      const struct device *dev, uint64_t deadline_ns)
{
    (void)s;
    (void)deadline_ns;
    if (fake_kernel.broken_vbd || fake_step())
        return pel_fail(ctx, PEL_EIO, "%s is broken", dev->back);
    return 0;
}

void script_path(const char *script, char *path, size_t size)
{
    snprintf(path, size, "/scripts/%s", script);
}

int script_run(struct pel_ctx *ctx, const struct device *dev,
               const char *script, const char *command, const char *const *env)
{
    size_t len = strlen(fake_kernel.scripts);

    (void)env;
    snprintf(fake_kernel.scripts + len, sizeof(fake_kernel.scripts) - len,
             "%s %s;", command, script);
    if (fake_step())
        return pel_fail(ctx, PEL_EIO, "%s failed", script);
    if (!strcmp(command, "add")) {
        char path[192];

        snprintf(path, sizeof(path), "%s/physical-device", dev->back);
        fake_set(path, "fd:1");
    }
    return 0;
}

int loop_attach(struct pel_ctx *ctx, int file_fd, const char *path,
                bool readonly, dev_t *rdev)
{
    (void)path;
    (void)readonly;
    if (fake_step())
        return pel_fail(ctx, PEL_EIO, "no loop device");
    *rdev = makedev(7, 3);
    return fcntl(file_fd, F_DUPFD_CLOEXEC, 0);
}

int sharing_lock(struct pel_ctx *ctx)
{
    if (fake_step())
        return pel_fail(ctx, PEL_EIO, "no lock");
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int sharing_check(struct pel_ctx *ctx, struct pel_store *s,
                  const struct target *target, bool writable)
{
    (void)s;
    (void)writable;
    return fake_step() ? pel_fail(ctx, PEL_ESTATE, "%s shared", target->path)
                       : 0;
}

int pel_netlink_open(struct pel_netlink **out)
{
    *out = NULL;
    return fake_step() ? -EIO : 0;
}

void pel_netlink_close(struct pel_netlink *nl) { (void)nl; }

int pel_netlink_get(struct pel_netlink *nl, const char *name,
                    struct pel_link *out)
{
    (void)nl;
    if (!strcmp(name, "new0") || fake_kernel.no_bridge)
        return -ENODEV;
    *out = (struct pel_link){ .index = 5, .mtu = 1500, .is_bridge = true };
    return fake_step() ? -EIO : 0;
}

int pel_netlink_rename(struct pel_netlink *nl, int index, const char *name)
{
    (void)nl;
    (void)index;
    (void)name;
    return fake_step() ? -EIO : 0;
}

int pel_netlink_set_mtu(struct pel_netlink *nl, int index, uint32_t mtu)
{
    (void)nl;
    (void)index;
    (void)mtu;
    return fake_step() ? -EIO : 0;
}

int pel_netlink_set_master(struct pel_netlink *nl, int index, int bridge)
{
    (void)nl;
    (void)index;
    (void)bridge;
    return fake_step() ? -EIO : 0;
}

int pel_netlink_set_up(struct pel_netlink *nl, int index, bool up)
{
    (void)nl;
    (void)index;
    (void)up;
    return fake_step() ? -EIO : 0;
}
