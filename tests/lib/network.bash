# For the suites that connect over loopback. Load common first.

# --- a private system (tests/tools/private-system) ---------------------------

# in_private_system FUNCTION [ARG...]: runs it there, with all functions there
# are, and with the variables that those of common want.
in_private_system() {
	local status=0

	"$tools/private-system" bash -c "
		set -euE
		trap 'echo \"failed: \$BASH_COMMAND\" >&2' ERR
		log=/run/test/log mailbox=/var/mail/mrose from_line='$from_line'
		options=() refusal='${refusal-}'
		$(declare -f)
		\"\$@\"
	" bash "$@" 3>&- || status=$?
	[ "$status" -ne 77 ] || skip 'no private system can be made here'
	return "$status"
}

# launched_by LAUNCHER FUNCTION: runs it in a private system whose port 110 is
# served by that launcher.
launched_by() {
	local package= status=0

	root_only
	case $1 in
	openbsd-inetd* | xinetd*)
		package=$("$tools/unpacked" "${1%%-wait*}") || status=$?
		[ "$status" -ne 77 ] || skip "cannot have $1"
		[ "$status" -eq 0 ] || fail "$1 does not start"
		;;
	esac
	in_private_system launched "$package" "$@"
}

launched() {
	local package=$1 launcher=$2

	shift 2
	"start_$launcher" "$package"
	"$@"
}

# pop3s, too, with certificate and key in /run/test/tls.
fill_in() {
	sed -e 's#@sbindir@#/run/test#' \
		-e 's#@sysconfdir@/pop3-handler#/run/test/tls#g' "$@"
}

start_openbsd-inetd() {
	fill_in -e 's/^#pop3s/pop3s/' /run/test/units/inetd.conf.in \
		>/run/test/inetd.conf
	"$1/usr/sbin/inetd" -i /run/test/inetd.conf &
}

start_xinetd() {
	fill_in -e 's/= yes/= no/' /run/test/units/pop3-handler.xinetd.in \
		>/run/test/xinetd.conf
	"$1/usr/sbin/xinetd" -dontfork -f /run/test/xinetd.conf \
		-pidfile /run/test/xinetd.pid &
}

# setpriv does to the process what pop3@.service does, but for the hardening.
# With $options.
socket_activate() {
	systemd-socket-activate --accept "$@" -l 110 \
		setpriv --reuid pop3-handler --regid pop3-handler \
		--groups 8,42,901 --inh-caps -all,+setuid,+setgid \
		--ambient-caps -all,+setuid,+setgid \
		--bounding-set -all,+setuid,+setgid --no-new-privs \
		/run/test/pop3-handler "${options[@]}" 2>>"$log" &
}

# The same with a listener, and $options.
start_openbsd-inetd-wait() {
	fill_in -e '/nowait/s/^#*/#/' -e '/[^o]wait/s/^#pop3/pop3/' \
		-e 's/^#\(pop3s.*\)nowait[.0-9]*/\1wait/' \
		-e "/^pop3/s#\$# ${options[*]}#" \
		/run/test/units/inetd.conf.in >/run/test/inetd.conf
	"$1/usr/sbin/inetd" -i /run/test/inetd.conf &
}

start_xinetd-wait() {
	fill_in -e 's/\(disable.*=\) yes/\1 no/' \
		-e 's/\(wait.*=\) no/\1 yes/' \
		-e "s#^\\tserver_args.*#& ${options[*]}#" \
		-e "0,/server	/s#^\\tserver	.*#&\\n\\tserver_args = --hostname=dewey ${options[*]}#" \
		/run/test/units/pop3-handler.xinetd.in >/run/test/xinetd.conf
	"$1/usr/sbin/xinetd" -dontfork -f /run/test/xinetd.conf \
		-pidfile /run/test/xinetd.pid &
}

# The connection is standard input and output, as with StandardInput=socket.
start_systemd-inetd() {
	socket_activate --inetd
}

# The connection is descriptor 3, as by sd_listen_fds(3).
start_systemd-fds() {
	socket_activate
}

# --- connections, inside -----------------------------------------------------

# dial [ADDRESS]: connects, for say, hear and ask, once there is a server.
dial() {
	local tries=500

	until exec {to}<>"/dev/tcp/${1-127.0.0.1}/110"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || fail 'nobody listens'
		sleep 0.02
	done 2>/dev/null
	from=$to
	hear
	assert_equal "$heard" '+OK dewey POP3 server ready'
}

