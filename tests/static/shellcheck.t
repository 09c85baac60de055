#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Scripts of every kind: shellcheck for shells, the compiler for Python.
# need /usr/bin/python3 python3
# shellcheck source=tests/static/lib.sh
. "$(dirname "$0")/lib.sh"

sources tests tools .ci
need shellcheck shellcheck || exit

python_compiles() {
	python3 -c 'import py_compile, sys; py_compile.compile(*sys.argv[1:], doraise=True)' "$1" build/static/compiled.pyc
}

# SC2317: it does not see that check() calls what it is given.
for file in "${files[@]}"; do
	case $file:$(head -n 1 "$file" | tr -d '\0') in
	*.py:* | *:'#!'*python*) check "$file" python_compiles "$file" ;;
	*.sh:* | *:'#!'*sh | *:'#!'*sh\ * | *:'# shellcheck shell='*) check "$file" shellcheck -x -P . -e SC2317 "$file" ;;
	esac
done
finish
