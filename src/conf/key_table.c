/* The key table, in the order of the man page. */
#include "conf/conf.h"
#include "conf/keys.h"

#define ROUTE         IN_ROUTE
#define BOTH          (IN_ROUTE | IN_DEFAULTS)
#define POOLED        (IN_ROUTE | IN_DEFAULTS | IN_POOL)
#define RULE(member)  offsetof(struct rule, member)
#define PICK(member)  offsetof(struct balancing, member) + RULE(balancing)
#define WHOLE(member) offsetof(struct settings, member)
#define PART(member)  offsetof(struct bucket, member) + RULE(bucket)
#define GRANT(member) offsetof(struct credentials, member)

/* What is text, and is served large and uncompressed. */
#define COMPRESS_TYPES                                                       \
	"text/*, application/javascript, application/x-javascript, "         \
	"application/json, application/ld+json, application/manifest+json, " \
	"application/problem+json, application/geo+json, application/xml, "  \
	"application/xhtml+xml, application/rss+xml, application/atom+xml, " \
	"application/wasm, application/vnd.ms-fontobject, font/ttf, "        \
	"font/otf, image/svg+xml, image/bmp, image/x-icon"

/* What tells of the server or of the way there, not of the request. */
#define RETRY_ON "connect-failure, reset, timeout, 502, 503, 504"

