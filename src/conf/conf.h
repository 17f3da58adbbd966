/* The rules, as everything else reads them: immutable once loaded.
 *
 * One struct rule is one route section of the rule file; fingerpost.ini(5)
 * says what each key means.  All memory is the conf's own arena. */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <regex.h>

#include "base/log.h"
#include "http/field.h"

struct arena;
struct findings;

struct slice_list {
	const struct slice *at;
	size_t n;
};

/* Where a rule's requests go: origin = scheme://host[:port][/base]. */
struct origin {
	struct slice url;       /* as written, without a trailing slash */
	struct slice scheme;    /* "http" or "https", lower case */
	struct slice host;      /* IPv6 in brackets */
	uint16_t port;          /* the scheme's default where none is written */
	struct slice authority; /* host, and the port where it is written */
	struct slice root;      /* scheme://authority, NUL-terminated */
	struct slice base;      /* path before the stripped one: "" or "/x" */
	struct slice unix_path; /* of the socket that is connected to,
				 * NUL-terminated, and host is "localhost";
				 * "": host and port are */
};

/* One server of a pool. */
struct server {
	struct slice
	    name; /* of server.NAME, lower case; in a list "1", "2".. */
	struct origin origin;
	int64_t weight;
	int64_t max; /* requests at a time; 0: as many as come */
	bool backup; /* only where no other is usable */
	bool drain;  /* nothing but what its cookie sends there */
	unsigned line;
};

/* What origin or the lines of a pool list, while a section is read. */
struct servers {
	struct server *at;
	size_t n;
	struct slice pool; /* NAME of origin = pool:NAME, or "" */
};

enum balance {
	BALANCE_ROUND_ROBIN,
	BALANCE_LEAST_CONNECTIONS,
	BALANCE_IP_HASH,
	BALANCE_URI_HASH,
	BALANCE_RANDOM, /* of two, the one with less to do */
};

/* Statuses from low to high, both among them. */
struct status_range {
	int low;
	int high;
};

struct status_ranges {
	const struct status_range *at;
	size_t n;
};

/* How a server of a pool is chosen, and when it is out. */
struct balancing {
	enum balance balance;
	bool sticky;              /* by a cookie */
	int64_t sticky_ttl_ms;    /* 0: the browser's session */
	struct slice health_path; /* with a query maybe; "": not asked */
	int64_t health_interval_ms;
	int64_t health_timeout_ms;
	struct status_ranges health_status;
	int64_t fail_after; /* failures within the window; 0: never out */
	int64_t fail_window_ms;
	int64_t recover_after_ms; /* at first; the pool's max is 5 minutes */
	int64_t slow_start_ms;
	int64_t queue_timeout_ms; /* where every server is at its max */
	int64_t queue_length;
	int64_t breaker_errors_percent; /* 0: none */
	int64_t breaker_latency_ms;     /* of half of the requests; 0: none */
};

/* The servers that answer for a route, or for several. */
struct pool {
	struct slice name; /* the section's: "pool app", or the route's for
			    * what its origin lists */
	struct slice file;
	unsigned line;
	const struct server *servers; /* as they are written */
	size_t server_n;              /* at least 1 */
	struct balancing balancing;

	/* pool_find()'s: positions in servers plus 1, 0 where none is */
	const unsigned char *slots;
	size_t slot_n; /* a power of 2, or 0 for a single server */
};

/* The failures after which another server may be asked. */
enum {
	RETRY_ON_CONNECT_FAILURE = 1, /* no connection: nothing was sent */
	RETRY_ON_RESET = 2,   /* broken off before the response's head */
	RETRY_ON_TIMEOUT = 4, /* connecting, or the first byte */
};

struct retry_on {
	unsigned failures;
	struct status_ranges statuses;
};

