#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Requests in every shape: whatever way the bytes come, the right board gets all of them, once and in order.
# need /usr/bin/python3 python3
# need tcpdump tcpdump

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 54

ok "three boards come up" ./cluster up 3
calm || diag "not calm"
patient board1 board2 board3
for n in 1 2 3; do
	peer_start board$n 0.0.0.0:80
done
on board1 ipos-ctl -batch - <<-BATCH
	service add tcp 192.0.2.1:80 inspect http
	url add moved.example server 10.0.0.2
	url add prefix.example/a server 10.0.0.2
	url add prefix.example/a/long server 10.0.0.3
	url add */video server 10.0.0.3
	url add self.example server 10.0.0.1
	url add both.example server 10.0.0.2
	url add both.example server 10.0.0.3
BATCH
watch client "$tmp/client.pcap"
tap=$pid

to=192.0.2.1:80
# get PATH HOST, post HOST LENGTH [FIELDS]: heads of requests, for peer
get() { printf 'GET %s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n' "$1" "$2"; }
post() { printf 'POST /body HTTP/1.1\\r\\n%sHost: %s\\r\\nContent-Length: %s\\r\\n\\r\\n' "${3-}" "$1" "$2"; }

letters=abcdefghijklmnopqrstuvwxyz0123456789
digest="36 $(printf %s $letters | sum -)"
long=$(printf 'X-Long: %012000d\\r\\n' 0)
longer=$(printf 'X-Longer: %040000d\\r\\n' 0)

# Offers that announce bytes of a receive queue: type 1 with a count at offset 112 of its control block.
capture board1 eth1 "$tmp/queue.pcap" 'ether[12:2] = 7 and ether[26] = 1 and ether[148:4] > 0'
queue=$pid
for way in here moved; do
	host=$way.example
	[ $way = here ] && want="1 0 0" || want="0 1 0"
	acks=$(counter board1 ack_forced)
	is "$way: a segment for each byte" "$(peer $to bytes "$(get /bytes $host)" answer)" /bytes
	is "$way: by board" "$(placed)" "$want"
	ok "$way: the board acknowledged them" test "$(counter board1 ack_forced)" -gt $((acks + 20))
	is "$way: a write for each byte" "$(peer $to nagle "$(post $host 36)$letters" answer)" "$digest"
	is "$way: by board" "$(placed)" "$want"
	is "$way: a header of several segments" "$(peer $to send "$(post $host 36 "$long")$letters" answer)" "$digest"
	is "$way: by board" "$(placed)" "$want"
	is "$way: two requests in a segment" "$(peer $to send "$(get /1 $host)$(get /2 $host)" answer answer | xargs)" "/1 /2"
	is "$way: by board" "$(placed)" "$want"
	is "$way: a body with its header" "$(peer $to send "$(post $host 36)$letters" answer)" "$digest"
	is "$way: by board" "$(placed)" "$want"
	is "$way: a body that waits for 100 Continue" \
		"$(peer $to send "$(post $host 36 'Expect: 100-continue\r\n')" continued send $letters answer | xargs)" "100 $digest"
	is "$way: by board" "$(placed)" "$want"
	request=$(get /split $host)
	places=$(($(printf %b "$request" | wc -c) - 1))
	is "$way: cut in two at every place" "$(on client lib/peer.py split $to "$request" 2>&1)" "$places /split"
	is "$way: by board" "$(placed)" "${want/1/$places}"
done
stop "$queue" INT
ok "what was acknowledged followed the offers" test "$(frames "$tmp/queue.pcap")" -gt 0

# By the policy alone, and nothing is lost.
is "a header beyond hold-bytes is answered" "$(peer $to send "$(post moved.example 36 "$longer")$letters" answer)" "$digest"
is "by the policy's board" "$(placed) $(counter board1 request_too_long)" "1 0 0 1"

is "bytes that are not HTTP are passed on" "$(peer $to send '\x00\x01\xff /bytes \x80\n\n' answer)" /bytes
is "to the policy's board" "$(placed) $(counter board1 request_unparsed)" "1 0 0 1"
peer $to send 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
ok "HTTP/2 is not HTTP/1" wait_for counter_is board1 request_unparsed 2
is "and goes there without waiting" "$(placed) $(counter board1 request_timeout)" "1 0 0 0"

