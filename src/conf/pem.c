/* PEM by libcrypto's own reader: what passes here passes in libcurl. */
#include "conf/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define DAY_S 86400

static const char der_message[] =
    "it is no PEM but looks like DER: convert it with openssl x509 or openssl "
    "pkey, -inform der";

static int no_passphrase(char *to, int room, int writing, void *user)
{
	(void)to;
	(void)room;
	(void)writing;
	*(bool *)user = true;
	return -1;
}

static bool is_der(struct slice bytes)
{
	return bytes.len > 1 && bytes.at[0] == 0x30 &&
	    ((unsigned char)bytes.at[1] & 0x80) != 0;
}

static bool seconds_of(const ASN1_TIME *time, int64_t *s_out)
{
	ASN1_TIME *start = ASN1_TIME_set(NULL, 0);
	int days, seconds;
	bool ok = start != NULL && ASN1_TIME_diff(&days, &seconds, start, time);

	ASN1_TIME_free(start);
	if (ok)
		*s_out = (int64_t)days * DAY_S + seconds;
	return ok;
}

/* Did the last read end for want of a further block? */
static bool no_more(void)
{
	unsigned long error = ERR_peek_last_error();

	return ERR_GET_LIB(error) == ERR_LIB_PEM &&
	    ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static BIO *bio_of(struct slice pem)
{
	ERR_clear_error();
	return BIO_new_mem_buf(pem.at, (int)pem.len);
}

static X509 *next_certificate(BIO *bio)
{
	bool asked = false;

	return PEM_read_bio_X509(bio, NULL, no_passphrase, &asked);
}

const char *pem_certificates(struct slice pem, struct pem_sum *sum_out)
{
	BIO *bio = bio_of(pem);
	const char *wrong = NULL;
	struct pem_sum sum = { 0 };
	X509 *x;

	if (bio == NULL)
		return "out of memory";
	while (wrong == NULL && (x = next_certificate(bio)) != NULL) {
		int64_t s;

		if (!seconds_of(X509_get0_notAfter(x), &s))
			wrong = "a certificate in it has no valid date";
		else if (sum.n++ == 0)
			sum.first_s = sum.last_s = s;
		else if (s > sum.last_s)
			sum.last_s = s;
		X509_free(x);
	}
	if (wrong == NULL && !no_more())
		wrong = "a certificate in it is damaged";
	else if (wrong == NULL && sum.n == 0)
		wrong = is_der(pem) ? der_message :
				      "there is no certificate in it: it is to "
				      "hold -----BEGIN CERTIFICATE-----";
	ERR_clear_error();
	BIO_free(bio);
	if (wrong == NULL)
		*sum_out = sum;
	return wrong;
}

static EVP_PKEY *read_key(struct slice pem, bool *asked_out)
{
	BIO *bio = bio_of(pem);
	EVP_PKEY *key;

	*asked_out = false;
	if (bio == NULL)
		return NULL;
	key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, asked_out);
	BIO_free(bio);
	return key;
}

/* OpenSSL 3 has one error for all that is no key. */
static bool begins_key(struct slice pem)
{
	for (; pem.len > 0; pem = slice_from(pem, 1))
		if (slice_starts(pem, LIT("PRIVATE KEY-----")))
			return true;
	return false;
}

const char *pem_key(struct slice pem)
{
	bool asked;
	EVP_PKEY *key = read_key(pem, &asked);

	ERR_clear_error();
	EVP_PKEY_free(key);
	if (key != NULL)
		return NULL;
	if (asked)
		return "the key is encrypted, and nobody is there to type a "
		       "passphrase: write it without one, readable by the "
		       "server's user alone";
	if (begins_key(pem))
		return "the private key in it is damaged";
	return is_der(pem) ? der_message :
			     "there is no private key in it: it is to hold "
			     "-----BEGIN PRIVATE KEY-----";
}

bool pem_pair(struct slice certificates, struct slice key)
{
	BIO *bio = bio_of(certificates);
	X509 *x = bio == NULL ? NULL : next_certificate(bio);
	bool asked;
	EVP_PKEY *private = read_key(key, &asked);
	bool ok = x != NULL && private != NULL &&
	    X509_check_private_key(x, private) == 1;

	EVP_PKEY_free(private);
	X509_free(x);
	BIO_free(bio);
	ERR_clear_error();
	return ok;
}
