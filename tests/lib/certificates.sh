# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Certificates for tests, by an authority of their own. Needs tap.sh, and in the test's head '# need openssl openssl'.
# shellcheck disable=SC2154 # tmp is tap.sh's

new_key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)

# authority: makes $tmp/ca.pem, which its clients believe
authority() {
	openssl req -x509 "${new_key[@]}" -keyout "$tmp/ca.key" -out "$tmp/ca.pem" -days 36500 -subj "/CN=ipOS test" 2>"$tmp/ca.log"
}

# certify NAME: makes $tmp/NAME.pem and $tmp/NAME.key, good for this name only
certify() {
	openssl req "${new_key[@]}" -keyout "$tmp/$1.key" -subj "/CN=$1" 2>>"$tmp/ca.log" |
		openssl x509 -req -CA "$tmp/ca.pem" -CAkey "$tmp/ca.key" -CAcreateserial -days 36500 -out "$tmp/$1.pem" \
			-extfile <(echo "subjectAltName=DNS:$1") 2>>"$tmp/ca.log"
}

# tls_of NAME: what nginx has to be told of it
tls_of() { echo "listen 443 ssl http2; ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate $tmp/$1.pem; ssl_certificate_key $tmp/$1.key;"; }
