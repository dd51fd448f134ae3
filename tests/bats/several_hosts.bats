# nginx's mail proxy before two hosts, as doc/several-hosts.md has it: the example
# configuration and the responder, with the real nginx.
load ../lib/common
bats_require_minimum_version 1.5.0
load ../lib/network
load ../lib/tls

examples=$BATS_TEST_DIRNAME/../../examples

# unpacked PACKAGE: sets $tree.
unpacked() {
	local status=0

	tree=$("$tools/unpacked" "$1") || status=$?
	[ "$status" -ne 77 ] || skip "cannot have $1"
	[ "$status" -eq 0 ]
}

free_port() {
	python3 -c 'import socket
with socket.create_server(("127.0.0.1", 0)) as s: print(s.getsockname()[1])'
}

answers() { (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# start_host NAME: one with that name in its greeting and a mailbox of its own;
# sets $port and $host_pid.
start_host() {
	mkdir "$work/mail/$1"
	message 120 "$1" | deliver "$work/mail/$1/mrose"
	own "$work/mail/$1"
	serve --hostname="$1" --allow-cleartext --state="$work/state-$1" \
		--maildrop="$work/mail/$1/%u"
	host_pid=${pids[-1]}
}

# start_nginx: at $front and $front_tls, with the example's configuration.
start_nginx() {
	local nginx mail

	unpacked nginx
	nginx=$tree
	unpacked libnginx-mod-mail
	mail=$tree
	front=$(free_port) front_tls=$(free_port)
	sed -e "s#modules/ngx#$mail/usr/lib/nginx/modules/ngx#" \
		-e "s#/run/nginx.pid#$work/nginx.pid#" \
		-e "s#/var/log/nginx/error.log#$work/nginx.log#" \
		-e "s#/etc/letsencrypt.*fullchain.pem#$certificates/server.pem#" \
		-e "s#/etc/letsencrypt.*privkey.pem#$certificates/server.key#" \
		-e "s#:8110#:$responder#" -e '/\[::\]/d' \
		-e "s#listen 110#listen 127.0.0.1:$front#" \
		-e "s#listen 995#listen 127.0.0.1:$front_tls#" \
		"$examples/nginx.conf" >"$work/nginx.conf"
	"$nginx/usr/sbin/nginx" -e "$work/nginx.log" -p "$work" \
		-c "$work/nginx.conf" -g 'daemon off; master_process off;' 3>&- &
	pids+=($!)
	disown
	await answers "$front"
	port=$front_tls
}

# start_front [--fail-over]
start_front() {
	hosts=("127.0.0.1:$first" "127.0.0.1:$second")
	echo change-me >"$work/key"
	responder=$(free_port)
	"$examples/nginx-auth-http" "$@" "$work/key" "$responder" "${hosts[@]}" \
		3>&- &
	pids+=($!)
	disown
	await answers "$responder"
	start_nginx
}

# two_hosts: $home is mrose's, and $other the one that is not.
two_hosts() {
	declare -gA pid_of
	start_host one
	first=$port
	pid_of[one]=$host_pid
	start_host two
	second=$port
	pid_of[two]=$host_pid
	home=one other=two
	[ "$("$examples/nginx-auth-http" --home mrose "127.0.0.1:$first" \
		"127.0.0.1:$second")" = "127.0.0.1:$first" ] ||
		home=two other=one
}

# front_session [OPTION...] -- COMMAND...: as tls_session. nginx says no
# goodbye in TLS, which s_client takes for a failure. A client waits for the
# greeting; after STLS there is none.
front_session() {
	local s_client_options=() kept=${kept-}

	while [ "$1" != -- ]; do
		s_client_options+=("$1")
		shift
	done
	shift
	rm -f "$work/client"
	s_client -quiet "${s_client_options[@]}" \
		< <([ -n "$kept" ] || await test -s "$work/client"
			printf '%s\r\n' "$@") || :
	{ echo -n "$kept"; cat "$work/client"; } >"$replies"
	sort_replies "$@"
}

# A message of that host's mailbox.
assert_served_by() {
	front_session -- 'USER mrose' 'PASS secret' 'RETR 1' QUIT
	assert_each '+OK' 0 1 2 3 4
	[[ ${body[3]} == "Subject: $1"* ]] || fail "${body[3]}"
}


@test "nginx: a user's mail comes from the user's host, whatever name is sent" {
	two_hosts
	start_front
	assert_served_by "$home"
	front_session -- 'USER MRose' 'PASS secret' 'RETR 1' QUIT
	[[ ${body[3]} == "Subject: $home"* ]]
}

@test "nginx: no password is taken before STLS, and STLS works" {
	two_hosts
	start_front
	port=$front
	exec {to}<>"/dev/tcp/127.0.0.1/$port"
	from=$to
	hear
	say 'USER mrose'
	hear
	[[ $heard == '-ERR'* ]]
	kept=$'+OK\r\n' front_session -starttls pop3 -- 'USER mrose' \
		'PASS secret' 'RETR 1' QUIT
	[[ ${body[3]} == "Subject: $home"* ]]
}

@test "nginx: what the host says of a wrong password is passed on" {
	two_hosts
	start_front
	front_session -- 'USER mrose' 'PASS wrong'
	assert_reply 2 '-ERR [AUTH] user name or password is wrong'
}

@test "nginx: a host that was killed is missed by its own users only" {
	two_hosts
	start_front
	assert_served_by "$home"
	kill "${pid_of[$home]}"
	front_session -- 'USER mrose' 'PASS secret'
	assert_reply 2 "-ERR [SYS/TEMP] this mailbox's host is down"
}

@test "nginx: with --fail-over the next host serves them" {
	two_hosts
	start_front --fail-over
	assert_served_by "$home"
	kill "${pid_of[$home]}"
	assert_served_by "$other"
}

@test "nginx: who does not know the word is told nothing" {
	two_hosts
	start_front
	run -0 curl -s -D - -H 'Auth-User: mrose' "http://127.0.0.1:$responder/"
	[[ $output == *'Auth-Status: [SYS/PERM] not allowed'* ]]
	[[ $output != *Auth-Server* ]]
}

@test "nginx: a host more moves only the users that it gets" {
	python3 - "$examples/nginx-auth-http" <<-'END'
	import subprocess, sys
	def home(user, *hosts):
	    return subprocess.check_output(
	        [sys.argv[1], "--home", user, *hosts], text=True).strip()
	a, b, c = "192.0.2.1:110", "192.0.2.2:110", "192.0.2.3:110"
	two = {f"u{i}": home(f"u{i}", a, b) for i in range(20)}
	assert set(two.values()) == {a, b}
	three = {user: home(user, a, b, c) for user in two}
	assert c in three.values()
	assert all(three[user] in (c, two[user]) for user in two)
	assert home(" U1@Example.ORG ", a, b) == two["u1"]
	END
}
