#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What else an operator has on the same devices and sockets: stacked devices as fabric and towards clients, filters and
# connection tracking, traffic control, MD5 signatures, MPTCP. Each works, or is refused; README.md says which.
# need /usr/bin/python3 python3
# need nginx nginx
# need curl curl
# need nft nftables
# need tc iproute2

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 81

ok "two boards come up" ./cluster up 2 clients 2
patient board1 board2
roots 2 big 100000
for n in 1 2; do
	nginx_start board$n "$tmp/root$n" 'dav_methods PUT;'
done
on board1 ipos-ctl -b - <<-'BATCH'
	service add tcp 192.0.2.1:80 inspect http
	service add tcp 192.0.2.1:179 inspect http
	service add tcp 192.0.2.1:8000 inspect http
	url add moved.example server 10.0.0.2
BATCH

# transfer: of the client, on connections of their own: a download and an upload that move to board 2, a download that stays
cat >"$tmp/transfer" <<SCRIPT
cd "$tmp" && rm -f down here root2/put
set -- -sS --fail --max-time $((2 * TAP_WAIT)) -H 'Connection: close'
curl "\$@" -H 'Host: moved.example' -o down http://192.0.2.1/big --next \
	"\$@" -H 'Host: moved.example' -T root1/big http://192.0.2.1/put --next "\$@" -o here http://192.0.2.1/big
sha256sum down root2/put here | cut -d ' ' -f 1
SCRIPT
# works NAME: they do, whole
works() {
	is "$1: a download and an upload that move, one that stays" "$(on client sh "$tmp/transfer" 2>&1 | xargs)" \
		"${sums[2]} ${sums[1]} ${sums[1]}"
	is "$1: two moved, one stayed" "$(placed)" "1 2"
}

works "veth and bridge, rp_filter 0"

# Stacked devices. f0 of each board, with a MAC of its own, becomes the fabric.
lladdr() { echo "02:00:00:00:04:0$1"; }
# stack KIND N: f0 of board N
stack() {
	local kind=$1 n=$2 m=$((3 - $2)) key=0123456789abcdef0123456789abcde
	case $kind in
	VLAN) echo "link add link eth1 name f0 address $(lladdr "$n") type vlan id 7" ;;
	macvlan) echo "link add link eth1 name f0 address $(lladdr "$n") type macvlan mode bridge" ;;
	bridge)
		echo "link add name f0 address $(lladdr "$n") type bridge stp_state 0 forward_delay 0"
		echo "link set eth1 master f0"
		;;
	bond)
		echo "link add name f0 address $(lladdr "$n") type bond mode active-backup miimon 50"
		for device in eth1 eth2; do
			echo "link set $device down"
			echo "link set $device master f0"
		done
		;;
	VXLAN) echo "link add name f0 address $(lladdr "$n") type vxlan id 7 local 10.0.0.$n remote 10.0.0.$m dstport 4789 dev eth1" ;;
	MACsec)
		echo "link add link eth1 name f0 address $(lladdr "$n") type macsec encrypt on"
		echo "macsec add f0 tx sa 0 pn 1 on key 00 $key$n"
		echo "macsec add f0 rx port 1 address $(lladdr "$m")"
		echo "macsec add f0 rx port 1 address $(lladdr "$m") sa 0 pn 1 on key 00 $key$m"
		;;
	esac
	echo "link set f0 up"
}
# fabric DEVICE LLADDR: that device is the fabric of both boards
fabric() {
	local n
	for n in 1 2; do
		on "board$n" ipos-ctl -b - <<-BATCH || return
			dev add $1 role fabric
			server add 10.0.0.$((3 - n)) lladdr $("$2" $((3 - n)))
		BATCH
	done
}
no_fabric() { on board1 ipos-ctl dev del "$1" && on board2 ipos-ctl dev del "$1"; }
# stacked KIND: as fabric, its own
stacked() {
	local n
	for n in 1 2; do
		stack "$1" "$n" | on "board$n" ip -batch - || return
	done
	fabric f0 lladdr
}
unstacked() {
	local n
	no_fabric f0
	for n in 1 2; do
		printf 'link del f0\nlink set eth1 up\n' | on board$n ip -batch -
	done
}
carrier() { on "$1" cat /sys/class/net/f0/carrier | grep -qx 1; }

