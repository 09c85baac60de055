#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The small cases of the model and every rule switched off; `make model` runs all of it.
exec "$(dirname "$0")/run" short
