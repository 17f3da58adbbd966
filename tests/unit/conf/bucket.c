/* Buckets: the values of their keys, what the keys say together, and the URL
 * that is asked. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/bucket.h"
#include "conf/load.h"
#include "tests/unit/conf/told.h"

/* --- origin = s3://... -------------------------------------------------- */

static const struct {
	struct slice in, url, name, prefix;
} buckets[] = {
	{ S("s3://cars-site"), S("s3://cars-site"), S("cars-site"), S("") },
	{ S("S3://cars-site/"), S("s3://cars-site"), S("cars-site"), S("") },
	{ S("s3://a.b/public"), S("s3://a.b/public"), S("a.b"), S("/public") },
	{ S("s3://Old_One/x/y/"), S("s3://Old_One/x/y"), S("Old_One"),
	    S("/x/y") },
	{ S("s3://abc//x/"), S("s3://abc//x"), S("abc"), S("//x") },
	{ S("s3://abc/a%41%2f%2b+~"), S("s3://abc/aA/%2B%2B~"), S("abc"),
	    S("/aA/%2B%2B~") },
	{ S("s3://abc/%zz%4"), S("s3://abc/%25zz%254"), S("abc"),
	    S("/%25zz%254") },
	{ S("s3://abc/\xc3\xa4%20="), S("s3://abc/%C3%A4%20%3D"), S("abc"),
	    S("/%C3%A4%20%3D") },
};

static void buckets_are_cut(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct origin o;
	char room[1024];

	(void)state;
	for (size_t i = 0; i < ROWS(buckets); i++) {
		struct slice in = buckets[i].in;
		struct text why = text_over(room, sizeof(room));
		struct bucket b = { .on = false };

		assert_true(bucket_meant(in));
		assert_true(bucket_parse(in, a, &b, &o, &why));
		assert_true(b.on);
		assert_slice(o.url, buckets[i].url, in);
		assert_slice(b.name, buckets[i].name, in);
		assert_slice(b.prefix, buckets[i].prefix, in);
	}
	assert_false(bucket_meant(LIT("http://s3:80")));
	assert_false(bucket_meant(LIT("s3")));
	arena_free(a);
}

static const struct {
	struct slice in, why;
} bad_buckets[] = {
	{ S("s3:cars"), S("s3: lacks the two slashes: write s3://BUCKET") },
	{ S("s3:/cars"), S("s3: lacks the two slashes: write s3://BUCKET") },
	{ S("s3://"), S("names no bucket: write s3://BUCKET/PREFIX") },
	{ S("s3:///x"), S("names no bucket: write s3://BUCKET/PREFIX") },
	{ S("arn:aws:s3:::cars"),
	    S("an ARN is no origin: write s3://BUCKET/PREFIX with the "
	      "bucket's name alone") },
	{ S("s3://arn:aws:s3:eu-west-1:1:accesspoint/x"),
	    S("an ARN is no bucket's name: write the bucket's own, access "
	      "points are not supported") },
	{ S("s3://AKIA:hush@cars/x"),
	    S("keys have no place in an origin: write them in a section "
	      "[credentials]") },
	{ S("s3://cars:9000/x"),
	    S("\"cars:9000\" is no bucket's name: those are of a-z, 0-9, - "
	      "and .; where it is served is s3_endpoint's to say") },
	{ S("s3://c\xc3\xa4rs"),
	    S("\"c\xc3\xa4rs\" is no bucket's name: those are of a-z, 0-9, - "
	      "and .") },
	{ S("s3://one, s3://two"),
	    S("\"one, s3:\" is no bucket's name: those are of a-z, 0-9, - "
	      "and .; where it is served is s3_endpoint's to say") },
	{ S("s3://ab"),
	    S("\"ab\" is no bucket's name: those have 3 to 63 characters") },
	{ S("s3://.ab"),
	    S("\".ab\" is no bucket's name: no dot stands at its ends") },
	{ S("s3://ab."),
	    S("\"ab.\" is no bucket's name: no dot stands at its ends") },
	{ S("s3://abc/x y"),
	    S("a blank in the prefix is written %20; an origin has no query, "
	      "and a route one bucket without attributes") },
	{ S("s3://abc/x, s3://def"),
	    S("a comma in the prefix is written %2C; an origin has no query, "
	      "and a route one bucket without attributes") },
	{ S("s3://abc/x?y"),
	    S("a question mark in the prefix is written %3F; an origin has no "
	      "query, and a route one bucket without attributes") },
	{ S("s3://abc/x#y"),
	    S("a number sign in the prefix is written %23; an origin has no "
	      "query, and a route one bucket without attributes") },
	{ S("s3://abc/x/../y"), S("a dot segment: leave it out") },
	{ S("s3://abc/%2e"), S("a dot segment: leave it out") },
};

