#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Type 0x83: its golden frame, built and parsed; every truncation and absurd number.
cd "$(dirname "$0")/../.." || exit
exec tests/unit/run advert tests/unit/advert_test.c tests/unit/golden.c src/wire/advert.c src/wire/wire.c src/wire/tcb.c \
	src/wire/checksum.c
