#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Set-Cookie in a response's head, at every segmentation.
cd "$(dirname "$0")/../.." || exit
exec tests/unit/run setcookie tests/unit/setcookie_test.c src/inspect/setcookie.c src/inspect/cookieval.c