static void other_buckets_are_refused(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct origin o;
	char room[1024];

	(void)state;
	for (size_t i = 0; i < ROWS(bad_buckets); i++) {
		struct text why = text_over(room, sizeof(room));
		struct bucket b = { .on = false };

		assert_true(bucket_meant(bad_buckets[i].in));
		assert_false(bucket_parse(bad_buckets[i].in, a, &b, &o, &why));
		assert_slice(
		    text_slice(&why), bad_buckets[i].why, bad_buckets[i].in);
		assert_false(b.on);
	}
	arena_free(a);
}

/* As long as may be, and one longer, whole and cut off anywhere. */
static void lengths_are_bounded(void **state)
{
	struct arena *a = arena_new(1 << 24);
	char room[1024], in[2048];
	struct origin o;

	(void)state;
	memset(in, 'a', sizeof(in));
	memcpy(in, "s3://", 5);
	for (size_t len = 0; len < sizeof(in); len++) {
		struct text why = text_over(room, sizeof(room));
		struct bucket b = { .on = false };
		bool good =
		    bucket_parse((struct slice){ in, len }, a, &b, &o, &why);

		assert_int_equal(good, len >= 8 && len <= 5 + BUCKET_NAME_MAX);
		if (good)
			assert_int_equal(
			    bucket_is_label(b.name), b.name.len <= 63);
	}
	arena_free(a);
}

/* --- the other values --------------------------------------------------- */

typedef bool reader(
    struct slice, struct arena *, struct slice *, struct text *);

static const struct {
	reader *read;
	struct slice in, want, why;
} values[] = {
	{ bucket_region, S("eu-west-1"), S("eu-west-1"), S("") },
	{ bucket_region, S("auto"), S("auto"), S("") },
	{ bucket_region, S("EU"), S(""),
	    S("\"EU\" is no region: write its code, such as eu-west-1") },
	{ bucket_endpoint, S(""), S(""), S("") },
	{ bucket_endpoint, S("http://MinIO:9000/"), S("http://minio:9000"),
	    S("") },
	{ bucket_endpoint, S("minio:9000"), S(""),
	    S("\"minio:9000\" has no scheme: did you mean "
	      "http://minio:9000?") },
	{ bucket_endpoint, S("https://a.org/minio/"), S(""),
	    S("an endpoint has no path: write https://a.org; the bucket is "
	      "the origin's to name") },
	{ bucket_endpoint, S("https://AKIA:hush@a.org"), S(""),
	    S("keys have no place in an endpoint: write them in a section "
	      "[credentials]") },
	{ bucket_endpoint, S("http://cars.s3-website-eu-west-1.amazonaws.com"),
	    S(""),
	    S("a website endpoint answers no signed requests: leave "
	      "s3_endpoint out and name the region") },
	{ bucket_index, S(""), S(""), S("") },
	{ bucket_index, S("de fault.htm"), S("de%20fault.htm"), S("") },
	{ bucket_index, S("a/b"), S(""),
	    S("\"a/b\" has a slash: write the name alone, it is looked for in "
	      "each directory") },
	{ bucket_index, S("a%2Fb"), S(""),
	    S("\"a%2Fb\" has a slash: write the name alone, it is looked for "
	      "in each directory") },
	{ bucket_index, S(".."), S(""), S("a dot segment: leave it out") },
	{ bucket_key, S(""), S(""), S("") },
	{ bucket_key, S("/errors/404 ?.html"), S("errors/404%20%3F.html"),
	    S("") },
	{ bucket_key, S("errors/"), S(""),
	    S("\"errors/\" names no object: write its key below the prefix, "
	      "such as errors/404.html") },
	{ bucket_key, S("s3://b/k"), S(""),
	    S("\"s3://b/k\" names no object: write its key below the prefix, "
	      "such as errors/404.html") },
	{ bucket_key, S("a/../b"), S(""), S("a dot segment: leave it out") },
	{ bucket_coding, S("br"), S("br"), S("") },
	{ bucket_coding, S("gz"), S(""),
	    S("\"gz\" is none of br, gzip: did you mean gzip?") },
	{ bucket_coding, S("Brotli"), S(""),
	    S("\"Brotli\" is none of br, gzip: did you mean br?") },
	{ bucket_coding, S("zstd"), S(""), S("\"zstd\" is none of br, gzip") },
	{ bucket_parameter, S("list-type"), S("list-type"), S("") },
	{ bucket_parameter, S("*"), S("*"), S("") },
	{ bucket_parameter, S("a=b"), S(""),
	    S("\"a=b\" is no parameter's name: write names without values, or "
	      "* for all") },
	{ bucket_parameter, S("x*"), S(""),
	    S("\"x*\" is no parameter's name: write names without values, or "
	      "* for all") },
};

