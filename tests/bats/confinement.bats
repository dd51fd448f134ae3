# What a process of ours still can do once somebody has taken it over, before
# the login and after it: tests/preload/attack.c makes the attempts from inside,
# /proc shows the rest from outside.
load ../lib/common
load ../lib/network

setup_file() {
	build_preload attack "$BATS_FILE_TMPDIR"
	build_preload no_landlock "$BATS_FILE_TMPDIR"
	chmod 711 "$BATS_FILE_TMPDIR"
}

# attacked STAGE [listener]: a process, or a child of a listener.
attacked() {
	product_only
	root_only
	in_private_system under_attack "$tools" \
		"$BATS_FILE_TMPDIR/attack.so" "$@"
}

# --- inside the private system -----------------------------------------------

# start_handler [ATTACKER]: as inetd does, but on our pipes.
start_handler() {
	mkfifo /run/test/to /run/test/from
	LD_PRELOAD=${1-} /run/test/pop3-handler --log=stderr \
		</run/test/to >/run/test/from 2>"$log" 3>&- &
	pid=$!
	handler=$pid
	exec {to}>/run/test/to {from}</run/test/from
	hear
}

# start_listener TOOLS [ATTACKER]: as inetd does with wait. $pid is the process
# of the session that we open then, $sibling another child, $options are its.
start_listener() {
	export NOTIFY_SOCKET=/run/test/notify ATTACK_ORDER=/run/test/order
	work=/run/test names=()
	mkdir /run/test/listener
	LD_PRELOAD=${2-} "$1/serve-wait" /run/test/listener "${@:3}" -- \
		/run/test/pop3-handler --log=stderr "${options[@]}" \
		2>"$log" 3>&- &
	server=$!
	await test -s /run/test/listener/pid
	listener=$(</run/test/listener/pid)
	port=$(head -n 1 /run/test/listener/ports)
	dial_listener
}

dial_listener() {
	exec {to}<>"/dev/tcp/127.0.0.1/$port"
	from=$to
	hear
	assert_equal "$heard" '+OK dewey POP3 server ready'
	pid=$(pgrep -o -P "$listener")
	handler=$pid
	await has_sibling
}

has_sibling() {
	sibling=$(pgrep -n -P "$listener")
	[ "$sibling" != "$pid" ]
}

end_handler() {
	wait "$pid"
}

end_listener() {
	kill -TERM "$listener"
	await test -s /run/test/listener/ended
	assert_equal "$(</run/test/listener/ended)" 0
}

# With the attacker in it, the attempts of the stage.
under_attack() {
	local tools=$1 attacker=$2 stage=$3 way=${4-handler}

	mkdir /run/test/world
	chmod 1777 /run/test/world
	install -m 600 -o 2002 -g 8 /dev/null /var/mail/jmyers
	install -m 660 -o 2002 -g 8 /dev/null /var/mail/shared
	install -m 644 /dev/null /run/test/public
	case $way in
	handler)
		start_handler "$attacker"
		filters=1
		;;
	listener)
		start_listener "$tools" "$attacker"
		filters=3
		;;
	esac
	[ "$stage" != after ] || log_in mrose
	if [ "$way" = listener ]; then
		assert_own_descriptors "$([ "$stage" = before ] && echo 2 ||
			echo 1)"
	fi
	"attempts_$stage"
	"proc_$stage"
	[ "$way" != listener ] || "attempts_of_child_$stage"
	ask QUIT "+OK dewey POP3 server signing off${stage_end-}"
	"end_$way"
}

# refused NAME ARGUMENT ERRNO...: one of these.
refused() {
	local name=$1 argument=$2 error seen

	shift 2
	ask "ATTACK $name $argument" '-ERR unknown command'
	seen=$(tail -n 1 "$log")
	for error; do
		[ "$seen" != "attack: $name: refused: $error" ] || return 0
	done
	echo "ATTACK $name $argument: $seen" >&2
	return 1
}

# done_by NAME ARGUMENT: what a stage must be able to do. Were it refused, the
# other answers would show nothing.
done_by() {
	ask "ATTACK $1 $2" '-ERR unknown command'
	assert_equal "$(tail -n 1 "$log")" "attack: $1: done"
}