/* match = KIND:NAME=VALUE, one of the conditions of a rule. */
struct condition {
	enum {
		CONDITION_METHOD,
		CONDITION_HEADER,
		CONDITION_COOKIE,
		CONDITION_QUERY,
	} kind;
	struct slice name;    /* METHOD: the method */
	bool names;           /* the name ended in *: more may follow */
	struct slice value;   /* as it is compared: decoded, without its * */
	bool any;             /* being there is enough */
	bool prefix;          /* the value ended in *: more may follow */
	struct slice written; /* for those who ask why */
};

struct conditions {
	const struct condition *at;
	size_t n;
};

/* What a value says of the request at hand. */
enum variable {
	VARIABLE_NONE, /* literal text */
	VARIABLE_CLIENT_ADDRESS,
	VARIABLE_CLIENT_PORT,
	VARIABLE_SCHEME,
	VARIABLE_HOST, /* lower case, without its port */
	VARIABLE_PREFIX,
	VARIABLE_PATH,  /* behind the prefix, as the client wrote it */
	VARIABLE_QUERY, /* with its '?' */
	VARIABLE_REQUEST_ID,
	VARIABLE_METHOD,
	VARIABLE_USER,
	VARIABLE_CAPTURE, /* $0 to $9, of map_path */
	VARIABLE_N,
};

struct piece {
	enum variable variable;
	unsigned capture; /* CAPTURE: 0..9 */
	struct slice text;
};

/* A value with variables in it, taken to pieces. */
struct stencil {
	const struct piece *at;
	size_t n;
};

/* map_path = PATTERN REPLACEMENT. */
struct path_map {
	const char *pattern;  /* POSIX extended; NULL: no mapping */
	size_t groups;        /* its parentheses */
	struct slice written; /* the replacement */
	struct stencil path;  /* captures and text alone */
	struct stencil query; /* what follows its '?' */
	regex_t *compiled;    /* freed by conf_free() */
};

/* redirect = STATUS TARGET. */
struct redirection {
	int status; /* 0: none */
	struct stencil target;
};

/* split = 10%: the share of what would be its that a rule takes. */
struct split {
	bool on;        /* else the rule takes all */
	unsigned share; /* of SPLIT_WHOLE */
};

#define SPLIT_WHOLE 10000 /* a share in hundredths of a percent */

/* Whence the keys to a bucket come. */
enum credentials_source {
	CREDENTIALS_AUTO, /* the first that has any: [credentials], environment,
			   * file, container, instance */
	CREDENTIALS_NONE, /* unsigned: a public bucket */
	CREDENTIALS_WRITTEN, /* in the rules */
	CREDENTIALS_ENVIRONMENT,
	CREDENTIALS_FILE,
	CREDENTIALS_CONTAINER,
	CREDENTIALS_INSTANCE,
};

/* One item of cache_ttl: how long what says nothing itself is fresh. */
struct cache_ttl {
	struct status_range statuses;
	int64_t ttl_ms;
};

/* cache_key: what tells the answers to one path apart.  The path always
 * does. */
struct cache_parts {
	bool scheme;
	bool host;
	bool query;                /* all of it, as it was sent */
	struct slice_list queries; /* else these parameters alone */
	struct slice_list headers; /* request fields */
	struct slice_list cookies;
};

/* What a route wants of the cache. */
struct caching {
	bool on;
	const struct cache_ttl *ttls; /* the first that has the status counts */
	size_t ttl_n;
	bool ttl_overrides; /* also for what says how long itself */
	int64_t stale_if_error_ms;
	int64_t stale_while_revalidate_ms;
	bool heed_reload; /* clients may ask for fresher than fresh */
	bool surrogate;   /* Surrogate-Control counts, and stays here */
	struct cache_parts key;
	struct conditions bypass; /* any of them: goes by the cache */
};

/* An address, or all whose first bits are the same. */
struct network {
	unsigned char address[16]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned bits;             /* of 128 */
};

struct networks {
	const struct network *at;
	size_t n;
};