for n in 1 2; do
	ip link add "board$n-eth2" type veth peer name eth2 netns board$n
	ip link set "board$n-eth2" master fabric up
	on board$n ip link set eth2 up
done
no_fabric eth1
for kind in VLAN macvlan bridge bond VXLAN MACsec; do
	ok "$kind: is the fabric" stacked $kind
	wait_for carrier board1 && wait_for carrier board2
	works "$kind as fabric"
	case $kind in
	bridge | bond)
		fails "$kind: its port can have no role" "port of a bridge or bond" on board1 ipos-ctl dev add eth1 role fabric
		;;&
	bond)
		ip link set board1-eth1 down
		ip link set board2-eth1 down
		works "bond: its other wire"
		ip link set board1-eth1 up
		ip link set board2-eth1 up
		;;
	MACsec)
		ok "MACsec: the frames were its" test \
			"$(on board2 ip -j -s macsec show f0 | grep -o '"InPktsOK":[0-9]*' | head -n 1 | cut -d : -f 2)" -gt 10
		;;
	esac
	unstacked
done
plain() { echo "02:00:00:00:02:0$1"; }
ok "eth1 is the fabric again" fabric eth1 plain

# The same towards clients: board 1's address is on f0.
# front KIND
front() {
	local kind=$1
	on board1 ipos-ctl dev del eth0
	# Both it and f0 would answer for the address.
	on board1 sysctl -qw net.ipv4.conf.all.arp_ignore=1
	case $kind in
	macvlan) echo "link add link eth0 name f0 address $(lladdr 1) type macvlan mode bridge" ;;
	bridge)
		echo "link add name f0 address $(lladdr 1) type bridge stp_state 0 forward_delay 0"
		echo "link set eth0 master f0"
		;;
	bond)
		echo "link set eth0 down"
		echo "link add name f0 address $(lladdr 1) type bond mode active-backup miimon 50"
		echo "link set eth0 master f0"
		;;
	esac | on board1 ip -batch - || return
	on board1 ip -batch - <<-'BATCH'
		address flush dev eth0
		address add 192.0.2.1/24 dev f0
		link set f0 up
	BATCH
	wait_for carrier board1 && on client ip neigh flush dev eth0 && on board2 ip neigh flush dev eth0 &&
		on board1 ipos-ctl dev add f0 role client
}
for kind in macvlan bridge bond; do
	ok "$kind: clients come by it" front $kind
	was=$(counter board1 local_in)
	works "$kind towards clients"
	is "$kind: their packets were taken at it" "$(counter board1 local_in)" "$was"
	on board1 ip link del f0
done
on board1 ip -batch - <<-'BATCH'
	link set eth0 up
	address replace 192.0.2.1/24 dev eth0
BATCH
on client ip neigh flush dev eth0 && on board2 ip neigh flush dev eth0
on board1 ipos-ctl dev add eth0 role client 2>"$tmp/warning"

# Reverse path filters: what comes by the fabric has a source that is reached elsewhere.
for filter in 1 2; do
	for board in board1 board2; do
		for device in all eth0 eth1; do
			echo "net.ipv4.conf.$device.rp_filter=$filter"
		done | on $board sysctl -q -p -
	done
	works "rp_filter $filter"
done

# Connection tracking, with the rules that most firewalls begin with, in both directions.
# invalid: packets that it took for such
invalid() { for board in board1 board2; do on $board nft list ruleset; done | awk '/state invalid/ { n += $6 } END { print n }'; }
for board in board1 board2; do
	on $board nft -f - <<-'RULES'
		table ip firewall {
			chain input {
				type filter hook input priority filter; policy drop
				ct state invalid counter drop
				ct state established,related accept
				tcp dport 80 ct state new accept
			}
			chain output {
				type filter hook output priority filter
				ct state invalid counter drop
			}
		}
	RULES
