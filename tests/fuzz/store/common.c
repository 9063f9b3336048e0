/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzz targets of the store share. */
#include <store/log.h>

#include "common.h"

void log_line(const char *format, ...) { (void)format; }