/* [cache]: where responses are kept. */
struct storage {
	struct slice path;  /* of the folder, NUL-terminated; "": none */
	struct slice redis; /* URL of the server in its place, NUL-terminated;
			     * "": files */
	int64_t max_size_bytes;
	int64_t max_object_bytes;
	int64_t memory_bytes;        /* for hot ones in each process; 0: none */
	int64_t collapse_timeout_ms; /* how long to wait for what another
				      * request fetches; 0: never */
	struct networks purge_allow; /* who may PURGE */
	struct slice file;           /* of rules, where the section is; "" */
	unsigned line;
};

/* [credentials] or [credentials NAME], or one of the words of s3_credentials.
 * Never printed: explain and the logs name the section alone. */
struct credentials {
	struct slice name; /* the section's, as s3_credentials writes it; ""
			    * for [credentials]; the word where it is no
			    * section's */
	struct slice file; /* of the section; "" for a word */
	unsigned line;
	enum credentials_source source;

	/* WRITTEN */
	struct slice access_key_id;
	struct slice secret_access_key;
	struct slice session_token; /* or "" */

	/* FILE; "": what the environment or the standard says */
	struct slice profile;
	struct slice credentials_file; /* ~/.aws/credentials */
	struct slice config_file;      /* ~/.aws/config */
};

/* How the bucket's name is part of its URLs. */
enum bucket_style {
	BUCKET_STYLE_AUTO, /* only until the rule is whole */
	BUCKET_STYLE_PATH, /* endpoint/BUCKET */
	BUCKET_STYLE_HOST, /* BUCKET.endpoint */
};

/* origin = s3://NAME/PREFIX.  Its rule's origin is that of the endpoint: root,
 * authority, and for base the bucket (path style) and the prefix; url is
 * "s3://NAME/PREFIX". */
struct bucket {
	bool on; /* else the origin is no bucket */
	struct slice name;
	struct slice prefix;     /* "" or "/public": of keys, encoded as they
				  * are sent */
	struct slice region;     /* "eu-west-1" */
	struct slice endpoint;   /* "https://s3.eu-west-1.amazonaws.com" */
	enum bucket_style style; /* PATH or HOST */
	struct slice index;      /* "index.html", encoded; or "" */
	struct slice error_page; /* key below the prefix, encoded, no slash
				  * before it; or "" */
	struct slice fallback;   /* the same */
	bool denied_is_missing;
	struct slice_list codings; /* of precompressed objects, in our order:
				    * "br", "gzip" */
	struct slice_list query;   /* parameters that go to the bucket; "*":
				    * all of them */
	struct slice credentials_name;         /* s3_credentials, lower case */
	const struct credentials *credentials; /* never NULL where on */
};

/* A PEM file that the rules name, read and found good with them. */
struct tls_file {
	struct slice path; /* a NUL follows it; "": none is named */
	struct slice pem;  /* all that it holds */
	int64_t expires_s; /* a client's certificate: when it does; of
			    * authorities: when the last of them does; since
			    * 1970 */
	struct slice file; /* of rules, where it is named */
	unsigned line;
};

enum tls_version { TLS_1_2, TLS_1_3 };

/* How an https origin is spoken to. */
struct tls {
	bool verify;
	struct tls_file authorities; /* "": those that the system trusts */
	struct tls_file client_cert; /* its chain, if any, behind it */
	struct tls_file client_key;
	enum tls_version least;
	struct slice server_name; /* lower case; "": the origin's host */
	/* Of the origin under that name, NUL-terminated, "" where it has
	 * none: https://NAME:PORT, and ::HOST:PORT for where that is. */
	struct slice root;
	struct slice connect_to;
};

struct rule {
	struct slice name; /* the section's, lower case */
	struct slice file; /* where the section starts */
	unsigned line;
	size_t index; /* position in conf->rules: file order */

	/* match */
	struct slice_list paths;   /* normalised, no trailing slash: "" is / */
	struct slice_list hosts;   /* lower case, no port; none: any host */
	struct slice_list methods; /* none: every method */
	struct conditions match;   /* all must hold */
	struct split split;

