/* The key of a day, SHA-256 and HMAC.
 *
 * EVP_Q_digest() and EVP_Q_mac() find their algorithm anew at each call.  Of
 * what keeps nothing between calls they are the cheapest, OpenSSL 3.0, 500 and
 * 120 bytes:
 *
 *     SHA-256   EVP_Q_digest, EVP_Digest(EVP_sha256()), SHA256()   0.8 us
 *               EVP_Digest with an EVP_MD that is kept             0.45
 *     HMAC      EVP_Q_mac                                          1.3
 *               EVP_MAC that is fetched each time                  1.5
 *               HMAC(EVP_sha256())                                 2.1
 *               EVP_MAC_CTX that is kept, with its key             0.3
 *
 * A kept context would save half of 2 us a request, and a struct sigv4_key
 * would be something to free. */
#include "policy/sigv4_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define HASH_BYTES    32
#define DATE_LEN      8
#define SECONDS_A_DAY 86400
#define LAST_SECOND   253402300799 /* 9999-12-31 23:59:59 */

/* --- hashes ------------------------------------------------------------ */

static void to_hex(
    const unsigned char bytes[HASH_BYTES], char hex_out[SIGV4_HASH_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < HASH_BYTES; i++) {
		hex_out[2 * i] = digits[bytes[i] >> 4];
		hex_out[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex_out[SIGV4_HASH_SIZE - 1] = '\0';
}

bool sigv4_hash(struct slice bytes, char hash_out[SIGV4_HASH_SIZE])
{
	unsigned char hash[HASH_BYTES];

	if (EVP_Q_digest(NULL, "SHA256", NULL, bytes.len == 0 ? "" : bytes.at,
		bytes.len, hash, NULL) != 1)
		return false;
	to_hex(hash, hash_out);
	return true;
}

static bool hmac(const void *key, size_t key_len, struct slice text,
    unsigned char mac_out[HASH_BYTES])
{
	const char *at = text.len == 0 ? "" : text.at;

	return EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_len,
		   (const unsigned char *)at, text.len, mac_out, HASH_BYTES,
		   NULL) != NULL;
}

/* --- time -------------------------------------------------------------- */

static void put_digits(char *at, size_t n, int64_t value)
{
	while (n-- > 0) {
		at[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* The civil calendar, in years that begin in March: the leap day is the last
 * of its year, and 153 days are always five months. */
static void put_date(char *at, int64_t days)
{
	int64_t era_day = days + 719468; /* since 0000-03-01 */
	int64_t era = era_day / 146097;  /* of 400 years */
	int64_t day_of_era = era_day % 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 +
				  day_of_era / 36524 - day_of_era / 146096) /
	    365;
	int64_t day_of_year = day_of_era -
	    (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153; /* 0: March */
	int64_t day = day_of_year - (153 * month + 2) / 5 + 1;

	put_digits(at, 4, era * 400 + year_of_era + (month >= 10));
	put_digits(at + 4, 2, month < 10 ? month + 3 : month - 9);
	put_digits(at + 6, 2, day);
}

void sigv4_time(int64_t now_s, char time_out[SIGV4_TIME_SIZE])
{
	int64_t second;

	if (now_s < 0)
		now_s = 0;
	if (now_s > LAST_SECOND)
		now_s = LAST_SECOND;
	second = now_s % SECONDS_A_DAY;
	put_date(time_out, now_s / SECONDS_A_DAY);
	time_out[DATE_LEN] = 'T';
	put_digits(time_out + 9, 2, second / 3600);
	put_digits(time_out + 11, 2, second / 60 % 60);
	put_digits(time_out + 13, 2, second % 60);
	time_out[15] = 'Z';
	time_out[16] = '\0';
}

/* --- the key ----------------------------------------------------------- */

/* Each key signs the next word; the last word makes the key of the day. */
static bool derive(const char *secret, size_t secret_len,
    const struct slice *words, size_t n, unsigned char key_out[HASH_BYTES])
{
	unsigned char keys[2][HASH_BYTES];
	const void *key = secret;
	size_t len = secret_len;
	bool done = true;

	for (size_t i = 0; done && i < n; i++) {
		done = hmac(key, len, words[i], keys[i % 2]);
		key = keys[i % 2];
		len = HASH_BYTES;
	}
	if (done)
		memcpy(key_out, key, HASH_BYTES);
	OPENSSL_cleanse(keys, sizeof(keys));
	return done;
}

bool sigv4_key_derive(struct slice secret_access_key, int64_t now_s,
    struct slice region, struct slice service, struct sigv4_key *key_out)
{
	char secret[4 + SIGV4_SECRET_MAX] = "AWS4";
	char time[SIGV4_TIME_SIZE];
	struct slice words[] = { { time, DATE_LEN }, region, service,
		LIT("aws4_request") };
	unsigned char bytes[HASH_BYTES];
	bool done;

	if (secret_access_key.len > SIGV4_SECRET_MAX)
		return false;
	sigv4_time(now_s, time);
	if (secret_access_key.len > 0)
		memcpy(secret + 4, secret_access_key.at, secret_access_key.len);
	done = derive(secret, 4 + secret_access_key.len, words,
	    sizeof(words) / sizeof(*words), bytes);
	OPENSSL_cleanse(secret, sizeof(secret));
	if (done) {
		memcpy(key_out->bytes, bytes, sizeof(bytes));
		memcpy(key_out->date, time, DATE_LEN);
		key_out->date[DATE_LEN] = '\0';
		key_out->region = region;
		key_out->service = service;
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return done;
}

bool sigv4_key_holds(const struct sigv4_key *key, int64_t now_s)
{
	char time[SIGV4_TIME_SIZE];

	sigv4_time(now_s, time);
	return memcmp(key->date, time, DATE_LEN) == 0;
}

bool sigv4_key_sign(const struct sigv4_key *key, struct slice text,
    char signature_out[SIGV4_HASH_SIZE])
{
	unsigned char mac[HASH_BYTES];

	if (!hmac(key->bytes, sizeof(key->bytes), text, mac))
		return false;
	to_hex(mac, signature_out);
	return true;
}
