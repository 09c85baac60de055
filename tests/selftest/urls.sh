#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A URL Map of 100,000 rows: loaded, served by, shown, and gone again.
# need /usr/bin/python3 python3

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 9

ok "two boards come up" ./cluster up 2
for n in 1 2; do
	peer_start board$n 0.0.0.0:80
done
# 1,000 hosts with 99 prefixes and one that holds for the rest of the host, at this board.
awk 'BEGIN {
	for (host = 0; host < 1000; host++) {
		print "url add host" host ".example server 10.0.0.1"
		for (path = 1; path < 100; path++)
			print "url add host" host ".example/path/" path "/ server 10.0.0.2"
	}
	print "service add tcp 192.0.2.1:80 inspect http"
}' >"$tmp/urls"
ok "100,000 rows are loaded" on board1 ipos-ctl -b "$tmp/urls"
is "they are counted" "$(on board1 cat /sys/kernel/ipos/url_map/count)" 100000

# ask HOST PATH...: requests, each of its own connection, answered by their paths
ask() {
	local host=$1 actions=()
	shift
	for path; do
		actions+=(${actions[@]:+connect} send "GET $path HTTP/1.1\\r\\nHost: $host\\r\\n\\r\\n" answer)
	done
	peer 192.0.2.1:80 "${actions[@]}" | xargs
}
is "prefixes are served" "$(ask host999.example /path/1/a /path/99/ /path/42/b/c)" "/path/1/a /path/99/ /path/42/b/c"
is "by their board" "$(placed)" "0 3"
is "what is no prefix is served" "$(ask host0.example /path/100/ /path/7 /)" "/path/100/ /path/7 /"
is "by the host's" "$(placed) $(counter board1 url_hit)" "3 0 6"
ok "all rows go" on board1 ipos-ctl url flush
is "and a request goes by the policy" "$(ask host999.example /path/1/a) $(placed) $(counter board1 url_hit)" "/path/1/a 1 0 6"
finish
