# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What the demo and the playground stand on: the standard cluster (tests/vms) with three boards, and unmodified nginx on
# each. Sourced on the client, with the top of the tree in $top.
# shellcheck disable=SC2034,SC2154 # $service, $rule and the like are the caller's, $tmp is tap.sh's

# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"
# shellcheck source=tests/lib/cluster.sh
. "$top/tests/lib/cluster.sh"
# shellcheck source=tests/lib/certificates.sh
. "$top/tests/lib/certificates.sh"

# What an operator types on board 1: take over new connections; what is below /video is board 2's.
service="ipos-ctl service add tcp 192.0.2.1:80 inspect http"
rule="ipos-ctl url add '*/video' server 10.0.0.2"
# The same for HTTPS. Board 1 has no certificate, and needs none.
tls_service="ipos-ctl service add tcp 192.0.2.1:443 inspect tls"
tls_names=("" "" film.example shop.example)
tls_rules=("ipos-ctl url add ${tls_names[2]} server 10.0.0.2" "ipos-ctl url add ${tls_names[3]} server 10.0.0.3")

# pages BOARD-NUMBER: every board has all of them, so that only the words tell who answered.
pages() {
	mkdir -p "$tmp/www$1/video/inbox"
	echo "Hello, this is board $1." >"$tmp/www$1/index.html"
	{
		echo "This is board $1. Here comes its film."
		yes "Board $1 still shows its film, and nothing happens in it." | head -n 50000
	} >"$tmp/www$1/video/index.html"
	echo "This is board $1, without a film." >"$tmp/www$1/video/short.html"
}

# Debian's nginx takes uploads by its WebDAV module.
web() {
	pages "$1" && nginx_start "board$1" "$tmp/www$1" "
		location = /login { add_header Set-Cookie SESSION=\$request_id; try_files /index.html =404; }
		location /video/inbox/ { dav_methods PUT; client_max_body_size 100m; }
		${tls_names[$1]:+$(tls_of "${tls_names[$1]}")}"
}

# cluster_with_nginx: three boards that serve; no virtual service yet.
cluster_with_nginx() {
	local n webs=()
	authority && certify "${tls_names[2]}" && certify "${tls_names[3]}" || return
	"$top/tests/cluster" up 3 >"$tmp/cluster.log" 2>&1 || { cat "$tmp/cluster.log" >&2 && return 1; }
	for n in 1 2 3; do
		# Emulated machines may take longer to answer than a frame is waited for, and then it is sent twice.
		on "board$n" ipos-ctl board set offer-ms 1000 ack-ms 2000 || return
		(trap - EXIT && web "$n") &
		webs+=($!)
	done
	for n in "${webs[@]}"; do
		wait "$n" || return 1
	done
	on client sh -c "echo 192.0.2.1 ${tls_names[*]} >>/etc/hosts"
}
