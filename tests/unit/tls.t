#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The ClientHello of TLS, in every way that segments and records can cut it.
cd "$(dirname "$0")/../.." || exit
exec tests/unit/run tls tests/unit/tls_test.c tests/unit/golden.c src/inspect/tls.c
