#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The HTTP request head, at every segmentation.
cd "$(dirname "$0")/../.." || exit
exec tests/unit/run http tests/unit/http_test.c src/inspect/http.c src/inspect/path.c \
	src/inspect/cookieval.c