done
works "ct state invalid drop"
is "nothing of it was invalid" "$(invalid)" 0
for board in board1 board2; do
	on $board sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0
done
for board in board1 board2; do
	on $board nft -f - <<-'RULES'
		table ip raw {
			chain prerouting {
				type filter hook prerouting priority raw
				ip daddr 192.0.2.1 tcp dport 80 notrack
			}
			chain output {
				type filter hook output priority raw
				ip saddr 192.0.2.1 tcp sport 80 notrack
			}
		}
	RULES
	on $board nft insert rule ip firewall input tcp dport 80 accept
done
works "nf_conntrack_tcp_loose 0, notrack"
is "nothing of it was invalid, either" "$(invalid)" 0
for board in board1 board2; do
	on $board nft flush ruleset
done

# What filters see: those of the stack only what ipOS leaves to it, unless the device has no role.
on board1 nft -f - <<-'RULES'
	table netdev filter {
		chain ingress {
			type filter hook ingress device "eth0" priority -500
			tcp dport 80 counter drop
		}
	}
	table ip filter {
		chain input {
			type filter hook input priority filter
			ip saddr 192.0.2.101 tcp dport 80 counter drop
		}
	}
RULES
is "a chain at ingress does not see what ipOS takes" "$(fetch client http://192.0.2.1/ -H 'Host: moved.example')" "board 2"
is "nor does one at input" "$(fetch client2 http://192.0.2.1/ -H 'Host: moved.example')" "board 2"
on board1 nft delete table netdev filter
on board1 ipos-ctl dev del eth0

# barred NAME COMMAND...: client2 gets no further than that command, which succeeds once a SYN of it was dropped
barred() {
	local name=$1 was
	shift
	was=$(counter board1 syn_received)
	start client2 "$tmp/barred" curl -sS http://192.0.2.1/
	wait_for "$@"
	is "$name" "$(($(counter board1 syn_received) - was))" 0
	stop "$pid"
}
placed >/dev/null
filtered() { on board1 nft list table ip filter | grep -q 'packets [1-9]'; }
barred "without a role, the client that input drops is not heard" filtered
works "a device without a role"
on board1 nft flush ruleset
on board1 ipos-ctl dev add eth0 role client 2>"$tmp/warning"

# Traffic control comes before ipOS when packets arrive, after it when they leave.
shaped() { on "$1" tc -s filter show dev "$2" "$3" | grep -q 'Sent [1-9]'; }
for board in board1 board2; do
	for device in eth0 eth1; do
		printf 'qdisc add dev %s clsact\n' $device
		printf "filter add dev $device %s pref 10 matchall action pass\n" ingress egress
	done | on $board tc -batch -
done
works "clsact"
for where in "board1 eth0 ingress" "board1 eth1 egress" "board2 eth1 ingress" "board2 eth0 egress"; do
	# shellcheck disable=SC2086 # words
	ok "clsact: seen at $where" shaped $where
done
dropped() { on board1 tc -s filter show dev eth0 ingress pref 1 | grep -q 'dropped [1-9]'; }
on board1 tc filter add dev eth0 ingress pref 1 protocol ip flower src_ip 192.0.2.101 ip_proto tcp dst_port 80 action drop
barred "the client that tc drops is not heard" dropped
on board1 tc filter del dev eth0 ingress pref 1
for board in board1 board2; do
	on $board ip link add ifb0 type ifb
	on $board ip link set ifb0 up
done
on board1 tc filter add dev eth0 ingress pref 1 matchall action mirred egress redirect dev ifb0
was=$(counter board1 local_in)
works "through an ifb device"
ok "what comes from it is caught later" test "$(counter board1 local_in)" -gt "$was"
on board1 tc filter del dev eth0 ingress pref 1
on board2 tc filter add dev eth1 ingress pref 1 matchall action mirred egress redirect dev ifb0
on board1 ipos-ctl board set offer-ms 100 offer-tries 2
is "the fabric's frames do not come back from ifb: who was asked serves" \
	"$(fetch client http://192.0.2.1/ -H 'Host: moved.example') $(counter board1 handoff_timeout)" "board 1 1"
