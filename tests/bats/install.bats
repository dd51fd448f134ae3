# make install and make uninstall, and what they put where.
load ../lib/common
load ../lib/network

root=$BATS_TEST_DIRNAME/../..

# What a make above us was told is not for this one.
make_in_root() {
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$root" "$@"
}

install_to() {
	tree=$1
	shift
	make_in_root install DESTDIR="$tree" "$@"
}

installed_files() {
	(cd "$tree" && find . ! -type d | cut -c2- | sort)
}

# Copies of the installed units that name the program where it is now, as
# systemd-analyze looks for it.
units_to_verify() {
	mkdir "$work/units"
	cp "$tree"/usr/local/lib/systemd/system/pop3* "$work/units"
	sed -i "s#^ExecStart=#&$tree#" "$work"/units/*.service
}

need() {
	command -v "$1" >/dev/null || skip "needs $1"
}

@test "everything is installed at its usual place, below DESTDIR" {
	install_to "$work/tree"
	installed_files >"$work/files"
	diff - "$work/files" <<-'END'
		/etc/pam.d/pop3-handler
		/usr/local/lib/systemd/system/pop3-again.timer
		/usr/local/lib/systemd/system/pop3-auth-again.timer
		/usr/local/lib/systemd/system/pop3-auth.service
		/usr/local/lib/systemd/system/pop3-auth.socket
		/usr/local/lib/systemd/system/pop3-opening.target
		/usr/local/lib/systemd/system/pop3-recover.service
		/usr/local/lib/systemd/system/pop3-recover@.service
		/usr/local/lib/systemd/system/pop3.service
		/usr/local/lib/systemd/system/pop3.socket
		/usr/local/lib/systemd/system/pop3@.service
		/usr/local/lib/systemd/system/pop3s-again.timer
		/usr/local/lib/systemd/system/pop3s.service
		/usr/local/lib/systemd/system/pop3s.socket
		/usr/local/lib/systemd/system/pop3s@.service
		/usr/local/lib/sysusers.d/pop3-handler.conf
		/usr/local/lib/tmpfiles.d/pop3-handler.conf
		/usr/local/sbin/pop3-auth
		/usr/local/sbin/pop3-handler
		/usr/local/share/doc/pop3-handler/CHANGELOG.md
		/usr/local/share/doc/pop3-handler/DESIGN.md
		/usr/local/share/doc/pop3-handler/HACKING.md
		/usr/local/share/doc/pop3-handler/PROTOCOL.md
		/usr/local/share/doc/pop3-handler/README.md
		/usr/local/share/doc/pop3-handler/SECURITY.md
		/usr/local/share/doc/pop3-handler/accept.conf
		/usr/local/share/doc/pop3-handler/doc/life.svg
		/usr/local/share/doc/pop3-handler/doc/operations.md
		/usr/local/share/doc/pop3-handler/doc/performance.md
		/usr/local/share/doc/pop3-handler/doc/several-hosts.md
		/usr/local/share/doc/pop3-handler/doc/testing.md
		/usr/local/share/doc/pop3-handler/doc/update.svg
		/usr/local/share/doc/pop3-handler/examples/nginx-auth-http
		/usr/local/share/doc/pop3-handler/examples/nginx.conf
		/usr/local/share/doc/pop3-handler/examples/prometheus-textfile
		/usr/local/share/doc/pop3-handler/fail2ban/filter.d/pop3-handler.conf
		/usr/local/share/doc/pop3-handler/fail2ban/jail.d/pop3-handler.conf
		/usr/local/share/doc/pop3-handler/inetd.conf
		/usr/local/share/doc/pop3-handler/no-shadow-group.conf
		/usr/local/share/doc/pop3-handler/options
		/usr/local/share/doc/pop3-handler/pam.conf
		/usr/local/share/doc/pop3-handler/pop3-handler.xinetd
		/usr/local/share/man/man8/pop3-auth.8
		/usr/local/share/man/man8/pop3-handler.8
	END
}

@test "prefix is honoured, in places and in texts" {
	install_to "$work/tree" prefix=/opt/mail
	[ -x "$tree/opt/mail/sbin/pop3-handler" ]
	[ -f "$tree/opt/mail/share/man/man8/pop3-handler.8" ]
	[ ! -e "$tree/usr/local" ]
	grep -qx 'ExecStart=/opt/mail/sbin/pop3-handler \$OPTIONS' \
		"$tree/opt/mail/lib/systemd/system/pop3@.service"
	grep -q "/opt/mail/sbin/pop3-handler	pop3-handler\$" \
		"$tree/opt/mail/share/doc/pop3-handler/inetd.conf"
	grep -q '= /opt/mail/sbin/pop3-handler$' \
		"$tree/opt/mail/share/doc/pop3-handler/pop3-handler.xinetd"
	refute grep -rIE --exclude='*.md' '/usr/local/s?(bin|hare)' "$tree"
}

@test "every directory can be chosen" {
	install_to "$work/tree" sbindir=/a mandir=/b docdir=/c unitdir=/d \
		sysusersdir=/e tmpfilesdir=/f statedir=/g sysconfdir=/h
	installed_files >"$work/files"
	diff - "$work/files" <<-'END'
		/a/pop3-auth
		/a/pop3-handler
		/b/man8/pop3-auth.8
		/b/man8/pop3-handler.8
		/c/CHANGELOG.md
		/c/DESIGN.md
		/c/HACKING.md
		/c/PROTOCOL.md
		/c/README.md
		/c/SECURITY.md
		/c/accept.conf
		/c/doc/life.svg
		/c/doc/operations.md
		/c/doc/performance.md
		/c/doc/several-hosts.md
		/c/doc/testing.md
		/c/doc/update.svg
		/c/examples/nginx-auth-http
		/c/examples/nginx.conf
		/c/examples/prometheus-textfile
		/c/fail2ban/filter.d/pop3-handler.conf
		/c/fail2ban/jail.d/pop3-handler.conf
		/c/inetd.conf
		/c/no-shadow-group.conf
		/c/options
		/c/pam.conf
		/c/pop3-handler.xinetd
		/d/pop3-again.timer
		/d/pop3-auth-again.timer
		/d/pop3-auth.service
		/d/pop3-auth.socket
		/d/pop3-opening.target
		/d/pop3-recover.service
		/d/pop3-recover@.service
		/d/pop3.service
		/d/pop3.socket
		/d/pop3@.service
		/d/pop3s-again.timer
		/d/pop3s.service
		/d/pop3s.socket
		/d/pop3s@.service
		/e/pop3-handler.conf
		/f/pop3-handler.conf
		/h/pam.d/pop3-handler
	END
	grep -qx 'ExecStart=/a/pop3-handler \$OPTIONS' "$tree/d/pop3@.service"
	grep -qx 'ExecStart=/a/pop3-handler \$OPTIONS --tls=implicit' \
		"$tree/d/pop3s@.service"
	grep -qx 'LoadCredential=tls-key:/h/pop3-handler/tls-key.pem' \
		"$tree/d/pop3@.service"
	[ -d "$tree/h/pop3-handler" ]
	grep -q '^d /g 0700 pop3-handler pop3-handler' \
		"$tree/f/pop3-handler.conf"
}

@test "no placeholder is left in an installed file" {
	install_to "$work/tree"
	refute grep -rIE '@[a-z]+@' "$tree"
}

@test "others can read all of it, change none of it, and nothing is setuid" {
	umask 077
	install_to "$work/tree"
	[ -z "$(find "$tree" ! -type l \( -perm /6022 -o ! -perm -444 \))" ]
	[ "$(find "$tree" -type f -perm /111 -printf '%f\n' | sort | xargs)" = \
		'pop3-auth pop3-handler' ]
}

@test "the installed program runs" {
	install_to "$work/tree"
	"$tree/usr/local/sbin/pop3-handler" --version |
		grep -qE '^pop3-handler [0-9.]+$'
}

@test "the file of PAM is the administrator's once it is there" {
	local file=etc/pam.d/pop3-handler

	install_to "$work/tree"
	echo '# mine' >>"$tree/$file"
	install_to "$work/tree"
	[ "$(tail -n 1 "$tree/$file")" = '# mine' ]
	make_in_root uninstall DESTDIR="$tree"
	[ -e "$tree/$file" ]
}

@test "make install can be repeated" {
	install_to "$work/tree"
	installed_files >"$work/files"
	install_to "$work/tree"
	installed_files | diff "$work/files" -
}

@test "make uninstall leaves nothing" {
	install_to "$work/tree"
	make_in_root uninstall DESTDIR="$tree"
	assert_equal "$(installed_files)" ''
	[ ! -e "$tree/usr/local/share/doc/pop3-handler" ]
	[ ! -e "$tree/etc/pop3-handler" ]
}

@test "make uninstall leaves what is not ours" {
	install_to "$work/tree"
	touch "$tree/usr/local/sbin/other" \
		"$tree/usr/local/share/doc/pop3-handler/mine"
	make_in_root uninstall DESTDIR="$tree"
	assert_equal "$(installed_files)" "/usr/local/sbin/other
/usr/local/share/doc/pop3-handler/mine"
}

@test "make uninstall of nothing is no error" {
	make_in_root uninstall DESTDIR="$work/nothing"
}

# All of /usr/local and of the units is private, too.
install_as_root() {
	local directory

	for directory in /usr/local /lib/systemd/system /usr/lib/sysusers.d \
		/usr/lib/tmpfiles.d /run/systemd; do
		[ ! -d "$directory" ] ||
			mount -t tmpfs -o mode=755 private "$directory"
	done
	sed -i '/^pop3-handler:/d; s/pop3-handler//' \
		/etc/passwd /etc/shadow /etc/group
	rm -rf /var/lib/pop3-handler
	make -s -C "$1" install
	make -s -C "$1" install
	assert_equal "$(id -nG pop3-handler | tr ' ' '\n' | sort | xargs)" \
		'mail pop3-handler shadow'
	[ "$(id -u pop3-handler)" -lt 1000 ]
	[[ $(getent shadow pop3-handler) == pop3-handler:[\!*]* ]]
	assert_equal "$(stat -c '%U %G %a' /var/lib/pop3-handler)" \
		'pop3-handler pop3-handler 700'
	make -s -C "$1" uninstall
	[ ! -e /usr/local/sbin/pop3-handler ]
	[ ! -e /etc/pam.d/pop3-handler ]
}

@test "make install by root makes the service user and its state directory" {
	root_only
	unset MAKEFLAGS MAKELEVEL MFLAGS
	in_private_system install_as_root "$(readlink -f "$root")"
}

# --- the installed files -----------------------------------------------------

@test "systemd finds no fault with the units" {
	need systemd-analyze
	install_to "$work/tree"
	units_to_verify
	systemd-analyze verify --man=no --recursive-errors=yes \
		"$work"/units/pop3* >"$work/verified" 2>&1 ||
		fail "$(<"$work/verified")"
	[ ! -s "$work/verified" ]
}

# systemd would leave some of them out, or all sockets.
@test "nothing waits for itself when the units are started at boot" {
	need systemd-analyze
	install_to "$work/tree"
	units_to_verify
	cat >"$work/units/boot.target" <<-'END'
		[Unit]
		Requires=basic.target pop3.socket pop3s.socket
		Requires=pop3-recover.service
		After=basic.target
	END
	systemd-analyze verify --man=no "$work/units/boot.target" \
		>"$work/verified" 2>&1 || :
	refute grep -i 'cycle' "$work/verified"
}

# exposed_at_most TENTHS UNIT
exposed_at_most() {
	systemd-analyze security --offline=true --threshold="$1" --no-pager \
		"$work/units/$2" >"$work/exposure" || fail "$(<"$work/exposure")"
}

# What is left is the point of them: two capabilities, groups, other users.
@test "systemd counts the services as little exposed" {
	need systemd-analyze
	install_to "$work/tree"
	units_to_verify
	exposed_at_most 10 pop3.service
	exposed_at_most 10 pop3@.service
	exposed_at_most 10 pop3s@.service
	exposed_at_most 10 pop3-recover.service
	exposed_at_most 10 pop3-recover@.service
}

# What is left: it is root, and some of its capabilities.
@test "systemd counts the helper as little exposed" {
	need systemd-analyze
	install_to "$work/tree"
	units_to_verify
	exposed_at_most 25 pop3-auth.service
}

@test "the limit of an address lets an office in, and does not give it a tenth of the places" {
	install_to "$work/tree"
	local most

	for most in $(sed -n 's/^MaxConnectionsPerSource=//p' \
		"$tree/usr/local/share/doc/pop3-handler/accept.conf") \
		$("$POP3_HANDLER" --help | sed -n 's/.*from one address (\(.*\))/\1/p')
	do
		[ "$most" -ge 16 ] && [ "$most" -le 51 ]
	done
	[ -n "$most" ]
}

@test "sysusers.d makes the service user, a member of shadow and mail" {
	root_only
	need systemd-sysusers
	install_to "$work/tree"
	mkdir -p "$work/system/etc"
	systemd-sysusers --root="$work/system" - \
		<"$tree/usr/local/lib/sysusers.d/pop3-handler.conf" >&2
	grep -q '^pop3-handler:' "$work/system/etc/passwd"
	grep -qE '^shadow:[^:]*:[0-9]+:pop3-handler$' "$work/system/etc/group"
	grep -qE '^mail:[^:]*:[0-9]+:pop3-handler$' "$work/system/etc/group"
}

@test "the man pages are free of faults" {
	need mandoc
	install_to "$work/tree"
	# whether the pages it refers to are here depends on the machine
	mandoc -Tlint "$tree"/usr/local/share/man/man8/*.8 2>&1 |
		grep -v -e 'referenced manual not found' \
			-e 'outdated mandoc.db' >"$work/faults" || :
	[ ! -s "$work/faults" ] || fail "$(<"$work/faults")"
}

@test "the man pages tell of every option" {
	need mandoc
	install_to "$work/tree"
	local program option

	for program in pop3-handler pop3-auth; do
		mandoc -Tascii "$tree/usr/local/share/man/man8/$program.8" |
			sed 's/.\x08//g' >"$work/page"
		for option in $("$tree/usr/local/sbin/$program" --help |
			grep -oE '^ *--[a-z-]+' | tr -d ' '); do
			grep -qE -- "$option([^a-z-]|\$)" "$work/page" ||
				fail "$program.8 does not tell of $option"
		done
	done
}
