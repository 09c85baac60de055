# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# need COMMAND PACKAGE...: a command, or a file by its path, that the tests use. Missing, its Debian packages are
# installed, with a line of progress on stderr; present, this costs no process. Sourced by sh and bash alike.

need() {
	case $1 in
	*/*) [ ! -e "$1" ] || return 0 ;;
	*) ! PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || return 0 ;;
	esac
	if grep -qs ipos_work= /proc/cmdline; then
		echo "need: $1 is missing; a test in the VM names it in a line '# need $*'" >&2
		return 1
	fi
	need_what=$1
	shift
	echo "need: installing $* (for $need_what)" >&2
	need_log=$(need_install "$@" 2>&1) && return
	# The package lists may be old, or not there at all.
	echo "need: updating the package lists" >&2
	need_log=$(apt-get -o DPkg::Lock::Timeout=600 -q update 2>&1 && need_install "$@" 2>&1) && return
	printf '%s\n' "$need_log" "need: cannot install $*" >&2
	return 1
}

# need_of FILE: what a test says it needs, in lines '# need COMMAND PACKAGE...'
need_of() {
	[ -f "$1" ] || return 0
	while read -r _ _ need_command need_packages; do
		[ -n "$need_command" ] || continue
		# shellcheck disable=SC2086 # words
		need "$need_command" $need_packages || return
	done <<-LINES
		$(grep -a '^# need ' "$1")
	LINES
}

# A package that brings a daemon must not start it on the developer's machine: that is policy-rc.d's to say.
need_install() (
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		trap 'rm -f $policy' EXIT
		trap 'exit 1' INT TERM
		printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy
	fi
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -q -y --no-install-recommends install "$@"
)

# need_download PACKAGE...: their files into the current directory; nothing is installed. An old package list names
# versions that the archive no longer has.
need_download() {
	need_apt download "$@" || { need_apt update && need_apt download "$@"; }
}
need_apt() { apt-get -o DPkg::Lock::Timeout=600 -o APT::Sandbox::User=root -q "$@" >&2; }
