# What the suites share: accounts, mailboxes, sessions and what to expect of
# them. Each test has a directory of its own, $work:
#
#	accounts	passwd(5) lines; mrose with the password "secret"
#	mail/NAME	mailboxes; $mailbox is mrose's
#	state/		made by the handler
#	replies, log	what it said to the client and on standard error
#
# Root runs the handler as uid 59999, who then owns all this; anybody else as
# themselves.

export LC_ALL=C PYTHONDONTWRITEBYTECODE=1
tests=$BATS_TEST_DIRNAME/..
tools=$tests/tools
clients=$tests/clients
hostile=$tests/hostile
walks=$tests/walks
reference=$tests/reference
corpus=$tests/corpus
export PYTHONPATH=$tests/lib
: "${POP3_HANDLER:=$BATS_TEST_DIRNAME/../../pop3-handler}"

secret_md5='$1$saltsalt$9xy1btjgzLYfb7hivXtC//'
secret_sha256='$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA'
secret_sha512='$6$saltsaltsaltsalt$ph0yGsyjzqdeFaon7.gJZo8eAG5/rj9/JdzOu1Rl7dKzBYg3xgvl7T2VQ2Rt81bc5AXkdA54r0p8QvC1omD6R1'
secret_bcrypt='$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a'
secret_yescrypt='$y$j9T$saltsaltsalt$AnbE4uovRUrp5W/7h65lVXbBxJijULPRqRjd39xI5w9'

setup() {
	options=()
	pids=()
	as_reader=()
	reader=$(id -u)
	if is_root; then
		reader=59999
		as_reader=(setpriv --reuid 59999 --regid 59999 --clear-groups)
		chmod 711 "$BATS_TEST_TMPDIR" "${BATS_TEST_TMPDIR%/*}" \
			"${BATS_TEST_TMPDIR%/*/*}"
	elif [ "$reader" -lt 1000 ]; then
		options=(--min-uid="$reader")
	fi
	new_work
}

# A directory, for the whole test or for what runs beside it in a subshell.
new_work() {
	work=$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX")
	accounts=$work/accounts
	mailbox=$work/mail/mrose
	replies=$work/replies
	log=$work/log
	mkdir "$work/mail"
	account mrose
	own "$work" "$work/mail"
}

teardown() {
	[ "${#pids[@]}" -eq 0 ] || kill -9 "${pids[@]}" 2>/dev/null || :
}

is_root() {
	[ "$(id -u)" -eq 0 ]
}

root_only() {
	is_root || skip 'needs root'
}

# Sanitizers and valgrind run a handler that is not the product: its sandbox is
# open, and the compiler was asked for other things.
product_only() {
	[ -z "${OPEN_SANDBOX-}" ] || skip 'not the product'
}

# build_preload NAME [DIRECTORY]: tests/preload/NAME.c as DIRECTORY/NAME.so
# ($work).
build_preload() {
	local object=${2-$work}/$1.so

	"${CC:-cc}" -O2 -shared -fPIC -o "$object" "$tests/preload/$1.c" -ldl
	chmod 755 "$object"
}

# Gives files to whom the handler runs as.
own() {
	! is_root || chown 59999:59999 "$@"
}

fail() {
	echo "$*" >&2
	[ ! -s "$log" ] || sed 's/^/log: /' "$log" >&2
	return 1
}

# refute COMMAND: must fail. (A mere "!" goes unnoticed inside a test.)
refute() {
	if "$@"; then
		fail "should have failed: $*"
	fi
}

# --- accounts ----------------------------------------------------------------

# account NAME [HASH [UID]]: one more line.
account() {
	printf '%s:%s:%s:%s::%s:/bin/sh\n' "$1" "${2-$secret_md5}" \
		"${3-$reader}" "$reader" "$work/home" >>"$accounts"
	own "$accounts"
}

# --- mailboxes ---------------------------------------------------------------

from_line='From alice@example.org Mon Jan  1 00:00:00 2024'