on board1 ipos-ctl board set hold-ms 300
mkfifo "$tmp/go"
on client lib/peer.py $to send 'GET /late HTT' line send 'P/1.1\r\nHost: moved.example\r\n\r\n' answer \
	<"$tmp/go" >"$tmp/late" 2>&1 &
late=$!
exec 9>"$tmp/go"
ok "a request that does not end in time is placed" wait_for counter_is board1 request_timeout 1
echo >&9
wait $late
is "what came later is answered" "$(cat "$tmp/late")" /late
is "by the policy's board" "$(placed)" "1 0 0"
on board1 ipos-ctl board set hold-ms 600000

# Which board a request reaches is what the paths in the servers' logs say.
ok "no connection is left" wait_for none table_local board1 board2 board3
for n in 1 2 3; do
	sort "$tmp/peer-board$n" >"$tmp/before$n"
done
# heard BOARD-NUMBER: the paths since then
heard() { comm -13 "$tmp/before$1" <(sort "$tmp/peer-board$1") | cut -d ' ' -f 1 | xargs; }
peer $to \
	send 'GET /host/01 HTTP/1.1\r\nHOST: MOVED.EXAMPLE\r\n\r\n' answer connect \
	send 'GET /host/02 HTTP/1.1\r\nhost:moved.example:80\r\n\r\n' answer connect \
	send 'GET /host/03 HTTP/1.1\r\nHost: Moved.Example.\r\n\r\n' answer connect \
	send 'GET http://moved.example/host/04 HTTP/1.1\r\nHost: here.example\r\n\r\n' answer connect \
	send 'GET /host/05 HTTP/1.0\r\nHost: moved.example\r\n\r\n' answer connect \
	send 'GET /host/06 HTTP/1.0\r\n\r\n' answer connect \
	send 'GET /host/07 HTTP/1.1\r\nHost: notmoved.example\r\n\r\n' answer connect \
	send "$(get /a/11 prefix.example)" answer connect \
	send "$(get /a/long/12 prefix.example)" answer connect \
	send "$(get '/a?13' prefix.example)" answer connect \
	send "$(get /%61/long/14 prefix.example)" answer connect \
	send "$(get /b/15 prefix.example)" answer connect \
	send "$(get /b/../x/%2e%2E/%61/16 prefix.example)" answer connect \
	send "$(get /a/../b/17 prefix.example)" answer connect \
	send "$(get /video/21 any.example)" answer connect \
	send "$(get /video/22 moved.example)" answer connect \
	send "$(get /video/23 self.example)" answer connect \
	send "$(get /31 self.example)" answer >"$tmp/answers" 2>&1
is "requests for many hosts and paths are answered" "$(wc -l <"$tmp/answers")" 18
ok "and end" wait_for none table_local board1 board2 board3
is "board 1 serves its own, and the rest" "$(heard 1)" "/31 /a/../b/17 /b/15 /host/06 /host/07 /video/23"
is "board 2 serves its host, however it is written, and its prefix" "$(heard 2)" \
	"/a/11 /a?13 /b/../x/%2e%2E/%61/16 /host/01 /host/02 /host/03 /host/05 /video/22 http://moved.example/host/04"
is "board 3 serves the longer prefix, and any host's" "$(heard 3)" "/%61/long/14 /a/long/12 /video/21"
placed >/dev/null

both() {
	local i actions=(send "$(get /both both.example)" answer)
	for ((i = 1; i < 24; i++)); do
		actions+=(connect send "$(get /both both.example)" answer)
	done
	peer $to "${actions[@]}" | sort | uniq -c | xargs
}
is "a URL of two boards is served" "$(both)" "24 /both"
read -r here two three <<<"$(placed)"
is "by none but them" "$here $((two + three))" "0 24"
ok "by each of them" test "$two" -gt 0 -a "$three" -gt 0

watched "$tap" "$tmp/client.pcap"
ok "connections were seen on the wire" test "$(begun "$tmp/client.pcap")" -gt 100
is "nothing was reset" "$(reset_by "$tmp/client.pcap")" ""
ok "no endpoint is left without its place" wait_for settled board1 board2 board3
ok "no Local entry is left" wait_for none table_local board1 board2 board3
finish
