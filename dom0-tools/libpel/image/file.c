/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that go into a guest: mapped, never copied. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <pel/ctx.h>
#include <pel/image.h>

int pel_file_map(struct pel_ctx *ctx, const char *what, const char *path,
                 struct pel_buf *out)
{
    struct stat st;
    int rc = 0;
    void *p;
    int fd;

    out->data = NULL;
    out->len = 0;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return pel_fail_sys(ctx, errno == ENOENT ? PEL_ENOENT : PEL_EIO,
                            "cannot open the %s %s", what, path);

    if (fstat(fd, &st)) {
        rc = pel_fail_sys(ctx, PEL_EIO, "cannot look at %s", path);
        goto out;
    }
    if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        rc = pel_fail(ctx, PEL_EFORMAT, "the %s %s is %s", what, path,
                      S_ISREG(st.st_mode) ? "empty" : "not a regular file");
        goto out;
    }

    p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) {
        rc = pel_fail_sys(ctx, PEL_EIO, "cannot read the %s %s", what, path);
        goto out;
    }
    out->data = p;
    out->len = st.st_size;
out:
    close(fd);
    return rc;
}

void pel_file_unmap(struct pel_buf *file)
{
    if (file->data)
        munmap(file->data, file->len);
    file->data = NULL;
    file->len = 0;
}