# message OCTETS [SUBJECT]: a message that has so many on the wire.
message() {
	local subject=${2-x} rest

	rest=$(($1 - 9 - ${#subject} - 2 - 2))
	[ "$rest" -ge 2 ] || fail "no message has $1 octets"
	printf 'Subject: %s\n\n%*s\n' "$subject" $((rest - 2)) '' | tr ' ' x |
		sed '1s/:x/: /'
}

# deliver [MAILBOX]: appends what it reads as a message.
deliver() {
	{ echo "$from_line"; cat; echo; } >>"${1-$mailbox}"
	own "${1-$mailbox}"
}

# mailbox_of OCTETS...: appends messages with the subjects 1, 2, ...
mailbox_of() {
	local octets n=0

	for octets; do
		n=$((n + 1))
		message "$octets" "$n" | deliver
	done
}

# mailbox_is: the whole mailbox is what it reads.
mailbox_is() {
	cat >"$mailbox"
	own "$mailbox"
}

remember_mailbox() {
	cp -p "$mailbox" "$work/remembered"
}

assert_mailbox_untouched() {
	cmp "$work/remembered" "$mailbox" >&2 || fail 'the mailbox changed'
}

# --- sessions ----------------------------------------------------------------

# Sets $run to the words that run the handler with $options and more.
words() {
	run=("${as_reader[@]}" "$POP3_HANDLER" --accounts="$accounts"
		--maildrop="$work/mail/%u" --state="$work/state"
		--hostname=dewey --log=stderr "${options[@]}" "$@")
}

# converse [OPTION...]: the handler's input is ours; $replies has its output,
# $ended its exit status. Not for the end of a pipeline, which is a subshell:
# use < <(printf ...). The limit is against hanging only.
converse() {
	local run

	words "$@"
	ended=0
	cat | timeout -k 1 120 "${run[@]}" >"$replies" 2>"$log" ||
		ended=$?
	case $ended in
	0|100|111|112) ;;
	*) fail "the handler hung or crashed: $ended" ;;
	esac
}

# session COMMAND...: sends the commands at once. reply[0] is the greeting,
# reply[n] what the n-th command was answered, body[n] the lines that followed,
# as they were before dot-stuffing.
session() {
	converse < <(printf '%s\r\n' "$@")
	sort_replies "$@"
}

# transaction COMMAND...: the same, logged in as mrose. reply[0] is PASS's.
transaction() {
	session 'USER mrose' 'PASS secret' "$@"
	reply=("${reply[@]:2}")
	body=('' "${body[@]:3}")
	[[ ${reply[0]} == '+OK '* ]] || fail "no login: ${reply[0]}"
}

# in_parallel FUNCTION ARG...: for each ARG at the same time, for what takes
# its time by design.
in_parallel() {
	local function=$1 argument waiting=() one

	shift
	for argument; do
		("$function" "$argument") 3>&- &
		waiting+=($!)
	done
	for one in "${waiting[@]}"; do
		wait "$one"
	done
}

# assert_no_login NAME...: with the password "secret". Each refusal is held
# back a second.
assert_no_login() {
	in_parallel no_login "$@"
	session 'USER mrose' 'PASS secret'
	assert_accepted 2
}

no_login() {
	replies=$replies.$BASHPID
	log=$log.$BASHPID
	session "USER $1" 'PASS secret'
	assert_reply 1 "+OK $1"
	assert_reply 2 '-ERR [AUTH] user name or password is wrong'
}

is_multiline() {
	[[ ${1^^} =~ ^((RETR|TOP)\ .*|LIST|UIDL|CAPA|AUTH)$ ]]
}

sort_replies() {
	local commands=('' "$@") line n=0 in_body=
	local -a received

	reply=() body=()
	[ -z "$(tail -c 1 "$replies")" ] || fail 'the last line has no end'
	mapfile -t received <"$replies"
	for line in "${received[@]}"; do
		[[ $line == *$'\r' ]] || fail "a line without CR: $line"
		line=${line%$'\r'}
		if [ -n "$in_body" ] && [ "$line" = . ]; then
			in_body=
			n=$((n + 1))
		elif [ -n "$in_body" ]; then
			body[n]+=${line#.}$'\n'
		else
			[ "$n" -lt "${#commands[@]}" ] ||
				fail "a reply that nothing asked for: $line"
			[[ $line == '+OK' || $line == '+OK '* ||
				$line == '-ERR '* ]] || fail "no reply: $line"
			[[ $line != *$'\r'* ]] || fail 'a bare CR in a reply'
			[ ${#line} -le 510 ] || fail 'a reply over 512 octets'
			reply[n]=$line body[n]=
			if [[ $line == +OK* ]] &&
				is_multiline "${commands[n]}"; then
				in_body=yes
			else
				n=$((n + 1))
			fi
		fi
	done
	[ -z "$in_body" ] || fail "reply $n was broken off"
}

show_replies() {
	local n

	for n in "${!reply[@]}"; do
		echo "reply $n: ${reply[n]}" >&2
	done
}

# assert_reply N TEXT
assert_reply() {
	[ "${reply[$1]-none}" = "$2" ] && return
	show_replies
	fail "reply $1 is not '$2'"
}

# assert_each PREFIX N...: replies that begin so.
assert_each() {
	local prefix=$1 n

	shift
	for n; do
		[[ ${reply[n]-none} == "$prefix"* ]] && continue
		show_replies
		fail "reply $n is no $prefix"
	done
}

# assert_refused N...: each is some -ERR.
assert_refused() {
	assert_each '-ERR ' "$@"
}

# assert_accepted N...: each is some +OK.
assert_accepted() {
	assert_each +OK "$@"
}

# assert_count N: so many replies came, the greeting (or PASS's) not counted.
assert_count() {
	[ "${#reply[@]}" -eq $(($1 + 1)) ] && return
	show_replies
	fail "there are $((${#reply[@]} - 1)) replies, not $1"
}

# assert_body N LINE...: without LINE, no line at all.
assert_body() {
	local n=$1 expected=.

	shift
	[ $# -eq 0 ] || expected=$(printf '%s\n' "$@"; echo .)
	[ "${body[n]}." = "$expected" ] && return
	printf '%s' "${body[n]}" >&2
	fail "the lines after reply $n are others"
}

# assert_ended STATUS
assert_ended() {
	[ "$ended" -eq "$1" ] || fail "exit status $ended, not $1"
}

# assert_logged PATTERN: a whole line, as an extended regular expression.
assert_logged() {
	grep -qxE "pop3-handler: $1" "$log" || fail "not logged: $1"
}

assert_equal() {
	[ "$1" = "$2" ] || fail "'$1' is not '$2'"
}

# fetch [OPTION...]: retrieves all into $work/fetched/N, checking every count
# that the server tells; $work/fetched/uidl has the unique ids.
fetch() {
	local run

	words "$@"
	rm -rf "$work/fetched"
	python3 "$clients/fetch.py" "$work/fetched" "${run[@]}" \
		2>"$log" || fail 'fetch.py has found a fault'
}

# assert_fetched N: message N is what we read, with CRLF for LF.
assert_fetched() {
	sed 's/$/\r/' | cmp - "$work/fetched/$1" >&2 ||
		fail "message $1 is another"
}

assert_fetched_count() {
	local count

	count=$(find "$work/fetched" -name '[0-9]*' | wc -l)
	[ "$count" -eq "$1" ] || fail "$count messages, not $1"
}

# --- a session that waits for us ---------------------------------------------

# open_session [OPTION...]: starts one, of process $pid. Then say and hear.
open_session() {
	local run

	words "$@"
	rm -f "$work/to" "$work/from"
	mkfifo "$work/to" "$work/from"
	"${run[@]}" <"$work/to" >"$work/from" 2>"$log" 3>&- &
	pid=$!
	pids+=("$pid")
	exec {to}>"$work/to" {from}<"$work/from"
	hear
}

# open_transaction [OPTION...]: the same, logged in as mrose.
open_transaction() {
	open_session "$@"
	say 'USER mrose'
	hear
	say 'PASS secret'
	hear
	[[ $heard == '+OK '* ]] || fail "no login: $heard"
}

say() {
	printf '%s\r\n' "$1" >&"$to"
}

# Sets $heard to the next line, without CRLF.
hear() {
	heard=
	IFS= read -r -t 60 -u "$from" heard || fail 'heard nothing'
	[[ $heard == *$'\r' ]] || fail "a line without CR: $heard"
	heard=${heard%$'\r'}
}

# ask COMMAND TEXT: says it and hears that.
ask() {
	say "$1"
	hear
	assert_equal "$heard" "$2"
}

# Ends our side; $rest is what it still said, $ended its exit status.
hang_up() {
	exec {to}>&-
	finish_session
}

finish_session() {
	rest=$(timeout 60 cat <&"$from")
	exec {from}<&-
	ended=0
	wait "$pid" || ended=$?
}

# Waits until a command succeeds, by trying.
await() {
	local tries=600

	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || fail "waited in vain for: $*"
		sleep 0.1
	done
}