on board2 tc filter del dev eth1 ingress pref 1
on board1 ipos-ctl board set offer-ms 10000
placed >/dev/null

# Programs whose sockets are of another kind than TCP's plainest.
cat >"$tmp/program.py" <<'PYTHON'
# serve PORT PROTOCOL FILE KEY...: the file to all; fetch PORT PROTOCOL HOST KEY...: of 192.0.2.1; a KEY is an address
import hashlib, socket, struct, sys
what, port, protocol, word = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol)
for address in sys.argv[5:]:
    there = struct.pack("=HH4s120x", socket.AF_INET, 0, socket.inet_aton(address))
    sock.setsockopt(socket.IPPROTO_TCP, 14, there + struct.pack("=BBHi80s", 0, 0, 6, 0, b"secret"))
if what == "fetch":
    sock.connect(("192.0.2.1", port))
    sock.sendall(f"GET / HTTP/1.0\r\nHost: {word}\r\n\r\n".encode())
    data = sock.makefile("rb").read()
    print(hashlib.sha256(data.partition(b"\r\n\r\n")[2]).hexdigest())
    sys.exit()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(("", port))
sock.listen()
body = open(word, "rb").read()
while True:
    conn, peer = sock.accept()
    print(peer[0], flush=True)
    while not conn.recv(4096).endswith(b"\r\n\r\n"):
        pass
    conn.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    conn.close()
PYTHON
# programs PORT PROTOCOL KEY...: one on each board
programs() {
	for n in 1 2; do
		start board$n "$tmp/program$n-$1" /usr/bin/python3 "$tmp/program.py" serve "$1" "$2" "$tmp/root$n/big" "${@:3}"
		wait_for listening board$n "$1"
	done
}
program() { on "$1" /usr/bin/python3 "$tmp/program.py" fetch "${@:2}"; }

programs 8000 262
is "MPTCP listeners: what moves comes whole" "$(fetch client http://192.0.2.1:8000/ -H 'Host: moved.example' | sum)" "${sums[2]}"
is "MPTCP listeners: what stays comes whole" "$(fetch client http://192.0.2.1:8000/ | sum)" "${sums[1]}"
is "MPTCP clients: what moves comes whole" "$(program client 8000 262 moved.example)" "${sums[2]}"
is "MPTCP clients: what stays comes whole" "$(program client 8000 262 here.example)" "${sums[1]}"
is "MPTCP: two moved, two stayed" "$(placed)" "2 2"

programs 179 0 192.0.2.100
was=$(counters board1 here_no_listener handoff_refused_no_listener unplaced)
is "a client that signs is its own board's stack's" "$(program client 179 0 moved.example 192.0.2.1)" "${sums[1]}"
is "nothing of it was ipOS's" "$(placed)" "0 0"
ok "its segments were counted" test "$(counter board1 left_signed)" -gt 0
fails "one that should sign, and does not, is reset" "reset by peer" fetch client http://192.0.2.1:179/ -H 'Host: moved.example'
is "it was refused there and here" "$(($(counters board1 here_no_listener handoff_refused_no_listener unplaced) - was))" 3
is "one that need not sign is moved" "$(fetch client2 http://192.0.2.1:179/ -H 'Host: moved.example' | sum)" "${sums[2]}"
is "it alone" "$(placed)" "0 1"
is "no program heard the one that should have signed" "$(cat "$tmp/program1-179" "$tmp/program2-179" | xargs)" \
	"192.0.2.100 192.0.2.101"
ok "no endpoint is left without its place" wait_for settled board1 board2
for board in board1 board2; do
	is "$board: nothing was too long for a device, or found none" \
		"$(counters $board cut drop_packet_mtu drop_transmit drop_no_route)" 0
done
finish