# log_in NAME: $heard is the answer to the password "secret".
log_in() {
	ask "USER $1" "+OK $1"
	say 'PASS secret'
	hear
}

dial_in() {
	dial "$@"
	log_in mrose
	[[ $heard == '+OK '* ]] || fail "no login: $heard"
}

# The server closes, and says nothing more.
assert_closed() {
	local more

	more=$(timeout 60 cat <&"$from")
	assert_equal "$more" ''
	exec {to}>&-
}

# hear_message FILE: until the final dot, without dot-stuffing and CR.
hear_message() {
	: >"$1"
	hear
	while [ "$heard" != . ]; do
		printf '%s\n' "${heard#.}" >>"$1"
		hear
	done
}

# Sets $handler to the process id of the one handler that runs, by itself or
# under valgrind.
find_handler() {
	local exe

	handler=
	for exe in /proc/[0-9]*/exe; do
		case $(readlink "$exe") in
		*/pop3-handler | */memcheck-*) ;;
		*) continue ;;
		esac
		[ -z "$handler" ] || fail 'more than one handler runs'
		handler=${exe//[!0-9]/}
	done
	[ -n "$handler" ] || fail 'no handler runs'
}

# The processes that have the one connection to port 110.
of_session() {
	local inode

	inode=$(awk '$4 == "01" && $2 ~ /:006E$/ { print $10 }' \
		/proc/net/tcp /proc/net/tcp6)
	find /proc/[0-9]*/fd -lname "socket:\\[$inode\\]" 2>/dev/null |
		cut -d/ -f3 | sort -u
}

has_one_session() {
	[ "$(of_session | wc -l)" -eq 1 ]
}

# The same for the process that serves the one connection there is; a listener
# and its other children run beside it.
find_session() {
	await has_one_session
	handler=$(of_session)
}

# assert_process FIELD VALUE: as in /proc/PID/status.
assert_process() {
	local value

	value=$(sed -n "s/^$1:[[:space:]]*//p" "/proc/$handler/status" |
		tr -s '\t ' ' ' | sed 's/ $//')
	[ "$value" = "$2" ] || fail "$1 of the process is '$value', not '$2'"
}

assert_noted() {
	await grep -qE "$1" "$log"
}

# --- a server on a free port, for real clients -------------------------------

# serve [OPTION...]: the handler with $options and more, at $port.
serve() {
	local run

	words "$@"
	rm -f "$work/port"
	"$tools/serve" "$work/port" "${run[@]}" 2>"$log" 3>&- &
	pids+=($!)
	disown
	await test -s "$work/port"
	port=$(<"$work/port")
}

# listen [OPTION...]: the handler as a listener, with $options and more, at
# $port. The sockets are what serve-wait makes of $names; ports[N] are theirs.
# The suite's teardown calls stop_listening.
listen() {
	local run

	words "$@"
	rm -rf "$work/listener"
	mkdir -m 755 "$work/listener"
	"$tools/serve-wait" "$work/listener" "${names[@]}" -- "${run[@]}" \
		>"$work/stdout" 2>"$log" 3>&- &
	server=$!
	disown
	await test -s "$work/listener/pid"
	mapfile -t ports <"$work/listener/ports"
	port=${ports[0]-}
	find_listener
}

# Sets $listener to its process id.
find_listener() {
	listener=$(<"$work/listener/pid")
}

stop_listening() {
	[ -z "${server-}" ] || kill -9 "$server" 2>/dev/null || :
	[ ! -s "${work-}/listener/pid" ] ||
		kill -9 "$(<"$work/listener/pid")" 2>/dev/null || :
}

# A client, with a home of its own; root runs it as somebody who has a name.
client() {
	local as_client=()

	command -v "$1" >/dev/null || skip "needs $1"
	if is_root; then
		chmod 711 "$work"
		[ ! -e "$work/home" ] || chown -R nobody "$work/home"
		as_client=(setpriv --reuid nobody --regid nogroup --clear-groups)
	fi
	"${as_client[@]}" env -i PATH="$PATH" HOME="$work/home" LC_ALL=C \
		timeout 120 "$@" >"$work/client" 2>&1 </dev/null ||
		fail "$1 failed: $? $(<"$work/client")"
}

# Makes a file for a client of what it reads.
configure() {
	cat >"$work/home/$1"
	chmod 600 "$work/home/$1"
	own "$work/home/$1"
}
