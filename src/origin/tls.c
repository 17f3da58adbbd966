/* Files go to libcurl as the bytes that were read with the rules: what was
 * checked is what is used, and where a file changed, libcurl sees another
 * setting and neither a kept connection nor a session of the old one's.
 *
 * Not so the system's authorities: by their file's name alone does libcurl
 * 7.87 and later read them once and not for each connection. */
#include "origin/tls.h"

#include "base/arena.h"
#include "conf/conf.h"

struct slice tls_root(const struct tls *tls, struct slice root)
{
	return tls == NULL || tls->root.len == 0 ? root : tls->root;
}

/* The bytes win where both are set.  GnuTLS takes the name alone, and does
 * not always say so. */
static bool set_file(
    CURL *curl, CURLoption bytes, CURLoption name, const struct tls_file *file)
{
	struct curl_blob blob = {
		.data = (void *)file->pem.at,
		.len = file->pem.len,
		.flags = CURL_BLOB_NOCOPY,
	};
	CURLcode code;

	if (file->path.len == 0)
		return true;
	code = curl_easy_setopt(curl, bytes, &blob);
	return (code == CURLE_OK || code == CURLE_NOT_BUILT_IN) &&
	    curl_easy_setopt(curl, name, file->path.at) == CURLE_OK;
}

/* libcurl looks in its folder of authorities even beside other ones, and
 * where that is set, reads its file for each connection. */
static bool set_authorities(CURL *curl, const struct tls *tls)
{
	const curl_version_info_data *built =
	    curl_version_info(CURLVERSION_NOW);
	bool system = tls->verify && tls->authorities.path.len == 0;
	const char *file = system ? built->cainfo : NULL;
	const char *folder = system && file == NULL ? built->capath : NULL;

	return curl_easy_setopt(curl, CURLOPT_CAINFO, file) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_CAPATH, folder) == CURLE_OK &&
	    (system || !tls->verify ||
		set_file(curl, CURLOPT_CAINFO_BLOB, CURLOPT_CAINFO,
		    &tls->authorities));
}

/* One node in the arena, as libcurl borrows the list. */
static bool set_peer(CURL *curl, const struct tls *tls, struct arena *a)
{
	struct curl_slist *to = NULL;

	if (tls->connect_to.len > 0) {
		to = arena_zero(a, sizeof(*to));
		if (to == NULL)
			return false;
		to->data = (char *)tls->connect_to.at;
	}
	return curl_easy_setopt(curl, CURLOPT_CONNECT_TO, to) == CURLE_OK;
}

bool tls_lend(CURL *curl, const struct tls *tls, struct arena *a)
{
	static const struct tls standard = { .verify = true };
	static const long versions[] = {
		[TLS_1_2] = CURL_SSLVERSION_TLSv1_2,
		[TLS_1_3] = CURL_SSLVERSION_TLSv1_3,
	};
	bool ok = true;

	if (tls == NULL)
		tls = &standard;
#define SET(option, value) \
	(ok = curl_easy_setopt(curl, option, value) == CURLE_OK && ok)
	SET(CURLOPT_SSL_VERIFYPEER, tls->verify ? 1L : 0L);
	SET(CURLOPT_SSL_VERIFYHOST, tls->verify ? 2L : 0L);
	SET(CURLOPT_SSLVERSION, versions[tls->least]);
#undef SET
	return ok && set_authorities(curl, tls) &&
	    set_file(curl, CURLOPT_SSLCERT_BLOB, CURLOPT_SSLCERT,
		&tls->client_cert) &&
	    set_file(
		curl, CURLOPT_SSLKEY_BLOB, CURLOPT_SSLKEY, &tls->client_key) &&
	    set_peer(curl, tls, a);
}

void tls_take_back(CURL *curl)
{
	static const CURLoption lent[] = { CURLOPT_CAINFO_BLOB,
		CURLOPT_SSLCERT_BLOB, CURLOPT_SSLKEY_BLOB, CURLOPT_SSLCERT,
		CURLOPT_SSLKEY, CURLOPT_CONNECT_TO };

	for (size_t i = 0; i < sizeof(lent) / sizeof(lent[0]); i++)
		curl_easy_setopt(curl, lent[i], NULL);
}
