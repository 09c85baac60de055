#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Real programs over UDP: dnsmasq and unbound on three boards, by flows and by single datagrams, iperf3, a WireGuard tunnel
# whose server side was handed off; on a fabric that loses, doubles and reorders, and on one of long frames. IPOS_QUERIES
# is how many are asked, 1,000 if not set.
# need /usr/bin/python3 python3
# need dnsmasq dnsmasq-base
# need unbound unbound
# need iperf3 iperf3
# need wg wireguard-tools
# need curl curl
# vms 3

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
# Machines have one fabric for all their life.
plan $((28 - $(separate && echo 5 || echo 0)))
queries=${IPOS_QUERIES:-1000}
servers=()

# records NAME FORMAT: a long answer, of eight records of two texts
# shellcheck disable=SC2059 # the format is the argument
records() {
	local n text
	for n in 1 2 3 4 5 6 7 8; do
		text=$(printf "%0250d" "$n")
		printf "$1\n" "$text" "$text"
	done
}

hears() { on "$1" ss -Hlun "sport = :$2" | grep -q .; }

# dnsmasq_start BOARD LINE...
dnsmasq_start() {
	{
		printf '%s\n' no-resolv no-hosts user=root pid-file= edns-packet-max=8192 cache-size=0 "${@:2}"
		echo "txt-record=who.example,dnsmasq on $1"
		records 'txt-record=long.example,%s,%s'
	} >"$tmp/dnsmasq-$1.conf"
	start "$1" "$tmp/dnsmasq-$1" dnsmasq --keep-in-foreground --conf-file="$tmp/dnsmasq-$1.conf"
	servers+=("$pid")
	wait_for hears "$1" 53 || { diag "$(cat "$tmp/dnsmasq-$1")" && return 1; }
}

unbound_start() {
	{
		cat <<-CONF
			server:
			  username: ""
			  chroot: ""
			  directory: "$tmp"
			  pidfile: ""
			  use-syslog: no
			  interface: 0.0.0.0
			  do-ip6: no
			  access-control: 0.0.0.0/0 allow
			  module-config: "iterator"
			  edns-buffer-size: 8192
			  max-udp-size: 8192
			  local-zone: "example." static
			  local-data: 'who.example. TXT "unbound on $1"'
		CONF
		records "  local-data: 'long.example. TXT \"%s\" \"%s\"'"
		printf 'remote-control:\n  control-enable: no\n'
	} >"$tmp/unbound.conf"
	start "$1" "$tmp/unbound-$1" unbound -d -c "$tmp/unbound.conf"
	servers+=("$pid")
	wait_for hears "$1" 53 || { diag "$(cat "$tmp/unbound-$1")" && return 1; }
}

dns() { on client lib/dns.py "$@"; }

# ports FIRST: from here on the client's sockets have ports that no flow has had
ports() {
	# shellcheck disable=SC2016 # expands in the namespace
	on client sh -c 'echo "$0" >/proc/sys/net/ipv4/ip_local_port_range' "$1 $(($1 + 4999))"
}

# everyone FILE QUERIES BOARDS: all were answered, from the asked address, by so many boards at least
everyone() {
	local got
	got=$(awk 'NR <= 2 { lost += $1 } NR > 2 { n += $1 } END { print lost, n, (NR - 2 >= boards) }' boards="$3" "$1")
	[ "$got" = "0 $2 1" ] && return
	diag "$(cat "$1")"
	return 1
}

# long QUERIES: what such an answer is said to be
long() {
	local md5
	md5=$(for n in 1 2 3 4 5 6 7 8; do printf "\xfa%0250d\xfa%0250d" $n $n; done | md5sum)
	printf '0\n0\n%s\n' "$1 4016 bytes ${md5%% *}"
}

# bring_up WORD...: a cluster with three DNS servers
bring_up() {
	./cluster up 3 "$@" || return
	patient board1 board2 board3
	dnsmasq_start board1 listen-address=192.0.2.1 bind-interfaces && dnsmasq_start board2 && unbound_start board3 &&
		on board1 ipos-ctl service add udp 192.0.2.1:53 policy least-conn timeout 600
}

ok "three boards come up, with DNS servers" bring_up
ports 20000
dns 192.0.2.1 "$queries" 200 who.example >"$tmp/who"
ok "$queries queries over 200 sockets: none lost, none from elsewhere, three boards have answered" \
	everyone "$tmp/who" "$((queries / 200 * 200))" 3
