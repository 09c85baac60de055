#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The control block: there and back with any values, and which values are believed.
cd "$(dirname "$0")/../.." || exit
exec tests/unit/run tcb tests/unit/tcb_test.c tests/unit/golden.c src/wire/wire.c src/wire/tcb.c src/wire/checksum.c
