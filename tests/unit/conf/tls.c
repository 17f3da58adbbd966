/* The keys tls_*: what a file has to hold, what goes together, and when a
 * certificate is no longer valid. */
#include "tests/unit/unit.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "conf/conf.h"
#include "conf/load.h"
#include "conf/tls.h"
#include "tests/unit/conf/told.h"

#define NOW_S 2000000000

static char folder[] = "/tmp/fingerpost-test-XXXXXX";

/* --- files to read ------------------------------------------------------ */

static void add_text(const char *name, const char *bytes)
{
	file_write(folder, name, bytes, 0600);
}

static FILE *file_open(const char *name, const char *mode)
{
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, mode);
	assert_non_null(file);
	return file;
}

static EVP_PKEY *key_new(const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *file;

	assert_non_null(key);
	add_text(name, "");
	file = file_open(name, "a");
	assert_true(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
	fclose(file);
	return key;
}

/* One more certificate at the file's end, valid until then. */
static void add_certificate(const char *name, EVP_PKEY *key, int64_t until_s)
{
	X509 *x = X509_new();
	FILE *file = file_open(name, "a");

	assert_non_null(x);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), 0));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), until_s));
	assert_true(X509_set_pubkey(x, key));
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_true(PEM_write_X509(file, x));
	fclose(file);
	X509_free(x);
}

static void copy_damaged(const char *from, const char *to)
{
	char room[8192] = "";
	FILE *file = file_open(from, "r");
	size_t n = fread(room, 1, sizeof(room) - 1, file);

	fclose(file);
	/* A character of the base64 in the middle. */
	room[n / 2] = room[n / 2] == 'A' ? 'B' : 'A';
	room[n / 2 + 1] = '!';
	add_text(to, room);
}