never_done() {
	refused uid 0 EPERM
	refused one-uid 0 EPERM
	refused wide-uid 0 EPERM
	refused uid 500 EPERM
	refused uid 901 EPERM
	refused uid 65534 EPERM
	refused uid 64055 EPERM
	refused uid 61184 EPERM
	refused gid 0 EPERM
	refused gid 8 EPERM
	refused gid 42 EPERM
	refused gid 999 EPERM
	refused gid 65534 EPERM
	refused capabilities '' EPERM
	refused namespace '' EPERM
	refused mount /mnt EPERM
	refused shell '' EPERM
	refused fork '' EPERM
	refused execute '' EPERM
	refused trace 1 EPERM
	refused signal 1 EPERM
	refused owner 1 EPERM
	refused dumpable '' EPERM
	refused rare '' EPERM
	refused connect 110 EPERM
	refused redial 110 EPERM
	refused renumber '' EPERM
	refused listen '' EPERM EACCES
	refused make /run/test/world/file EPERM EACCES
	refused make /run/test/file EPERM EACCES
	refused make /etc/file EPERM EACCES
	refused write /etc/passwd EPERM EACCES
	refused remove /etc/passwd EPERM EACCES
	refused link /etc/passwd EPERM EACCES
	refused mode /etc/passwd EPERM EACCES
	refused open-mode /etc/passwd EPERM EACCES
	refused write /var/mail/jmyers EPERM EACCES
	refused read /var/mail/jmyers EPERM EACCES
	refused mode /var/mail/jmyers EPERM EACCES
}

attempts_before() {
	never_done
	done_by unix ''
	done_by read /etc/passwd
	done_by read /etc/shadow
}

attempts_after() {
	stage_end=' (maildrop empty)'
	never_done
	refused uid 2002 EPERM
	refused one-uid 2002 EPERM
	refused gid 2002 EPERM
	refused group 2002 EPERM
	refused group 42 EPERM
	refused unix '' EPERM
	refused read /etc/shadow EPERM EACCES
	refused read /run/test/public EPERM EACCES
	refused read /var/mail/shared EPERM EACCES
	refused write /var/mail/shared EPERM EACCES
	refused list /var/mail EPERM EACCES
	refused map /bin/sh EPERM EACCES
	refused fifo /var/mail/fifo EPERM EACCES
	refused remove /run/test/world EPERM EACCES
	refused link /run/test/public EPERM EACCES
}

proc_both() {
	assert_process CapInh 0000000000000000
	assert_process CapBnd 00000000000000c0
	assert_process CapAmb 0000000000000000
	assert_process NoNewPrivs 1
	assert_process Seccomp 2
	assert_equal "$(awk '/^Max core file size/ { print $5, $6 }' \
		"/proc/$pid/limits")" '0 0'
}

proc_before() {
	proc_both
	assert_process Uid '901 901 901 901'
	assert_process Gid '901 901 901 901'
	assert_process Groups '8 42 901'
	assert_process CapPrm 00000000000000c0
	assert_process CapEff 00000000000000c0
	assert_process Seccomp_filters "$filters"
}

proc_after() {
	proc_both
	assert_process Uid '2001 2001 2001 2001'
	assert_process Gid '2001 2001 2001 2001'
	assert_process Groups '8 2001 3001'
	assert_process CapPrm 0000000000000000
	assert_process CapEff 0000000000000000
	assert_process Seccomp_filters "$((filters + 1))"
}

# What a child of a listener could want beside that: its parent, its sibling, and
# what comes to them.
attempts_of_child() {
	local other

	for other in "$listener" "$sibling"; do
		refused trace "$other" EPERM
		refused signal "$other" EPERM
		refused owner "$other" EPERM
		refused read "/proc/$other/mem" EPERM EACCES
		refused write "/proc/$other/mem" EPERM EACCES
		refused read "/proc/$other/environ" EPERM EACCES
		refused read "/proc/$other/maps" EPERM EACCES
		refused list "/proc/$other/fd" EPERM EACCES
		refused read "/proc/$other/fd/3" EPERM EACCES
	done
	refused accept '' EPERM
	refused receive '' EPERM
	refute grep -E '^[^ ]+ .w.s ' "/proc/$pid/maps"
}

# open_sockets: the inodes of the session's.
open_sockets() {
	find "/proc/$pid/fd" -lname 'socket:*' -printf '%l\n' |
		tr -dc '0-9\n' | sort -u
}

# One socket of the session waits for connections.
assert_none_listens() {
	refute grep -wFf <(open_sockets) \
		<(awk '$4 == "0A" { print $10 }' /proc/net/tcp /proc/net/tcp6)
}

attempts_of_child_before() {
	attempts_of_child
	descriptors=$(find "/proc/$listener/fd" -mindepth 1 | wc -l)
	done_by rubbish ''
	# the channel of who has said that he has logged in is closed
	await eval '[ "$(find "/proc/$listener/fd" -mindepth 1 | wc -l)" -eq \
		$((descriptors - 1)) ]'
	still_serves
}