static void values_are_read(void **state)
{
	struct arena *a = arena_new(1 << 20);
	char room[1024];

	(void)state;
	for (size_t i = 0; i < ROWS(values); i++) {
		struct text why = text_over(room, sizeof(room));
		struct slice got = LIT("");
		bool good = values[i].read(values[i].in, a, &got, &why);

		assert_slice(text_slice(&why), values[i].why, values[i].in);
		assert_int_equal(good, values[i].why.len == 0);
		assert_slice(got, values[i].want, values[i].in);
	}
	arena_free(a);
}

/* --- whole routes ------------------------------------------------------- */

#define CARS "[cars]\npath = /cars\norigin = s3://"

static const struct {
	struct slice in, root, host, base;
	unsigned port;
} wholes[] = {
	{ S(CARS "cars-site/public\ns3_region = eu-west-1\n"),
	    S("https://cars-site.s3.eu-west-1.amazonaws.com"),
	    S("cars-site.s3.eu-west-1.amazonaws.com"), S("/public"), 443 },
	{ S(CARS "cars-site\n"),
	    S("https://cars-site.s3.us-east-1.amazonaws.com"),
	    S("cars-site.s3.us-east-1.amazonaws.com"), S(""), 443 },
	{ S(CARS "cars-site\ns3_region = cn-north-1\ns3_path_style = yes\n"),
	    S("https://s3.cn-north-1.amazonaws.com.cn"),
	    S("s3.cn-north-1.amazonaws.com.cn"), S("/cars-site"), 443 },
	{ S(CARS "cars.site/p\n"), S("https://s3.us-east-1.amazonaws.com"),
	    S("s3.us-east-1.amazonaws.com"), S("/cars.site/p"), 443 },
	{ S(CARS "Cars_Site/p\n"), S("https://s3.us-east-1.amazonaws.com"),
	    S("s3.us-east-1.amazonaws.com"), S("/Cars_Site/p"), 443 },
	{ S(CARS "cars/p\ns3_endpoint = http://127.0.0.1:9000\n"),
	    S("http://127.0.0.1:9000"), S("127.0.0.1"), S("/cars/p"), 9000 },
	{ S(CARS "cars/p\ns3_endpoint = http://[::1]\n"), S("http://[::1]"),
	    S("[::1]"), S("/cars/p"), 80 },
	{ S(CARS "cars/p\ns3_path_style = no\n"
		 "s3_endpoint = http://localhost:9000\n"),
	    S("http://cars.localhost:9000"), S("cars.localhost"), S("/p"),
	    9000 },
	{ S(CARS "a.b.c/p\ns3_path_style = no\n"
		 "s3_endpoint = http://localhost\n"),
	    S("http://a.b.c.localhost"), S("a.b.c.localhost"), S("/p"), 80 },
	{ S("[defaults]\ns3_region = auto\ns3_credentials = none\n"
	    "s3_endpoint = https://x.r2.cloudflarestorage.com\n" CARS
	    "cars/p\n"),
	    S("https://x.r2.cloudflarestorage.com"),
	    S("x.r2.cloudflarestorage.com"), S("/cars/p"), 443 },
};