static int make_files(void **state)
{
	EVP_PKEY *key, *other;
	FILE *file;
	BIO *bio;
	X509 *x = NULL;

	(void)state;
	umask(077);
	assert_non_null(mkdtemp(folder));
	key = key_new("key");
	other = key_new("other.key");
	add_certificate("cert", key, NOW_S + 10);
	add_certificate("old", key, NOW_S - 1);
	/* A client's first counts, of authorities the last to expire. */
	add_certificate("old-first", key, NOW_S - 1);
	add_certificate("old-first", other, NOW_S + 10);
	for (int i = 0; i < 17; i++)
		add_certificate("many", key, NOW_S + 10);
	add_certificate("both", key, NOW_S + 10);
	file = file_open("both", "a");
	assert_true(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
	fclose(file);
	add_text("locked", "");
	file = file_open("locked", "a");
	assert_true(PEM_write_PKCS8PrivateKey(
	    file, key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL));
	fclose(file);
	add_text("locked-old", "");
	bio = BIO_new_fp(file_open("locked-old", "a"), BIO_CLOSE);
	assert_true(PEM_write_bio_PrivateKey_traditional(bio, key,
	    EVP_aes_128_cbc(), (const unsigned char *)"secret", 6, NULL, NULL));
	BIO_free(bio);
	file = file_open("cert", "r");
	x = PEM_read_X509(file, NULL, NULL, NULL);
	fclose(file);
	assert_non_null(x);
	file = file_open("der", "w");
	assert_true(i2d_X509_fp(file, x));
	fclose(file);
	X509_free(x);
	copy_damaged("cert", "damaged");
	copy_damaged("key", "damaged.key");
	add_text("empty", "");
	add_text("words", "no certificate\n");
	file_write(folder, "lent", "", 0600);
	file = file_open("lent", "a");
	assert_true(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
	assert_int_equal(fchmod(fileno(file), 0644), 0);
	fclose(file);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	return 0;
}

static int remove_files(void **state)
{
	static const char *const names[] = { "key", "other.key", "cert", "old",
		"old-first", "both", "locked", "locked-old", "der", "damaged",
		"damaged.key", "empty", "words", "lent", "many", "f" };

	(void)state;
	for (size_t i = 0; i < ROWS(names); i++) {
		char path[1024];

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

/* --- the rules ---------------------------------------------------------- */

/* Read where the files are. */
static struct conf *load(struct slice rules, struct findings *f)
{
	char text[4096];

	snprintf(text, sizeof(text), "%.*s", SLICE_ARG(rules));
	add_text("f", text);
	assert_int_equal(chdir(folder), 0);
	return conf_load("f", NULL, f);
}

#define ROUTE "[a]\npath = /a\norigin = https://a\n"
#define IDLE  "[a]\npath = /a\norigin = http://a\n"
#define NO_KEY                                          \
	"there is no private key in it: it is to hold " \
	"-----BEGIN PRIVATE KEY-----\n"
#define NO_CERT                                         \
	"there is no certificate in it: it is to hold " \
	"-----BEGIN CERTIFICATE-----\n"
#define DER                                                              \
	"it is no PEM but looks like DER: convert it with openssl x509 " \
	"or openssl pkey, -inform der\n"
#define LOCKED                                                        \
	"the key is encrypted, and nobody is there to type a "        \
	"passphrase: write it without one, readable by the server's " \
	"user alone\n"

static const struct {
	struct slice in, want;
} rows[] = {
	{ S(ROUTE), S("") },
	{ S(ROUTE "tls_ca_file = cert\n"), S("") },
	{ S(ROUTE "tls_ca_file = both\n"), S("") },
	{ S(ROUTE "tls_client_cert = cert\ntls_client_key = key\n"), S("") },
	{ S(ROUTE "tls_client_cert = both\ntls_client_key = both\n"), S("") },
	{ S(ROUTE "tls_client_cert = old-first\ntls_client_key = key\n"),
	    S("") },
	{ S(ROUTE "tls_min_version = 1.2\n"), S("") },
	{ S(ROUTE "tls_min_version = 1.3\n"), S("") },
	{ S(ROUTE "tls_server_name = Inner.test\n"), S("") },
	{ S(ROUTE "tls_server_name = [::1]\n"), S("") },

	{ S(ROUTE "tls_ca_file = gone\n"),
	    S("f:4: tls_ca_file: gone: No such file or directory\n") },
	{ S(ROUTE "tls_ca_file = .\n"),
	    S("f:4: tls_ca_file: .: it is no plain file\n") },
	{ S(ROUTE "tls_ca_file = empty\n"),
	    S("f:4: tls_ca_file: empty: it is empty\n") },
	{ S(ROUTE "tls_ca_file = words\n"),
	    S("f:4: tls_ca_file: words: " NO_CERT) },
	{ S(ROUTE "tls_ca_file = key\n"),
	    S("f:4: tls_ca_file: key: " NO_CERT) },
	{ S(ROUTE "tls_ca_file = der\n"), S("f:4: tls_ca_file: der: " DER) },
	{ S(ROUTE "tls_ca_file = damaged\n"),
	    S("f:4: tls_ca_file: damaged: a certificate in it is "
	      "damaged\n") },
	{ S(ROUTE "tls_client_cert = words\ntls_client_key = words\n"),
	    S("f:4: tls_client_cert: words: " NO_CERT
	      "f:5: tls_client_key: words: " NO_KEY) },
	{ S(ROUTE "tls_client_cert = cert\ntls_client_key = cert\n"),
	    S("f:5: tls_client_key: cert: " NO_KEY) },
	{ S(ROUTE "tls_client_cert = cert\ntls_client_key = der\n"),
	    S("f:5: tls_client_key: der: " DER) },
	{ S(ROUTE "tls_client_cert = cert\ntls_client_key = damaged.key\n"),
	    S("f:5: tls_client_key: damaged.key: the private key in it is "
	      "damaged\n") },
	{ S(ROUTE "tls_client_cert = cert\ntls_client_key = locked\n"),
	    S("f:5: tls_client_key: locked: " LOCKED) },
	{ S(ROUTE "tls_client_cert = cert\ntls_client_key = locked-old\n"),
	    S("f:5: tls_client_key: locked-old: " LOCKED) },
	{ S(ROUTE "tls_client_cert = cert\ntls_client_key = lent\n"),
	    S("f:5: warning: tls_client_key: lent: every user of this machine "
	      "can read the key: chmod o-r, or have it made anew\n") },
	{ S(ROUTE "tls_client_cert = cert\ntls_client_key = other.key\n"),
	    S("f:5: tls_client_key: other.key is not the key of the first "
	      "certificate in cert\n") },
	{ S(ROUTE "tls_client_cert = cert\n"),
	    S("f:4: tls_client_cert: its key is missing: name the file in "
	      "tls_client_key, the same one where it holds both\n") },
	{ S(ROUTE "tls_client_key = key\n"),
	    S("f:4: tls_client_key: there is no certificate to go with it: "
	      "name the file in tls_client_cert\n") },
	{ S(ROUTE "tls_ca_file = many\n"),
	    S("f:4: warning: tls_ca_file: many: all 17 certificates are read "
	      "for each new connection, which takes long: name those alone "
	      "that sign for the origin, or leave it empty for the "
	      "system's\n") },
	{ S(ROUTE "tls_verify = no\n"),
	    S("f:4: warning: tls_verify: whoever is on the way to the origin "
	      "can read and change what passes: better name the authority of "
	      "its certificate in tls_ca_file\n") },
	{ S(ROUTE "tls_min_version = 1.1\n"),
	    S("f:4: tls_min_version: TLS 1.1 is no longer safe, nor spoken by "
	      "OpenSSL: write 1.2 or 1.3\n") },
	{ S(ROUTE "tls_min_version = TLSv1.3\n"),
	    S("f:4: tls_min_version: \"TLSv1.3\" is none of 1.2, 1.3\n") },
	{ S(ROUTE "tls_server_name = a:1\ntls_ca_file = cert\n"),
	    S("f:4: tls_server_name: \"a:1\" is no host name: write the one in "
	      "the origin's certificate, without a port\n") },
	{ S(ROUTE "tls_server_name = *.a\n"),
	    S("f:4: tls_server_name: \"*.a\" is no host name: write the one in "
	      "the origin's certificate, without a port\n") },

	{ S(IDLE "tls_ca_file = cert\ntls_server_name = b\n"),
	    S("f:4: warning: tls_ca_file has no effect: [a] has no https:// "
	      "origin\n"
	      "f:5: warning: tls_server_name has no effect: [a] has no "
	      "https:// origin\n") },
	{ S("[a]\npath = /a\nredirect = 301 /b\ntls_min_version = 1.3\n"),
	    S("f:4: warning: tls_min_version has no effect: [a] has no "
	      "https:// origin\n") },
	/* Inherited it disturbs nobody. */
	{ S("[defaults]\ntls_ca_file = cert\ntls_min_version = 1.3\n" IDLE),
	    S("") },
	/* A fault of [defaults] is said where it stands, once. */
	{ S("[defaults]\ntls_ca_file = words\ntls_client_cert = gone\n"
	    "tls_client_key = key\ntls_verify = no\n" ROUTE
	    "[b]\npath = /b\norigin = https://b\n"),
	    S("f:2: tls_ca_file: words: " NO_CERT
	      "f:3: tls_client_cert: gone: No such file or directory\n"
	      "f:5: warning: tls_verify: whoever is on the way to the origin "
	      "can read and change what passes: better name the authority of "
	      "its certificate in tls_ca_file\n") },
	/* The pair is what both sections say. */
	{ S("[defaults]\ntls_client_cert = cert\n" ROUTE
	    "tls_client_key = key\n"),
	    S("") },
	{ S("[defaults]\ntls_client_cert = cert\ntls_client_key = key\n" ROUTE
	    "tls_client_key =\n[b]\npath = /b\norigin = https://b\n"
	    "tls_client_cert =\ntls_client_key =\n"),
	    S("f:4: tls_client_cert: its key is missing: name the file in "
	      "tls_client_key, the same one where it holds both\n") },
};

static void files_are_looked_at(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		struct conf *c = load(rows[i].in, &f);

		assert_slice(told(&f), rows[i].want, rows[i].in);
		assert_int_equal(c == NULL, f.faults > 0);
		conf_free(c);
		arena_free(a);
	}
}

static void rules_hold_what_the_files_do(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c = load(
	    (struct slice)S("[defaults]\ntls_ca_file = cert\n"
			    "tls_client_cert = both\ntls_client_key = both\n"
			    "tls_server_name = Inner.test\n"
			    "tls_min_version = 1.3\n"
			    "[a]\npath = /a\norigin = https://h:8443/x\n"
			    "[b]\npath = /b\norigin = https://[::1]\n"
			    "tls_ca_file =\ntls_server_name = [::2]\n"
			    "tls_min_version = 1.2\n"
			    "[c]\npath = /c\norigin = https://h\n"
			    "tls_server_name =\n"),
	    &f);
	const struct tls *tls;

	(void)state;
	assert_slice(told(&f), LIT(""), LIT("findings"));
	assert_non_null(c);
	tls = &c->rules[0].tls;
	assert_true(tls->verify);
	assert_int_equal(tls->least, TLS_1_3);
	assert_slice(tls->authorities.path, LIT("cert"), LIT("path"));
	assert_int_equal(tls->authorities.path.at[4], '\0');
	assert_true(slice_starts(
	    tls->authorities.pem, LIT("-----BEGIN CERTIFICATE-----\n")));
	assert_int_equal(tls->authorities.expires_s, NOW_S + 10);
	assert_ptr_equal(tls->client_cert.pem.at, tls->client_key.pem.at);
	assert_slice(tls->root, LIT("https://inner.test:8443"), LIT("root"));
	assert_slice(tls->connect_to, LIT("::h:8443"), LIT("to"));
	assert_int_equal(tls->root.at[tls->root.len], '\0');
	assert_int_equal(tls->connect_to.at[tls->connect_to.len], '\0');

	tls = &c->rules[1].tls;
	assert_int_equal(tls->least, TLS_1_2);
	assert_int_equal(tls->authorities.path.len, 0);
	assert_int_equal(tls->authorities.pem.len, 0);
	assert_slice(tls->root, LIT("https://[::2]:443"), LIT("root"));
	assert_slice(tls->connect_to, LIT("::[::1]:443"), LIT("to"));

	assert_int_equal(c->rules[2].tls.root.len, 0);
	assert_int_equal(c->rules[2].tls.connect_to.len, 0);

	/* Each watched once. */
	assert_int_equal(c->pages.n, 2);
	assert_slice(c->pages.at[0], LIT("cert"), LIT("watched"));
	assert_slice(c->pages.at[1], LIT("both"), LIT("watched"));
	conf_free(c);
	arena_free(a);
}

static void expiry_is_told(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c =
	    load((struct slice)S(
		     "[defaults]\ntls_ca_file = old\n"
		     "tls_client_cert = old\ntls_client_key = key\n" ROUTE
		     "[b]\npath = /b\norigin = https://b\n"
		     "tls_ca_file = old-first\n"
		     "tls_client_cert = old-first\n"
		     "[c]\npath = /c\norigin = https://c\n"
		     "tls_ca_file = cert\n"),
		&f);

	(void)state;
	assert_non_null(c);
	tls_expired(c, NOW_S - 1, &f);
	assert_int_equal(f.n, 0);
	tls_expired(c, NOW_S, &f);
	assert_slice(told(&f),
	    LIT("f:2: warning: tls_ca_file: old: all of its certificates are "
		"no longer valid\n"
		"f:3: warning: tls_client_cert: old: the certificate is no "
		"longer valid\n"
		"f:12: warning: tls_client_cert: old-first: the certificate "
		"is no longer valid\n"),
	    LIT("now"));
	conf_free(c);
	arena_free(a);
}

/* A bucket's origin is its endpoint's. */
static void buckets_have_the_name_too(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct conf *c =
	    load((struct slice)S("[a]\npath = /a\norigin = s3://cars/public\n"
				 "s3_endpoint = https://10.0.0.1:9000\n"
				 "s3_credentials = none\n"
				 "tls_ca_file = cert\n"
				 "tls_server_name = minio.test\n"),
		&f);

	(void)state;
	assert_slice(told(&f), LIT(""), LIT("findings"));
	assert_non_null(c);
	assert_slice(
	    c->rules[0].tls.root, LIT("https://minio.test:9000"), LIT("root"));
	assert_slice(
	    c->rules[0].tls.connect_to, LIT("::10.0.0.1:9000"), LIT("to"));
	conf_free(c);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_looked_at),
		cmocka_unit_test(rules_hold_what_the_files_do),
		cmocka_unit_test(expiry_is_told),
		cmocka_unit_test(buckets_have_the_name_too),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
