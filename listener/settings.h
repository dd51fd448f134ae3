/* The limits of a listener. */
#ifndef LISTENER_SETTINGS_H
#define LISTENER_SETTINGS_H

/* The most that any of the counts, and of the times, can be set to. */
#define LISTENER_CONNECTIONS_MAX 10000
#define LISTENER_SECONDS_MAX 86400

struct listener_settings {
	unsigned connections_max;	/* in all */
	unsigned per_source_max;	/* from one IPv4 address or IPv6 /64 */
	unsigned preauth_max;		/* that have not logged in */
	unsigned idle_seconds;
	unsigned age_seconds;
};

#define LISTENER_SETTINGS_DEFAULT { \
	.connections_max = 512, .per_source_max = 20, .preauth_max = 200, \
	.idle_seconds = 300, .age_seconds = 3600, \
}

#endif
