#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# HTTPS by the name in the ClientHello: three names on three boards, each with a certificate for its own name only, so that
# a client's verification says which board it reached. And what is not TLS.
# need /usr/bin/python3 python3
# need nginx nginx
# need curl curl
# need openssl openssl
# need /usr/sbin/sshd openssh-server
# need ssh openssh-client
# vms 3

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
# shellcheck source=tests/lib/certificates.sh
. lib/certificates.sh
plan 44

names=(- one.example two.example three.example)
ok "three boards come up" ./cluster up 3
patient board1 board2 board3
roots 3
ok "an authority is made" authority
for n in 1 2 3; do
	certify "${names[n]}"
	ok "board $n serves ${names[n]}" nginx_start board$n "$tmp/root$n" "$(tls_of "${names[n]}")"
done
is "no certificate is for another name" "$(for n in 1 2 3; do
	openssl x509 -in "$tmp/${names[n]}.pem" -noout -ext subjectAltName; done | grep -o 'DNS:.*' | xargs)" \
	"DNS:one.example DNS:two.example DNS:three.example"
on board1 ipos-ctl -batch - <<-BATCH
	service add tcp 192.0.2.1:443 inspect tls
	url add one.example server 10.0.0.1
	url add two.example/ server 10.0.0.2
	url add Three.Example. server 10.0.0.3
	url add wrong.example server 10.0.0.2
	url add one.example/video server 10.0.0.2
	url add unknown.example/video server 10.0.0.2
BATCH

# get NAME [CURL-OPTION...]: the body, and what curl says of the connection
get() { fetch client "https://$1/" --cacert "$tmp/ca.pem" --resolve "$1:443:192.0.2.1" -w '%{http_version}' "${@:2}" | xargs; }
# all [CURL-OPTION...]: of the three names
all() { for n in 1 2 3; do get "${names[n]}" "$@"; done | xargs; }
is "curl has each name verified, and HTTP/2" "$(all)" "board 1 2 board 2 2 board 3 2"
is "by board" "$(placed)" "1 1 1"
is "with TLS 1.2" "$(all --tls-max 1.2 --http1.1)" "board 1 1.1 board 2 1.1 board 3 1.1"
is "by board" "$(placed) $(counter board1 url_hit)" "1 1 1 6"
fails "a name that is sent to another's board is not verified" "subject name matches" \
	fetch client https://wrong.example/ --cacert "$tmp/ca.pem" --resolve wrong.example:443:192.0.2.1
is "and was sent there" "$(placed)" "0 1 0"

# verify NAME [OPTION...]: a handshake by openssl, which ends at once if the certificate is not right
verify() {
	on client openssl s_client -connect 192.0.2.1:443 -servername "$1" -verify_hostname "$1" -CAfile "$tmp/ca.pem" \
		-verify_return_error -brief "${@:2}" </dev/null 2>&1 | grep -o -e '^Protocol version: .*' -e '^Verification: .*' -e 'verify error:.*'
}
is "openssl verifies board 2 with TLS 1.2" "$(verify two.example -tls1_2 | xargs)" "Protocol version: TLSv1.2 Verification: OK"
is "and board 3 with TLS 1.3" "$(verify three.example -tls1_3 | xargs)" "Protocol version: TLSv1.3 Verification: OK"
is "by board" "$(placed)" "0 1 1"
like "but not another's" "$(verify wrong.example)" "verify error:num=62:hostname mismatch"
placed >/dev/null

# hello NAME [WORD...]: lib/hello.py on the client
hello() { on client lib/hello.py 192.0.2.1:443 "$tmp/ca.pem" "$@" 2>&1 | tail -n 2 | xargs; }
for way in "bytes" "records 1" "records 5 1.2" "bytes records 7 1.2" "alpn 3000" "alpn 17000 records 16000" "alpn 60000"; do
	# shellcheck disable=SC2086 # words
	is "a hello: $way" "$(hello two.example $way)" "board 2 TLSv1.$([[ $way = *1.2 ]] && echo 2 || echo 3)"
	is "by board" "$(placed)" "0 1 0"
done
is "a session is resumed with TLS 1.2" "$(hello three.example 1.2 again)" "board 3 TLSv1.2 board 3 TLSv1.2 reused"
is "and with TLS 1.3" "$(hello three.example 1.3 again)" "board 3 TLSv1.3 board 3 TLSv1.3 reused"
is "by board" "$(placed)" "0 0 4"

hits=$(counter board1 url_hit)
is "a client that names nobody goes by the policy" "$(hello -)" "board 1 TLSv1.3"
is "so does one that names an address" "$(fetch client https://192.0.2.1/ -k)" "board 1"
is "and a name whose only row has a path" "$(fetch client https://unknown.example/ -k --resolve unknown.example:443:192.0.2.1)" "board 1"
is "by board" "$(placed) $(($(counter board1 url_hit) - hits)) $(counter board1 request_unparsed)" "3 0 0 0 0"
on board1 ipos-ctl url add '*' server 10.0.0.3
is "any host's row has those without a name, too" "$(hello -) $(hello one.example)" "board 3 TLSv1.3 board 1 TLSv1.3"
is "by board" "$(placed)" "1 0 1"

# What is not TLS: sshd, where the client speaks at once, and waits.
sshd_start board2 22
on board1 ipos-ctl service add tcp 192.0.2.1:22 inspect tls
is "ssh goes by the policy" "$(shell 22 'echo hello')" hello
is "to the board that listens" "$(placed) $(counter board1 request_unparsed) $(counter board1 request_timeout)" "0 1 0 1 0"
on board1 ipos-ctl board set hold-ms 300
# shellcheck disable=SC2016 # expands there
is "a client that waits for the server is waited for no longer than hold-ms" \
	"$(on client timeout "$TAP_WAIT" bash -c 'exec 3<>/dev/tcp/192.0.2.1/22 && head -c 8 <&3')" SSH-2.0-
is "and goes by the policy" "$(placed) $(counter board1 request_unparsed) $(counter board1 request_timeout)" "0 1 0 1 1"
ok "no endpoint is left without its place" wait_for settled board1 board2 board3
finish
