#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The simulated cluster: it runs the module's policies and tables, loses no request, and does the same again.
cd "$(dirname "$0")/../.." || exit
tests/sim/build build/unit/sim -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all \
	tests/unit/sim_test.c && exec build/unit/sim
