# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The machines of the standard cluster, whether they are network namespaces of one kernel (tests/cluster in tests/vm) or
# kernels of their own (tests/vms).
# shellcheck disable=SC2034 # enter is used where this is sourced

# "${enter[@]}" NAME COMMAND...: in that machine
enter=(ip netns exec)
[ ! -e /run/vms/net ] || enter=(vms-exec)

# separate: is each of them a kernel of its own?
separate() { [ -e /run/vms/net ]; }

# machines PATTERN: the names that begin so
machines() {
	if separate; then
		ls /run/vms/machines
	else
		ip netns list | cut -d ' ' -f 1
	fi | grep "^$1" | sort -V
}

# number NAME: a board's is its own, the clients' begin at 100. It ends addresses and MACs.
number() {
	case $1 in
	client) echo 100 ;;
	client*) echo $((99 + ${1#client})) ;;
	*) echo "${1#board}" ;;
	esac
}

# mac NET NAME: NET is 1 for the clients' network, 2 for the fabric
mac() { printf '02:00:00:00:%02x:%02x\n' "$1" "$(number "$2")"; }

# names BOARDS CLIENTS
names() {
	local n
	for ((n = 1; n <= $2; n++)); do
		echo "client$([ "$n" = 1 ] || echo "$n")"
	done
	for ((n = 1; n <= $1; n++)); do
		echo "board$n"
	done
}

# count WHAT VALUE MAXIMUM: dies where that is no number, or a larger one
count() {
	case $2 in
	'' | *[!0-9]* | 0*) die "$1: not a number: '$2'" ;;
	esac
	[ "$2" -le "$3" ] || die "$1: at most $3"
}

# size WORD...: N [clients M] [mtu BYTES], into $boards, $clients and $mtu
size() {
	boards='' clients=1 mtu=1500
	while [ $# -gt 0 ]; do
		case $1 in
		clients) clients=${2-} && count clients "$clients" 99 && shift ;;
		mtu) mtu=${2-} && count mtu "$mtu" 65535 && shift ;;
		[0-9]*) boards=$1 && count N "$boards" 99 ;;
		*) die "unknown word '$1'" ;;
		esac
		shift
	done
	count N "$boards" 99
}
