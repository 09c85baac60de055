#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# UDP flows that programs of other boards serve: each kind of program, each way of binding, long datagrams both ways,
# programs that go, flows that end, the same client port towards two services.
# need /usr/bin/python3 python3
# need tcpdump tcpdump

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 33

ok "two boards come up" ./cluster up 2
patient board1 board2
on board2 ipos-ctl board set udp-timeout 3600
on board1 ip address add 192.0.2.50/32 dev eth0

# serve BOARD WAY ADDRESS:PORT
serve() {
	start "$1" "$tmp/$1-${3##*:}" lib/datagrams.py serve "$@"
	wait_for grep -q ready "$tmp/$1-${3##*:}"
}
ask() { on client lib/datagrams.py ask "$@"; }

serve board2 plain 0.0.0.0:2001
serve board2 plain '[::]:2002'
serve board2 plain 192.0.2.2:2003
serve board2 plain 10.0.0.2:2004
serve board2 pktinfo 0.0.0.0:2005
serve board2 connected 0.0.0.0:2006
serve board2 loop 0.0.0.0:2007
serve board2 segments 0.0.0.0:2008
serve board2 plain 0.0.0.0:2009
serve board1 plain 0.0.0.0:1001
serve board1 plain 10.0.0.1:1002
{
	for port in 200{1..9} 100{1,2} 1999; do
		echo "service add udp 192.0.2.50:$port timeout 600"
	done
	echo "service add udp 192.0.2.50:53 target-port 2001 timeout 600"
	echo "service add udp 192.0.2.1:53 target-port 2001 timeout 1"
} | on board1 ipos-ctl -batch -

at=("0.0.0.0" "[::]" "the board's own address" "the Server IP" "0.0.0.0, with IP_PKTINFO" "0.0.0.0, and connected later"
	"0.0.0.0, with asyncio")
for n in 1 2 3 4 5 6 7; do
	is "board 2: a program at ${at[n - 1]}" "$(ask 192.0.2.50:200$n port $((4000 + n)) hello)" \
		"board2 192.0.2.100:$((4000 + n)) hello from 192.0.2.50:200$n"
done
is "these were handed to board 2" "$(placed)" "0 7"
is "the flow goes on" "$(ask 192.0.2.50:2001 port 4001 again)" "board2 192.0.2.100:4001 again from 192.0.2.50:2001"
is "with the program's own socket, too" "$(ask 192.0.2.50:2006 port 4006 again)" \
	"board2 192.0.2.100:4006 again from 192.0.2.50:2006"
is "they are the same flows" "$(placed)" "0 0"
like "the Forward Table shows it" "$(on board1 ipos-ctl forward show | grep -w 4001)" "10\.0\.0\.2 +2001"

is "board 1: a program at 0.0.0.0" "$(ask 192.0.2.50:1001 hello | sed 's/:[0-9]* hello/ hello/')" \
	"board1 192.0.2.100 hello from 192.0.2.50:1001"
is "board 1: a program at the Server IP" "$(ask 192.0.2.50:1002 hello | sed 's/:[0-9]* hello/ hello/')" \
	"board1 192.0.2.100 hello from 192.0.2.50:1002"
is "these stayed on board 1" "$(placed)" "2 0"

is "another target port" "$(ask 192.0.2.50:53 port 4101 hello)" "board2 192.0.2.100:4101 hello from 192.0.2.50:53"
is "a reply of 4,000 bytes" "$(ask 192.0.2.50:2001 "size 4000")" "4000 bytes from 192.0.2.50:2001"
is "a request of 4,000 bytes" "$(ask 192.0.2.50:2001 size 4000 hello)" "4025 bytes from 192.0.2.50:2001"
is "several replies by one call" "$(ask 192.0.2.50:2008 count 3 "size 3000" | sort | uniq -c | sed 's/^ *//')" \
	"3 1000 bytes from 192.0.2.50:2008"
# Without a checksum nothing says that a byte is wrong: all others are verified by the client's own kernel.
is "the client's stack found no wrong checksum" \
	"$(on client sh -c "nstat -az UdpInCsumErrors" | awk 'END { print $2 }')" 0

# The client learns what fits, by an error from the address that it talks to, and then sends fragments.
is "a request that just does not fit the fabric" \
	"$(on client lib/datagrams.py fits 192.0.2.50:2001 1472)" "EMSGSIZE 1484, then 1472 bytes"

# Replies of both would come from one place to one place.
is "the same client port to another service of the same program is not for it, and here is nobody" \
	"$(on client lib/datagrams.py refused 192.0.2.1:53 port 4101)" ECONNREFUSED
is "board 2 was not even asked: no frame could tell the two apart" "$(counter board1 handoff_header_used)" 1

placed >"$tmp/elsewhere"
is "one request on each of 200 sockets, two each" "$(on client lib/datagrams.py many 192.0.2.50:2009 200 2)" "400 0"
is "these are 200 flows" "$(placed)" "0 200"

is "a flow of a short timeout" "$(ask 192.0.2.1:53 port 4201 hello)" "board2 192.0.2.100:4201 hello from 192.0.2.1:53"
ended() { ! on board1 ipos-ctl forward show | grep -qw 4201; }
ok "ends" wait_for ended
is "and begins anew" "$(ask 192.0.2.1:53 port 4201 again)" "board2 192.0.2.100:4201 again from 192.0.2.1:53"

# A program that goes: board 2 says so to the next datagram, and the one after is told to the client.
serve board2 plain 0.0.0.0:1999
gone=$pid
is "a program that will go" "$(ask 192.0.2.50:1999 port 4301 hello)" "board2 192.0.2.100:4301 hello from 192.0.2.50:1999"
stop "$gone"
on client lib/datagrams.py send 192.0.2.50:1999 port 4301
ok "its flow ends with the next datagram" wait_for counter_is board1 udp_lost 1
is "then the client is told" "$(on client lib/datagrams.py refused 192.0.2.50:1999 port 4301)" ECONNREFUSED

ok "unloading under all these flows" rmmod ipos
finish