diag "$(xargs <"$tmp/who")"
placed=$(placed)
is "200 flows" $((${placed// / + })) 200
is "answers of 4,000 bytes come whole" "$(dns 192.0.2.1 60 30 long.example)" "$(long 60)"
is "nothing was lost between the boards" \
	"$(counters board1 udp_lost drop_udp_held drop_transmit handoff_timeout handoff_retransmitted)" 0

# A board for each.
ports 30000
begun=$(counter board1 udp_begun)
on board1 ipos-ctl service del udp 192.0.2.1:53
on board1 ipos-ctl service add udp 192.0.2.1:53 policy least-conn one-packet
dns 192.0.2.1 "$queries" 200 who.example >"$tmp/single"
ok "one-packet: $queries queries: none lost, none from elsewhere, several boards have answered" \
	everyone "$tmp/single" "$((queries / 200 * 200))" 2
diag "$(xargs <"$tmp/single")"
is "board 1 has chosen for each" "$(counter board1 udp_single)" "$((queries / 200 * 200))"
is "and begun no flow" "$(counter board1 udp_begun)" "$begun"
is "one-packet: answers of 4,000 bytes come whole" "$(dns 192.0.2.1 60 30 long.example)" "$(long 60)"

# iperf3 speaks TCP to agree on what it then does by UDP, on the same port; its server's socket is connected later.
{
	echo "service add tcp 192.0.2.1:5201"
	echo "service add udp 192.0.2.1:5201"
} | on board1 ipos-ctl -batch -
# measured OPTION...: datagrams that were lost, and whether there were any
measured() {
	iperf board2 5201 -u -b 1M -n 250K -l 1200 --json "$@" >"$tmp/iperf" || { cat "$tmp/iperf" && return; }
	/usr/bin/python3 -c 'import json, sys; end = json.load(sys.stdin)["end"]["sum"]; print(end["lost_packets"], end["packets"] > 200)' \
		<"$tmp/iperf"
}
placed >"$tmp/before"
is "iperf3 -u sends to board 2" "$(measured)" "0 True"
is "iperf3 -u fetches from board 2" "$(measured -R)" "0 True"
is "these were handed to board 2: two control connections and a flow each" "$(placed)" "0 4 0"

# A tunnel whose server side is board 2's; it has neither an address nor a key on board 1.
for name in client board2; do
	(umask 077 && wg genkey >"$tmp/$name.key")
	wg pubkey <"$tmp/$name.key" >"$tmp/$name.pub"
done
# tunnel NAME ADDRESS WORD...: its end there
tunnel() {
	on "$1" ip link add wg0 type wireguard && on "$1" wg set wg0 private-key "$tmp/$1.key" "${@:3}" &&
		on "$1" ip address add "$2/24" dev wg0 && on "$1" ip link set wg0 up mtu 1300
}
ok "board 2 has a WireGuard device" tunnel board2 198.51.100.2 listen-port 51820 \
	peer "$(cat "$tmp/client.pub")" allowed-ips 198.51.100.100/32
ok "the client has the other end, at board 1's address" tunnel client 198.51.100.100 \
	peer "$(cat "$tmp/board2.pub")" allowed-ips 198.51.100.0/24 endpoint 192.0.2.1:51820
on board1 ipos-ctl service add udp 192.0.2.1:51820 timeout 600
ok "a ping through the tunnel is answered" on client ping -c 3 -i 0.2 -W "$TAP_WAIT" 198.51.100.2
is "its flow was handed to board 2" "$(placed)" "0 1 0"
is "the client knows one end: board 1" "$(on client wg show wg0 endpoints | cut -f 2)" 192.0.2.1:51820
is "board 2 knows the client itself" "$(on board2 wg show wg0 endpoints | cut -f 2 | cut -d : -f 1)" 192.0.2.100
mkdir "$tmp/root"
head -c 500000 /dev/urandom >"$tmp/root/film"
http_start board2 "$tmp/root" 8080
servers+=("$pid")
is "500 kB come through the tunnel" "$(fetch client http://198.51.100.2:8080/film | sum)" "$(sum "$tmp/root/film")"
is "in the same flow" "$(placed)" "0 0 0"

# A fabric that loses, doubles and reorders: what is lost is asked again.
ports 40000
on board1 ipos-ctl service del udp 192.0.2.1:53
on board1 ipos-ctl service add udp 192.0.2.1:53 policy least-conn timeout 600
for n in 1 2 3; do
	on board$n ipos-ctl board set offer-ms 100
	on board$n tc qdisc add dev eth1 root netem limit 100000 loss 5% duplicate 10% delay 10ms reorder 25%
done
dns 192.0.2.1 300 100 who.example again 1 >"$tmp/bad"
ok "a bad fabric: all queries are answered, none from elsewhere" everyone "$tmp/bad" 300 2
is "answers of 4,000 bytes come whole" "$(dns 192.0.2.1 30 30 long.example again 1)" "$(long 30)"
is "the tunnel goes on" "$(fetch client http://198.51.100.2:8080/film --max-time $((10 * TAP_WAIT)) | sum)" \
	"$(sum "$tmp/root/film")"
separate && finish
ok "unloading under all this" rmmod ipos

for pid in "${servers[@]}"; do
	stop "$pid"
done
./cluster down
ok "three boards come up on a fabric of 9,000 bytes" bring_up mtu 9000
dns 192.0.2.1 "$queries" 200 who.example >"$tmp/long-frames"
ok "$queries queries: none lost, none from elsewhere, three boards have answered" \
	everyone "$tmp/long-frames" "$((queries / 200 * 200))" 3
is "answers of 4,000 bytes come whole" "$(dns 192.0.2.1 60 30 long.example)" "$(long 60)"
ok "unloading" rmmod ipos
finish