static void endpoints_are_built(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(wholes); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		struct slice in = wholes[i].in;
		struct conf *c = conf_load_bytes("f", in, NULL, &f);
		const struct origin *o;

		assert_slice(told(&f), LIT(""), in);
		assert_non_null(c);
		o = &c->rules[0].origin;
		assert_slice(o->root, wholes[i].root, in);
		assert_int_equal(o->root.at[o->root.len], '\0');
		assert_slice(o->scheme,
		    slice_upto(o->root, slice_find(o->root, ':')), in);
		assert_slice(
		    o->authority, slice_from(o->root, o->scheme.len + 3), in);
		assert_slice(o->host, wholes[i].host, in);
		assert_slice(o->base, wholes[i].base, in);
		assert_int_equal(o->port, wholes[i].port);
		assert_true(slice_starts(o->url, LIT("s3://")));
		assert_non_null(c->rules[0].bucket.credentials);
		assert_int_not_equal(
		    c->rules[0].bucket.style, BUCKET_STYLE_AUTO);
		conf_free(c);
		arena_free(a);
	}
}

static const struct {
	struct slice in, want;
} findings[] = {
	{ S("[a]\npath = /\norigin = http://a\ns3_index = x\n[defaults]\n"
	    "s3_region = x\n"),
	    S("f:4: warning: s3_index: has no effect, as the route's origin "
	      "is no bucket: write origin = s3://BUCKET, or remove this "
	      "line\n") },
	{ S("[a]\npath = /\nredirect = 301 /b\ns3_index = x\n"),
	    S("f:4: warning: s3_index: has no effect, as the route's origin "
	      "is no bucket: write origin = s3://BUCKET, or remove this "
	      "line\n") },
	{ S(CARS "c\ns3_index = x\n"),
	    S("f:3: origin: \"c\" is no bucket's name: those have 3 to 63 "
	      "characters\n") },
	{ S(CARS "cars\npreserve_host = yes\n"),
	    S("f:4: preserve_host: a bucket's endpoint is asked by its own "
	      "name, which the signature covers: remove this line\n") },
	{ S(CARS "cars\npreserve_host = no\n[defaults]\n"
		 "preserve_host = yes\n"),
	    S("") },
	{ S(CARS "cars\nmethods = GET, POST, PUT, DELETE, PATCH\n"),
	    S("f:4: methods: a bucket takes no POST: leave GET, HEAD, PUT and "
	      "DELETE alone\n"
	      "f:4: methods: a bucket takes no PATCH: leave GET, HEAD, PUT "
	      "and DELETE alone\n") },
	{ S(CARS "cars\nmethods = GET, PUT\ns3_query = *\n"),
	    S("f:5: s3_query: * together with PUT or DELETE in methods would "
	      "let visitors change the bucket itself (?policy, ?acl): name "
	      "the parameters\n") },
	{ S(CARS "cars\nmethods = GET, PUT\ns3_query = acl, policy\n"), S("") },
	{ S(CARS "cars\ns3_query = *, a\n"),
	    S("f:4: s3_query: * is all of them: leave the others out\n") },
	{ S(CARS "cars\ns3_query = a, a\ns3_precompressed = br, br\n"),
	    S("f:4: s3_query: \"a\" is listed twice: keep one\n"
	      "f:5: s3_precompressed: \"br\" is listed twice: keep one\n") },
	{ S(CARS "cars\ns3_region = auto\n"),
	    S("f:4: s3_region: auto is no region of AWS: write the bucket's, "
	      "or say where it is with s3_endpoint\n") },
	{ S(CARS "cars\ns3_region =\ns3_path_style = maybe\n"
		 "s3_denied_is_missing = 1\n"),
	    S("f:4: s3_region: needs a value\n"
	      "f:5: s3_path_style: \"maybe\" is none of auto, yes, no\n"
	      "f:6: s3_denied_is_missing: \"1\" is neither yes nor no: did "
	      "you mean yes?\n") },
	{ S(CARS "cars\ns3_path_style = no\ns3_endpoint = https://10.0.0.1\n"),
	    S("f:4: s3_path_style: no puts the bucket's name before the "
	      "endpoint's, and an address takes none: write yes\n") },
	{ S(CARS "Cars\ns3_path_style = no\n"),
	    S("f:4: s3_path_style: no puts the bucket's name before the "
	      "endpoint's, and this one cannot be part of a host's: write "
	      "yes\n") },
	{ S(CARS "a.cars\ns3_path_style = no\n"),
	    S("f:4: warning: s3_path_style: the bucket's name has a dot, and "
	      "a certificate for *.ENDPOINT does not cover it: write yes\n") },
	{ S(CARS "cars\ns3_endpoint = http://minio\n"),
	    S("f:4: warning: s3_endpoint: a signature does not hide what is "
	      "fetched: write https:// where the endpoint has it\n") },
	{ S(CARS "cars\ns3_endpoint = http://minio\ns3_credentials = none\n"),
	    S("") },
};