attempts_of_child_after() {
	attempts_of_child
	refused rubbish '' EBADF ENOTSOCK
	still_serves
}

# Its connection and, until the login, its channel; the log is standard error.
assert_own_descriptors() {
	assert_equal "$(open_sockets | wc -l)" "$1"
	assert_none_listens
	refute grep -q anon_inode \
		<(find "/proc/$pid/fd" -mindepth 1 -printf '%l\n')
}

still_serves() {
	local first=$to own=$pid

	dial_listener
	ask QUIT '+OK dewey POP3 server signing off'
	to=$first from=$first pid=$own handler=$own
}

# --- the tests ---------------------------------------------------------------

@test "before the login an attacker becomes no system account and writes nothing (as root)" {
	attacked before
}

@test "after the login an attacker has the mailbox and nothing else (as root)" {
	attacked after
}

@test "before the login an attacker in a child of a listener reaches neither it nor a sibling (as root)" {
	attacked before listener
}

@test "after the login an attacker in a child of a listener reaches neither it nor a sibling (as root)" {
	attacked after listener
}

# order NAME ARGUMENT: what the listener is to attempt when somebody comes.
order() {
	echo "ATTACK $1 $2" >/run/test/order
	dial_listener
	say QUIT
	hear
	assert_closed
}

listener_refused() {
	local name=$1 argument=$2 error seen

	shift 2
	order "$name" "$argument"
	seen=$(grep '^attack: ' "$log" | tail -n 1)
	for error; do
		[ "$seen" != "attack: $name: refused: $error" ] || return 0
	done
	echo "ATTACK $name $argument: $seen" >&2
	return 1
}

# It executes and forks, as it must: units say what.
attempts_of_listener() {
	mkdir -m 1777 /run/test/world
	install -m 600 -o 2002 -g 8 /dev/null /var/mail/jmyers
	start_listener "$1" "$2"
	ask QUIT '+OK dewey POP3 server signing off'
	assert_closed
	order unix ''
	assert_equal "$(grep '^attack: ' "$log" | tail -n 1)" 'attack: unix: done'
	for argument in 0 500 901 65534 61184; do
		listener_refused uid "$argument" EPERM
		listener_refused one-uid "$argument" EPERM
	done
	listener_refused wide-uid 0 EPERM
	for argument in 0 8 42 999; do
		listener_refused gid "$argument" EPERM
	done
	listener_refused capabilities '' EPERM
	listener_refused namespace '' EPERM
	listener_refused mount /mnt EPERM
	listener_refused execute '' EPERM
	listener_refused trace 1 EPERM
	listener_refused trace "$sibling" EPERM
	listener_refused signal 1 EPERM
	listener_refused signal 0 EPERM
	listener_refused signal -1 EPERM
	listener_refused dumpable '' EPERM
	listener_refused rare '' EPERM
	listener_refused connect 110 EPERM
	listener_refused make /run/test/world/file EPERM EACCES
	listener_refused make /etc/file EPERM EACCES
	listener_refused write /etc/passwd EPERM EACCES
	listener_refused remove /etc/passwd EPERM EACCES
	listener_refused mode /etc/passwd EPERM EACCES
	listener_refused write /var/mail/jmyers EPERM EACCES
	listener_refused read /var/mail/jmyers EPERM EACCES
	handler=$listener pid=$listener
	proc_both
	assert_process Uid '901 901 901 901'
	assert_process Gid '901 901 901 901'
	assert_process Groups '8 42 901'
	assert_process CapPrm 00000000000000c0
	assert_process CapEff 00000000000000c0
	assert_process Seccomp_filters 1
	assert_equal "$(stat -c %u "/proc/$listener/environ")" 0
	end_listener
}

@test "an attacker in a listener becomes no system account and writes nothing (as root)" {
	product_only
	root_only
	in_private_system attempts_of_listener "$tools" \
		"$BATS_FILE_TMPDIR/attack.so"
}

without_shadow_group() {
	chown 0:0 /etc/shadow
	chmod 600 /etc/shadow
	start_handler
	assert_process CapPrm 00000000000000c4
	assert_process CapEff 00000000000000c4
	log_in mrose
	assert_equal "$heard" "+OK mrose's maildrop has 0 messages (0 octets)"
	assert_process CapPrm 0000000000000000
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
}

@test "where no group can read passwords the capability for it ends with the login (as root)" {
	root_only
	in_private_system without_shadow_group
}

# Every octet of the process's memory that can be read.
memory_of() {
	python3 "$1/process_memory.py" "$pid"
}

