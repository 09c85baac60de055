#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The frames: golden ones, truncated ones, damaged ones, random ones.
cd "$(dirname "$0")/../.." || exit
exec tests/unit/run wire tests/unit/wire_test.c tests/unit/golden.c src/wire/wire.c src/wire/tcb.c src/wire/checksum.c