static void contradictions_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(findings); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);

		conf_free(conf_load_bytes("f", findings[i].in, NULL, &f));
		assert_slice(told(&f), findings[i].want, findings[i].in);
		arena_free(a);
	}
}

static const struct {
	struct slice in;
	const char *want;
} methods[] = {
	{ S(CARS "cars\n"), "GET HEAD " },
	{ S(CARS "cars\nmethods =\n"), "GET HEAD " },
	{ S(CARS "cars\nmethods = DELETE, GET\n"), "DELETE GET " },
	{ S("[defaults]\nmethods = GET, POST, PUT\n" CARS "cars\n"),
	    "GET PUT " },
	{ S("[defaults]\nmethods = POST\n" CARS "cars\n"), "GET HEAD " },
};

static void methods_are_a_buckets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(methods); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		struct conf *c = conf_load_bytes("f", methods[i].in, NULL, &f);
		struct text t = text_in(a, 100);

		assert_non_null(c);
		for (size_t j = 0; j < c->rules[0].methods.n; j++) {
			text_add(&t, c->rules[0].methods.at[j]);
			text_char(&t, ' ');
		}
		assert_slice(
		    text_slice(&t), slice_of(methods[i].want), methods[i].in);
		conf_free(c);
		arena_free(a);
	}
}

static void keys_reach_the_bucket(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c = conf_load_bytes("f",
	    LIT("[defaults]\ns3_error_page = /404.html\npreserve_host = yes\n"
		"s3_precompressed = br, gzip\n" CARS "cars/p\n"
		"s3_fallback = app/index.html\ns3_query = v, list-type\n"
		"s3_index = home.html\ns3_denied_is_missing = no\n"
		"[b]\npath = /b\norigin = s3://bikes\ns3_error_page =\n"
		"[d]\npath = /d\norigin = s3://boats\ns3_index =\n"),
	    NULL, &f);
	const struct bucket *b;

	(void)state;
	assert_slice(told(&f), LIT(""), LIT("findings"));
	assert_non_null(c);
	b = &c->rules[0].bucket;
	assert_true(b->on);
	assert_slice(b->name, LIT("cars"), LIT("name"));
	assert_slice(b->prefix, LIT("/p"), LIT("prefix"));
	assert_slice(b->region, LIT("us-east-1"), LIT("region"));
	assert_slice(b->index, LIT("home.html"), LIT("index"));
	assert_slice(b->error_page, LIT("404.html"), LIT("error page"));
	assert_slice(b->fallback, LIT("app/index.html"), LIT("fallback"));
	assert_false(b->denied_is_missing);
	assert_int_equal(b->codings.n, 2);
	assert_slice(b->codings.at[0], LIT("br"), LIT("coding"));
	assert_int_equal(b->query.n, 2);
	assert_slice(b->query.at[1], LIT("list-type"), LIT("query"));
	assert_false(c->rules[0].preserve_host);
	b = &c->rules[1].bucket;
	assert_slice(b->index, LIT("index.html"), LIT("standard index"));
	assert_int_equal(b->error_page.len, 0);
	assert_true(b->denied_is_missing);
	assert_int_equal(b->query.n, 0);
	assert_int_equal(c->rules[2].bucket.index.len, 0);
	conf_free(c);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_are_cut),
		cmocka_unit_test(other_buckets_are_refused),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(endpoints_are_built),
		cmocka_unit_test(contradictions_are_found),
		cmocka_unit_test(methods_are_a_buckets),
		cmocka_unit_test(keys_reach_the_bucket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