memory_after_login() {
	local tools=$1 secret=$2

	one_message
	start_handler
	log_in mrose
	ask 'RETR 1' '+OK 120 octets'
	memory_of "$tools" >/run/test/memory
	# the search finds what is there
	grep -qaF 'Subject: 1' /run/test/memory
	has_no_password "$secret"
}

has_no_password() {
	refute grep -aoE "PASS $1|cuOo26zJ71NBWqzyjtvJPOYimz" /run/test/memory
	refute grep -aoE '[$]6[$]pop3handler|GmcwIgvdUC9qLWcKCi6gklUa1dM3' \
		/run/test/memory
	refute grep -aoE '99999:7|:19000:' /run/test/memory
}

# After sessions, one of which was refused, and in one that is open.
memory_of_listener() {
	local tools=$1 secret=$2 n

	one_message
	start_listener "$tools"
	for n in 1 2; do
		log_in mrose
		ask QUIT "+OK dewey POP3 server signing off (1 message left)"
		assert_closed
		dial_listener
	done
	ask 'USER mrose' '+OK mrose'
	say 'PASS wrong'
	hear
	log_in mrose
	ask 'RETR 1' '+OK 120 octets'
	memory_of "$tools" >/run/test/memory
	grep -qaF 'Subject: 1' /run/test/memory
	has_no_password "$secret"
	for pid in "$listener" "$sibling"; do
		memory_of "$tools" >/run/test/memory
		grep -qaF 'POP3 server ready' /run/test/memory
		refute grep -qaF 'Subject: 1' /run/test/memory
		has_no_password "$secret"
	done
}

one_message() {
	{ echo "$from_line"; message 120 1; echo; } >"$mailbox"
	chown 2001:8 "$mailbox"
}

# start_tls: a session in it; say to it, it says to /run/test/said.
start_tls() {
	mkfifo /run/test/inside
	: >/run/test/said
	openssl s_client -connect "127.0.0.1:${port-110}" -starttls pop3 -quiet \
		</run/test/inside >/run/test/said 2>/dev/null &
	exec {to}>/run/test/inside
}

find_secrets() {
	memory_of "$1" >/run/test/memory
	python3 "$1/find_secrets.py" "$2" /var/lib/pop3-handler/tickets \
		/run/test/memory
}

# Nor can the session that is open read them from an open file.
has_no_secret() {
	find_secrets "$1" "$2"
	ls -l "/proc/$pid/fd" >/run/test/open
	refute grep -E 'both.pem|tickets' /run/test/open
}

tls_memory() {
	local tools=$1 key=$2

	cat "$3" "$key" | install -o pop3-handler -m 600 /dev/stdin \
		/run/test/both.pem
	options=(--tls-cert=/run/test/both.pem)
	start_systemd-inetd
	one_message
	dial
	find_handler
	pid=$handler
	# the search finds what is there
	ls -l "/proc/$pid/fd" >/run/test/open
	assert_equal "$(grep -c both.pem /run/test/open)" 2
	ask CAPA '+OK capability list follows'
	hear_message /run/test/capabilities
	refute find_secrets "$tools" "$key" >/run/test/found
	grep -qE '^priv' /run/test/found
	grep -q "^ticket's MAC key" /run/test/found
	# a session that has not used what it has read
	log_in mrose
	has_no_secret "$tools" "$key"
	say QUIT
	hear
	assert_closed
	# one that has read nothing
	dial_in
	find_handler
	pid=$handler
	has_no_secret "$tools" "$key"
	say QUIT
	hear
	assert_closed
	await has_ended
	start_tls
	say 'USER mrose'
	say 'PASS secret'
	say 'RETR 1'
	await grep -q '^Subject: 1' /run/test/said
	find_handler
	pid=$handler
	has_no_secret "$tools" "$key"
	grep -qaF 'Subject: 1' /run/test/memory
	refute grep -aoE "PASS secret|cuOo26zJ71NBWqzyjtvJPOYimz" \
		/run/test/memory
	say QUIT
}

# The key is the listener's, and its children's until they have logged in.
tls_memory_of_listener() {
	local tools=$1 key=$2

	cat "$3" "$key" | install -o pop3-handler -m 600 /dev/stdin \
		/run/test/both.pem
	options=(--tls-cert=/run/test/both.pem)
	one_message
	start_listener "$tools"
	# the search finds what is there
	refute find_secrets "$tools" "$key" >/run/test/found
	grep -qE '^priv' /run/test/found
	log_in mrose
	has_no_secret "$tools" "$key"
	ask QUIT '+OK dewey POP3 server signing off (1 message left)'
	assert_closed
	start_tls
	say 'USER mrose'
	say 'PASS secret'
	say 'RETR 1'
	await grep -q '^Subject: 1' /run/test/said
	pid=$(pgrep -o -P "$listener")
	has_no_secret "$tools" "$key"
	grep -qaF 'Subject: 1' /run/test/memory
	has_no_password secret
	say QUIT
}

