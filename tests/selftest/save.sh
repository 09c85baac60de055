#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ipos-ctl save prints what makes a board what it is; ipos.service does both at boot and shutdown.
# need systemd-analyze systemd

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
plan 25

ok "the module is loaded" modprobe ipos

# board NAME: a namespace with devices as a board has them
board() {
	ip netns add "$1" && on "$1" ip link set lo up || return
	for i in 0 1 2; do
		on "$1" ip link add "eth$i" address "02:00:00:00:0$i:01" type dummy || return
		on "$1" ip link set "eth$i" up
	done
	on "$1" ip addr add 192.0.2.1/24 dev eth0 && on "$1" ip addr add 10.0.0.1/24 dev eth1
}
save() { on "$1" ipos-ctl save; }
# again FILE: what a fresh board saves that restores it
again() {
	ip netns del fresh 2>/dev/null
	board fresh && on fresh ipos-ctl -b "$1" && save fresh
}

ok "a board" board one
is "a board that nobody has configured needs no command" "$(save one)" ""

cat >"$tmp/all" <<'BATCH'
board set server-ip 10.0.0.1 ethertype 0x88b5 drain yes load-threshold 7 hold-bytes 4096 hold-ms 500 limit-url 2000000
dev add eth0 role client
dev add eth1 role fabric
dev add eth2 role both
server add 10.0.0.2 lladdr 02:00:00:00:02:02 dev eth1 state up
server add 10.0.0.3 lladdr 02:00:00:00:02:03 dev eth2 state down connections 5 cpu 1000 memory 18446744073709551615 bandwidth 1
service add tcp 192.0.2.1:80 inspect http policy least-conn target-port 8080
service add tcp 192.0.2.7:22 inspect none policy local-first target-port 22 foreign
service add udp 192.0.2.1:53 inspect none policy hash target-port 5353 timeout 10
service add udp 192.0.2.1:123 inspect none policy local-first target-port 123 timeout 30 one-packet
url add */ server 10.0.0.2
url add example.org/video server 10.0.0.3
url add example.org/video server 10.0.0.9
board set limit-server 2
BATCH
ok "it takes the commands" on one ipos-ctl -b "$tmp/all"
is "and saves just these" "$(save one)" "$(cat "$tmp/all")"
save one >"$tmp/saved"
is "a fresh board that restores them saves the same" "$(again "$tmp/saved")" "$(cat "$tmp/saved")"
# What is only shown and changes by itself.
sampled='connections|cpu|memory|bandwidth|in-flight|accept-us|memory-total|bandwidth-total'
is "each setting is restored, but for what is only shown" \
	"$(on fresh ipos-ctl board | grep -vE "^(epoch|$sampled) ")" "$(on one ipos-ctl board | grep -vE "^(epoch|$sampled) ")"

# Every setting there is, by its name, with a value of its own.
# settings: what can be set, of what is shown
settings() { on one ipos-ctl board | awk '{ print $1 }' | grep -vxE "epoch|fabric-mtu|state|unfinished|forwarded|taken|$sampled"; }
ip netns del one && board one
on one ipos-ctl board set server-ip 10.0.0.1 ethertype 0x9000 drain yes
number=4000
for setting in $(settings | grep -vx 'server-ip\|ethertype\|drain'); do
	for value in $number 100 9 0; do
		! on one ipos-ctl board set "$setting" "$value" 2>/dev/null || break
	done
	number=$((number - 1))
done
is "every setting that was changed is saved" "$(save one | xargs -n 1 | grep -cxf <(settings))" "$(settings | wc -l)"
save one >"$tmp/saved"
is "and restored" "$(again "$tmp/saved")" "$(cat "$tmp/saved")"

# Rows that are more than a limit allows now, and rows that are many.
ip netns del one && board one
on one ipos-ctl dev add eth1 role fabric
for i in $(seq 300); do
	echo "url add many.example/$((i * 7919 % 1000)) server 10.0.0.$((i % 250 + 2))"
done | on one ipos-ctl -b -
on one ipos-ctl board set limit-url 3
is "all rows of a large table are saved" "$(save one | grep -c '^url add ')" 300
save one >"$tmp/saved"
is "in one order, whatever the table's" "$(again "$tmp/saved")" "$(cat "$tmp/saved")"

# What -batch must not take for its own.
ip netns del one && board one
quoted="a\\'b\\\"c\\\\d"
ok "a URL with quotes" on one ipos-ctl -b - <<<"url add */$quoted server 10.0.0.2"
is "is saved as -batch reads it" "$(save one)" "url add */$quoted server 10.0.0.2"
save one >"$tmp/saved"
is "and restored" "$(again "$tmp/saved")" "$(cat "$tmp/saved")"

fails "saving needs CAP_NET_ADMIN" "not permitted" \
	on one setpriv --reuid 65534 --regid 65534 --clear-groups ipos-ctl save

# The unit, with all that it names in place; the files go with the VM.
install -D -m 755 ../tools/packaging/ipos-config /usr/lib/ipos/ipos-config
install -D -m 644 ../tools/packaging/ipos.service /lib/systemd/system/ipos.service
install -m 755 "$(command -v ipos-ctl)" /usr/sbin/ipos-ctl
is "systemd has nothing to say about the unit" "$(systemd-analyze verify --man=no /lib/systemd/system/ipos.service 2>&1 |
	grep ipos)" ""
sed 's/^Type=.*/Type=wrong/' ../tools/packaging/ipos.service >"$tmp/ipos.service"
like "what is wrong it would have told" "$(systemd-analyze verify --man=no "$tmp/ipos.service" 2>&1)" wrong

# runs KEY: the unit's commands of that name, one after the other
runs() {
	local command
	while read -r command; do
		$command || return
	done < <(sed -n "s/^$1=//p" ../tools/packaging/ipos.service)
}
modprobe -r ipos
rm -rf /etc/ipos
ok "the unit starts where nothing was saved" runs ExecStart
ip link add eth9 type dummy && ip link set eth9 up
ipos-ctl dev add eth9 role fabric
ipos-ctl board set server-ip 10.0.0.1
ok "it stops" runs ExecStop
ok "and takes the module away" runs ExecStopPost
is "what was configured is in the file, which nobody else may read" "$(stat -c %a /etc/ipos/ipos.conf) $(cat /etc/ipos/ipos.conf)" \
	"600 board set server-ip 10.0.0.1
dev add eth9 role fabric"
runs ExecStart
is "it is there again after the next start" "$(ipos-ctl save)" "$(cat /etc/ipos/ipos.conf)"
runs ExecStopPost
ip link del eth9
like "where a device is missing, the rest is restored, and it is said" "$(runs ExecStart 2>&1; ipos-ctl save)" \
	'not all of /etc/ipos/ipos.conf was restored.*board set server-ip 10.0.0.1$'
cp /etc/ipos/ipos.conf "$tmp/before"
runs ExecStop
is "and the file keeps what could not be" "$(cat /etc/ipos/ipos.conf)" "$(cat "$tmp/before")"
runs ExecReload
is "until somebody says that it shall be as it is" "$(cat /etc/ipos/ipos.conf)" "board set server-ip 10.0.0.1"
runs ExecStopPost
finish
