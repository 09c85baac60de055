#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Type 0x84: its golden frame, built and parsed; every truncation and absurd number.
cd "$(dirname "$0")/../.." || exit
exec tests/unit/run map tests/unit/map_test.c tests/unit/golden.c src/wire/map.c src/wire/wire.c src/wire/tcb.c \
	src/wire/checksum.c
