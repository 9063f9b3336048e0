/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings of disk=[...]. */
#include "common.h"
#include <pel/config.h>

static const struct {
    const char *why;
    const char *text;
    const char *target;
    const char *vdev;
    enum pel_disk_backend backend;
    bool writable;
    const char *script;
} good[] = {
    { "old, block device", "phy:/dev/vg/a,xvda,w", "/dev/vg/a", "xvda",
      PEL_DISK_PHY, true, NULL },
    { "old, in /dev", "phy:vg/a,hda1,r", "/dev/vg/a", "hda1", PEL_DISK_PHY,
      false, NULL },
    { "old, file", "file:/img,xvda,r", "/img", "xvda", PEL_DISK_FILE, false,
      NULL },
    { "by place", "/x,raw,xvda,rw", "/x", "xvda", PEL_DISK_FILE, true, NULL },
    { "by place, format left out", "/x,,sda,ro", "/x", "sda", PEL_DISK_FILE,
      false, NULL },
    { "access left out", "/x,raw,xvda", "/x", "xvda", PEL_DISK_FILE, true,
      NULL },
    { "blanks", "  /x , raw , xvda , rw  ", "/x", "xvda", PEL_DISK_FILE, true,
      NULL },
    { "by key", "format=raw,vdev=xvda,access=rw,target=/x", "/x", "xvda",
      PEL_DISK_FILE, true, NULL },
    { "a device by key", "format=raw, vdev=xvda, access=r, target=/dev/sdb",
      "/dev/sdb", "xvda", PEL_DISK_PHY, false, NULL },
    { "target takes the rest", "vdev=xvda,target=/a,b=c,d", "/a,b=c,d", "xvda",
      PEL_DISK_FILE, true, NULL },
    { "mixed", "/x,vdev=xvdb,access=ro", "/x", "xvdb", PEL_DISK_FILE, false,
      NULL },
    { "equals sign in a path", "/a=b,raw,xvda", "/a=b", "xvda", PEL_DISK_FILE,
      true, NULL },
    { "script and its target", "vdev=xvda,script=block-x,target=abc:1", "abc:1",
      "xvda", PEL_DISK_FILE, true, "block-x" },
    { "harmless keys",
      "backendtype=phy,devtype=disk,backend=0,vdev=d0p1,"
      "target=/x",
      "/x", "d0p1", PEL_DISK_FILE, true, NULL },
};

static const struct {
    const char *why;
    const char *text;
    int rc;
} bad[] = {
    { "empty", "", -PEL_EINVAL },
    { "no name", "/x,raw", -PEL_EINVAL },
    { "no target", ",raw,xvda,w", -PEL_EINVAL },
    { "empty target", "vdev=xvda,target=", -PEL_EINVAL },
    { "relative", "x,raw,xvda,w", -PEL_EINVAL },
    { "two targets", "/x,raw,xvda,w,target=/y", -PEL_EINVAL },
    { "too many words", "/x,raw,xvda,w,z", -PEL_EINVAL },
    { "odd access", "/x,raw,xvda,rwx", -PEL_EINVAL },
    { "odd name", "/x,raw,xv/da,w", -PEL_EINVAL },
    { "qcow2", "/x,qcow2,xvda,w", -PEL_ENOTSUP },
    { "old, cdrom", "phy:/dev/cd,hdc:cdrom,r", -PEL_ENOTSUP },
    { "cdrom", "devtype=cdrom,vdev=hdc,target=/x", -PEL_ENOTSUP },
    { "qdisk", "backendtype=qdisk,vdev=xvda,target=/x", -PEL_ENOTSUP },
    { "driver domain", "backend=3,vdev=xvda,target=/x", -PEL_ENOTSUP },
    { "no script", "script=,vdev=xvda,target=/x", -PEL_EINVAL },
};

static void good_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct pel_ctx ctx = { .message = "" };
        struct pel_disk d = { .target = NULL };
        int rc;

        print_message("%s\n", good[i].why);
        rc = pel_disk_parse(&ctx, good[i].text, &d);
        assert_told(&ctx, rc, NULL);
        assert_int_equal(rc, 0);
        assert_string_equal(d.target, good[i].target);
        assert_string_equal(d.vdev, good[i].vdev);
        assert_int_equal(d.backend, good[i].backend);
        assert_int_equal(d.writable, good[i].writable);
        if (good[i].script)
            assert_string_equal(d.script, good[i].script);
        else
            assert_null(d.script);
        pel_disk_free(&d);
    }
}

static void bad_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct pel_ctx ctx = { .message = "" };
        struct pel_disk d = { .target = NULL };
        int rc;

        print_message("%s\n", bad[i].why);
        rc = pel_disk_parse(&ctx, bad[i].text, &d);
        assert_int_equal(rc, bad[i].rc);
        assert_told(&ctx, rc, "disk \"");
        pel_disk_free(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones),
        cmocka_unit_test(bad_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