const struct key key_table[] = {
	{ "include", KEY_PATTERNS, IN_FINGERPOST, 0, "", NULL,
	    "more rule files, by name or pattern" },
	{ "error_log", KEY_FILE, IN_FINGERPOST, WHOLE(error_log), "", NULL,
	    "where errors are written; empty: standard error" },
	{ "log_level", KEY_LEVEL, IN_FINGERPOST, WHOLE(log_level), "warn", NULL,
	    "the least grave line that is written" },
	{ "access_log", KEY_FILE, IN_FINGERPOST, WHOLE(access_log), "", NULL,
	    "where each request is written; empty: nowhere" },
	{ "mount", KEY_MOUNT, IN_FINGERPOST, 0, "auto", NULL,
	    "the public path that the program itself is called by" },
	{ "workers", KEY_INTEGER, IN_FINGERPOST, WHOLE(workers), "0", "0..1024",
	    "worker processes of serve; 0: one a core" },
	{ "max_params", KEY_SIZE, IN_FINGERPOST, WHOLE(max_params_bytes), "64K",
	    "4K..4M", "a request's head in all; above it 431" },
	{ "stop_timeout", KEY_DURATION, IN_FINGERPOST, WHOLE(stop_timeout_ms),
	    "30s", "0s..1h", "how long a stop waits for what still runs" },
	{ "via", KEY_TOKEN, IN_FINGERPOST, WHOLE(via), "fingerpost", NULL,
	    "our name in the Via field" },

	{ "path", KEY_PATHS, ROUTE | REQUIRED, RULE(paths), NULL, NULL,
	    "the public paths that the route owns" },
	{ "host", KEY_HOSTS, BOTH, RULE(hosts), "", NULL,
	    "the hosts it answers for; empty: every host" },
	{ "methods", KEY_METHODS, BOTH, RULE(methods), "", NULL,
	    "the methods it takes, others get 405; empty: all" },

	{ "match", KEY_CONDITIONS, ROUTE, RULE(match), "", NULL,
	    "what else a request must be, all of it" },
	{ "split", KEY_SHARE, ROUTE, RULE(split), "", NULL,
	    "the share of requests that the route takes; empty: all" },

	{ "origin", KEY_ORIGIN, ROUTE | REQUIRED, RULE(origin), NULL, NULL,
	    "the URL of the server that answers" },
	{ "server.", KEY_SERVER, IN_POOL, RULE(servers), NULL, NULL,
	    "the URL of one server of the pool, and its attributes" },
	{ "strip", KEY_BOOL, BOTH, RULE(strip), "yes", NULL,
	    "take the path off before the origin sees it" },
	{ "slash_redirect", KEY_BOOL, BOTH, RULE(slash_redirect), "yes", NULL,
	    "send /hotels to /hotels/" },
	{ "map_path", KEY_MAP, ROUTE, RULE(map_path), "", NULL,
	    "a pattern, and what the path becomes where it matches" },
	{ "redirect", KEY_REDIRECT, ROUTE, RULE(redirect), NULL, NULL,
	    "the status and target that the route itself answers with" },
	{ "preserve_host", KEY_BOOL, BOTH, RULE(preserve_host), "no", NULL,
	    "send the client's Host, not the origin's" },
	{ "request_header", KEY_REQUEST_FIELD, BOTH, RULE(request_headers),
	    NULL, NULL, "a field set on each request to the origin" },
	{ "remove_request_headers", KEY_REQUEST_NAMES, BOTH,
	    RULE(remove_request_headers), "", NULL,
	    "the client's fields that the origin does not get" },

	{ "rewrite_redirects", KEY_BOOL, BOTH, RULE(rewrite_redirects), "yes",
	    NULL, "bring URLs in response fields below the prefix" },
	{ "rewrite_cookies", KEY_BOOL, BOTH, RULE(rewrite_cookies), "yes", NULL,
	    "keep the origin's cookies below the prefix" },
	{ "rewrite_requests", KEY_BOOL, BOTH, RULE(rewrite_requests), "yes",
	    NULL, "turn URLs in request fields back to the origin's" },
	{ "rewrite_links", KEY_BOOL, BOTH, RULE(rewrite_links), "no", NULL,
	    "bring URLs in HTML, CSS, XML and manifests below the prefix" },
	{ "rewrite_json", KEY_MEMBERS, BOTH, RULE(rewrite_json), "", NULL,
	    "members of JSON whose strings are URLs to bring there, too" },
	{ "rewrite_scripts", KEY_SCRIPTS, BOTH, RULE(rewrite_scripts), "no",
	    NULL, "token: fill the prefix in for its token in scripts" },
	{ "runtime_shim", KEY_BOOL, BOTH, RULE(runtime_shim), "no", NULL,
	    "add the script that maps URLs which scripts compute" },
	{ "adopt_escapes", KEY_BOOL, BOTH, RULE(adopt_escapes), "no", NULL,
	    "answer requests that left the prefix, by their Referer" },

	{ "response_header", KEY_RESPONSE_FIELD, BOTH, RULE(response_headers),
	    NULL, NULL, "a field set on each response of the origin's" },
	{ "remove_response_headers", KEY_RESPONSE_NAMES, BOTH,
	    RULE(remove_response_headers), "", NULL,
	    "the origin's fields that the client does not get" },

	{ "maintenance", KEY_BOOL, BOTH, RULE(maintenance), "no", NULL,
	    "answer 503 in place of the origin" },
	{ "maintenance_retry", KEY_DURATION, BOTH, RULE(maintenance_retry_ms),
	    "5m", "1s..168h", "when a client is told to come back" },
	{ "maintenance_page", KEY_FILE, BOTH, RULE(maintenance_page), "", NULL,
	    "an HTML file that is shown meanwhile; empty: our own page" },

	{ "connect_timeout", KEY_DURATION, BOTH, RULE(connect_timeout_ms), "5s",
	    "1ms..1h", "how long connecting may take" },
	{ "first_byte_timeout", KEY_DURATION, BOTH, RULE(first_byte_timeout_ms),
	    "30s", "1ms..1h", "how long to wait for the origin's first byte" },
	{ "idle_timeout", KEY_DURATION, BOTH, RULE(idle_timeout_ms), "60s",
	    "1ms..24h", "how long a body may pause" },
	{ "total_timeout", KEY_DURATION, BOTH, RULE(total_timeout_ms), "0s",
	    "0s..24h", "how long all of it may take; 0s: no limit" },
	{ "retries", KEY_INTEGER, BOTH, RULE(retries), "1", "0..10",
	    "how often another server is asked where one failed" },
	{ "retry_on", KEY_RETRY_ON, BOTH, RULE(retry_on), RETRY_ON, NULL,
	    "the failures after which another server is asked" },
	{ "retry_budget", KEY_PERCENT, BOTH, RULE(retry_budget_percent), "20%",
	    "0%..100%", "the share of requests that may be asked again" },

	{ "balance", KEY_BALANCE, POOLED, PICK(balance), "round-robin", NULL,
	    "how a server is chosen where there are several" },
	{ "sticky", KEY_STICKY, POOLED, PICK(sticky), "no", NULL,
	    "cookie: keep each visitor at one server" },
	{ "sticky_ttl", KEY_DURATION, POOLED, PICK(sticky_ttl_ms), "0s",
	    "0s..720h", "how long that cookie lives; 0s: the session" },
	{ "health_path", KEY_TARGET, POOLED, PICK(health_path), "", NULL,
	    "the path that servers are probed with; empty: none are" },
	{ "health_interval", KEY_DURATION, POOLED, PICK(health_interval_ms),
	    "10s", "100ms..1h", "how often a server is probed" },
	{ "health_timeout", KEY_DURATION, POOLED, PICK(health_timeout_ms), "2s",
	    "1ms..1m", "how long a probe may take" },
	{ "health_status", KEY_STATUSES, POOLED, PICK(health_status), "200-399",
	    NULL, "the statuses of a server that is well" },
	{ "fail_after", KEY_INTEGER, POOLED, PICK(fail_after), "3", "0..63",
	    "the failures that take a server out; 0: none do" },
	{ "fail_window", KEY_DURATION, POOLED, PICK(fail_window_ms), "10s",
	    "100ms..1h", "the time within which they count" },
	{ "recover_after", KEY_DURATION, POOLED, PICK(recover_after_ms), "10s",
	    "100ms..5m", "how long a server stays out at first" },
	{ "slow_start", KEY_DURATION, POOLED, PICK(slow_start_ms), "0s",
	    "0s..1h", "how long it gets less than its share once back" },
	{ "queue_timeout", KEY_DURATION, POOLED, PICK(queue_timeout_ms), "1s",
	    "0s..1m", "how long a request waits where all are at their max" },
	{ "queue_length", KEY_INTEGER, POOLED, PICK(queue_length), "100",
	    "0..10000", "how many requests wait there" },
	{ "breaker_errors", KEY_PERCENT, POOLED, PICK(breaker_errors_percent),
	    "", "1%..100%", "the share of failures that closes the pool" },
	{ "breaker_latency", KEY_DURATION, POOLED, PICK(breaker_latency_ms),
	    "0s", "0s..1h", "the median latency that does; 0s: none" },

	{ "compress", KEY_BOOL, BOTH, RULE(compress), "yes", NULL,
	    "compress what the client takes compressed" },
	{ "compress_types", KEY_MEDIA_TYPES, BOTH, RULE(compress_types),
	    COMPRESS_TYPES, NULL, "the media types worth compressing" },
	{ "compress_min_size", KEY_SIZE, BOTH, RULE(compress_min_size_bytes),
	    "256", "0..1G", "smaller bodies stay as they are" },
	{ "compress_level", KEY_INTEGER, BOTH, RULE(compress_level), "4",
	    "1..9", "1 is fastest, 9 smallest" },
	{ "compress_encodings", KEY_ENCODINGS, BOTH, RULE(compress_encodings),
	    "gzip", NULL, "the codings offered, best first" },

	{ "s3_region", KEY_REGION, BOTH, PART(region), "us-east-1", NULL,
	    "the region that the bucket is in" },
	{ "s3_endpoint", KEY_ENDPOINT, BOTH, PART(endpoint), "", NULL,
	    "the URL of the service; empty: AWS' own in that region" },
	{ "s3_path_style", KEY_STYLE, BOTH, PART(style), "auto", NULL,
	    "the bucket's name in the path, not before the host" },
	{ "s3_index", KEY_INDEX, BOTH, PART(index), "index.html", NULL,
	    "the object that a directory shows; empty: none" },
	{ "s3_error_page", KEY_OBJECT, BOTH, PART(error_page), "", NULL,
	    "the object shown for what is missing; empty: our own page" },
	{ "s3_fallback", KEY_OBJECT, BOTH, PART(fallback), "", NULL,
	    "the object that a browser gets for a page that is missing" },
	{ "s3_credentials", KEY_CREDENTIALS, BOTH, PART(credentials_name),
	    "auto", NULL, "whence the keys to the bucket come" },
	{ "s3_denied_is_missing", KEY_BOOL, BOTH, PART(denied_is_missing),
	    "yes", NULL, "answer 404 where the bucket says 403" },
	{ "s3_precompressed", KEY_CODINGS, BOTH, PART(codings), "", NULL,
	    "the codings in which objects lie there as well, best first" },
	{ "s3_query", KEY_PARAMETERS, BOTH, PART(query), "", NULL,
	    "the query's parameters that go to the bucket; *: all" },

	{ "access_key_id", KEY_SECRET, IN_CREDENTIALS, GRANT(access_key_id),
	    NULL, NULL, "the name of the key" },
	{ "secret_access_key", KEY_SECRET, IN_CREDENTIALS,
	    GRANT(secret_access_key), NULL, NULL, "the key itself" },
	{ "session_token", KEY_SECRET, IN_CREDENTIALS, GRANT(session_token),
	    NULL, NULL, "what goes with a key that expires" },
	{ "source", KEY_SOURCE, IN_CREDENTIALS, GRANT(source), NULL, NULL,
	    "where keys are that are not written here" },
	{ "profile", KEY_TEXT, IN_CREDENTIALS, GRANT(profile), "", NULL,
	    "the profile in these files" },
	{ "credentials_file", KEY_FILE, IN_CREDENTIALS, GRANT(credentials_file),
	    "", NULL, "the file that aws configure writes keys to" },
	{ "config_file", KEY_FILE, IN_CREDENTIALS, GRANT(config_file), "", NULL,
	    "the file that aws configure writes settings to" },
};

const size_t key_table_n = sizeof(key_table) / sizeof(key_table[0]);