has_ended() {
	[ ! -d "/proc/$pid" ]
}

@test "a kernel without Landlock is served, and the log says so once" {
	product_only
	mailbox_of 120 200
	export LD_PRELOAD=$BATS_FILE_TMPDIR/no_landlock.so
	transaction 'RETR 2' 'DELE 1' QUIT
	unset LD_PRELOAD
	assert_reply 3 '+OK dewey POP3 server signing off (1 message left)'
	assert_equal "$(grep -c 'this kernel has no Landlock' "$log")" 1
}

@test "a container's filter that refuses Landlock's calls is a kernel without them" {
	local error

	product_only
	export LD_PRELOAD=$BATS_FILE_TMPDIR/no_landlock.so
	for error in 1 13 95; do
		export NO_LANDLOCK="444 $error"
		: >"$mailbox"
		mailbox_of 120 200
		transaction 'RETR 2' 'DELE 1' QUIT
		assert_reply 3 \
			'+OK dewey POP3 server signing off (1 message left)'
		assert_equal "$(grep -c 'no Landlock' "$log")" 1
		assert_logged 'session: .* reason=quit tls=none'
	done
	unset LD_PRELOAD NO_LANDLOCK
}

@test "a process that cannot be confined says so to the client and in the log" {
	product_only
	export LD_PRELOAD=$BATS_FILE_TMPDIR/no_landlock.so NO_LANDLOCK='446 1'
	session QUIT
	unset LD_PRELOAD NO_LANDLOCK
	assert_count 1
	assert_reply 1 '-ERR [SYS/TEMP] maildrop cannot be opened now'
	assert_logged 'cannot confine the process: Operation not permitted'
	assert_logged 'session: .* user=- .* reason=temporary tls=none'
	assert_ended 111
}

# Also where the process that did it is root's, as under inetd.
dumpable_ids() {
	start_handler "$1"
	log_in mrose
	ask QUIT "+OK dewey POP3 server signing off (maildrop empty)"
	wait "$pid"
	grep '^ids: ' "$log" >/run/test/ids
	printf 'ids: %s\n' 'not dumpable' | diff - /run/test/ids
}

@test "no change of ids makes the process dumpable, whatever fs.suid_dumpable is (as root)" {
	product_only
	root_only
	build_preload suid_dumpable "$BATS_FILE_TMPDIR"
	in_private_system dumpable_ids "$BATS_FILE_TMPDIR/suid_dumpable.so"
}

@test "a process cannot be traced or dumped by its own user" {
	product_only
	open_session
	assert_equal "$(stat -c %u "/proc/$pid/environ")" 0
	hang_up
}

@test "after the login no password and no line of /etc/shadow is in memory (as root)" {
	product_only
	root_only
	in_private_system memory_after_login "$tools" secret
}

@test "after the login, inside TLS or not, neither the certificate's key nor those of tickets nor a password are in memory (as root)" {
	local name

	product_only
	root_only
	for name in server rsa; do
		in_private_system tls_memory "$tools" \
			"$certificates/$name.key" "$certificates/$name.pem"
	done
}

@test "a listener holds no password and no line of /etc/shadow at any time (as root)" {
	product_only
	root_only
	in_private_system memory_of_listener "$tools" secret
}

# A socket of both has TLS only: there the key is nobody's to use.
no_key_without_tls() {
	local tools=$1 key=$2

	cat "$3" "$key" | install -o pop3-handler -m 600 /dev/stdin \
		/run/test/both.pem
	options=(--tls=off --tls-cert=/run/test/both.pem)
	one_message
	start_listener "$tools" '' pop3 pop3s
	log_in mrose
	has_no_secret "$tools" "$key"
	say QUIT
}

@test "nor has one whose socket has no TLS, and another socket has (as root)" {
	product_only
	root_only
	in_private_system no_key_without_tls "$tools" \
		"$certificates/server.key" "$certificates/server.pem"
}

@test "a listener's child that has logged in has neither its keys nor those of tickets in memory (as root)" {
	local name

	product_only
	root_only
	for name in server rsa; do
		in_private_system tls_memory_of_listener "$tools" \
			"$certificates/$name.key" "$certificates/$name.pem"
	done
}
