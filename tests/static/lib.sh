# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What the static checks share. Sourced from a .t file, it goes to the top of the tree.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
# shellcheck source=tests/lib/need.sh
. tests/lib/need.sh
mkdir -p build/static
tests=0 failures=0

# check NAME COMMAND...: one test line; what a failing COMMAND says becomes its explanation.
check() {
	local name=$1 said
	shift
	tests=$((tests + 1))
	if said=$("$@" 2>&1); then
		echo "ok $tests - $name"
		return
	fi
	failures=$((failures + 1))
	echo "not ok $tests - $name"
	# shellcheck disable=SC2001 # every line of it
	sed 's/^/# /' <<<"$said"
	return 1
}

finish() {
	echo "1..$tests"
	[ $failures = 0 ]
	exit
}

# sources PATTERN...: fills the array files with the tracked ones. The first pattern must match: a check of nothing must not
# look like success.
sources() {
	check "there is something to check in $1" tracked "$1" || finish
	# shellcheck disable=SC2034 # for the caller
	mapfile -t files < <(tracked "$@")
}

# Removed files may not be committed yet.
tracked() {
	git ls-files -- "$@" | while read -r file; do
		[ ! -e "$file" ] || echo "$file"
	done | grep . || {
		echo "no sources yet"
		return 1
	}
}

# nothing COMMAND...: true where COMMAND says nothing.
nothing() {
	local said
	said=$("$@" 2>&1)
	[ -z "$said" ] || {
		echo "$said"
		return 1
	}
}

# linux_script NAME: a tool of the kernel's sources that no package installs where programs are found.
linux_script() {
	local archive=/usr/src/linux-source-6.1.tar.xz dir=$PWD/build/static/linux
	(
		flock 9
		[ -e "$dir/done" ] || {
			need $archive linux-source-6.1 && mkdir -p "$dir" || exit
			echo "# unpacking the kernel's checkpatch and kernel-doc" >&2
			tar -C "$dir" -xf $archive --strip-components=1 linux-source-6.1/scripts/{checkpatch.pl,kernel-doc} \
				linux-source-6.1/scripts/{spelling.txt,const_structs.checkpatch} && touch "$dir/done"
		}
	) 9>build/static/lock >&2 && echo "$dir/scripts/$1"
}