	/* forward */
	struct origin origin;    /* its first server's; empty for a redirect */
	const struct pool *pool; /* NULL for a redirect, or a bucket */
	struct servers servers;  /* what the pool was made of */
	struct balancing balancing; /* the same */
	struct tls tls;
	struct bucket bucket;
	struct redirection redirect;
	struct path_map map_path;
	bool strip;
	bool slash_redirect;
	bool preserve_host;
	struct fields request_headers; /* set on every upstream request */
	const struct stencil *request_values; /* one a field of
					       * request_headers, or NULL: all
					       * are literal */
	struct slice_list remove_request_headers;
	struct fields response_headers;        /* set on what the client gets */
	const struct stencil *response_values; /* as request_values */
	struct slice_list remove_response_headers;

	/* maintenance */
	bool maintenance; /* 503 for all that the rule owns */
	int64_t maintenance_retry_ms;
	struct slice maintenance_page; /* the file's name; empty: our own */
	struct slice maintenance_html; /* what the file holds */

	/* adapt; the first three are off without strip unless they are
	 * written */
	bool rewrite_redirects; /* URLs in response fields */
	bool rewrite_cookies;
	bool rewrite_requests; /* URLs in request fields, turned back */
	bool rewrite_links;    /* URLs in content */
	struct slice_list rewrite_json; /* members whose strings are URLs */
	bool rewrite_scripts;           /* the base-path token */
	bool runtime_shim;
	bool adopt_escapes;

	/* patience */
	int64_t connect_timeout_ms;
	int64_t first_byte_timeout_ms;
	int64_t idle_timeout_ms;
	int64_t total_timeout_ms; /* 0: none */
	int64_t retries;
	struct retry_on retry_on;
	int64_t retry_budget_percent; /* of the requests */

	struct caching cache;

	/* compress */
	bool compress;
	struct slice_list compress_types; /* "text/html", "text/" plus "*" */
	int64_t compress_min_size_bytes;
	int64_t compress_level;               /* 1..9 */
	struct slice_list compress_encodings; /* in our order of preference */
};

enum mount_mode { MOUNT_AUTO, MOUNT_NONE, MOUNT_FIXED };

/* [fingerpost] */
struct settings {
	struct slice error_log; /* path; empty: standard error */
	enum log_level log_level;
	struct slice access_log; /* path; empty: none */
	enum mount_mode mount_mode;
	struct slice mount;       /* for MOUNT_FIXED: "/cgi-bin/x.cgi" */
	int64_t workers;          /* for serve without --workers; 0: cores */
	int64_t max_params_bytes; /* a request's parameters in all: 431 */
	int64_t stop_timeout_ms;  /* grace for what runs at SIGTERM */
	struct slice shared_file; /* path; empty: in a folder of the system's */
	struct slice via;         /* our pseudonym in Via */
};

struct conf {
	struct arena *arena;
	struct settings settings;
	struct storage storage;
	const struct rule *rules; /* in file order */
	size_t rule_n;
	struct slice_list files;  /* the rule file and all it included, and the
				   * folders of include patterns: what to watch
				   * for change */
	struct slice_list pages;  /* files that were read for rules; to watch,
				   * too */
	const struct pool *pools; /* those of sections by name, used or not;
				   * then what routes list themselves */
	size_t pool_n;
	const struct credentials *credentials; /* that any rule names */
	size_t credentials_n;
};

/* Reads, lints and validates the rule file and all it includes.  Every fault
 * and warning goes to `findings`, not just the first; NULL if there was a
 * fault.  `environment` expands ${NAME}: "NAME=value" strings, NULL at its
 * end.  Caller frees. */
struct conf *conf_load(
    const char *path, char *const environment[], struct findings *findings);

/* Accepts NULL. */
void conf_free(struct conf *c);

#endif
