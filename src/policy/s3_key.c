/* Keys and queries as S3 writes them. */
#include "policy/s3_key.h"

#include "conf/conf.h"
#include "policy/parameters.h"
#include "policy/percent.h"

struct slice s3_encode(struct slice bytes, bool slash, struct arena *a)
{
	return percent_encode(bytes, slash, a);
}

struct slice s3_path(struct slice path, struct arena *a)
{
	struct slice key = percent_decode(path, false, a);

	return key.at == NULL ? SLICE_NONE : percent_encode(key, true, a);
}

/* What would be an authorization of the client's own, of Signature Version 4
 * and 2; beside ours it is an error. */
static bool authorizes(struct slice name)
{
	static const struct slice version_2[] = {
		{ "AWSAccessKeyId", sizeof("AWSAccessKeyId") - 1 },
		{ "Expires", sizeof("Expires") - 1 },
		{ "Signature", sizeof("Signature") - 1 },
	};

	for (size_t i = 0; i < sizeof(version_2) / sizeof(*version_2); i++)
		if (slice_eq_nocase(name, version_2[i]))
			return true;
	return slice_starts_nocase(name, LIT("X-Amz-"));
}

static bool is_wanted(struct slice name, const struct slice_list *names)
{
	if (authorizes(name))
		return false;
	for (size_t i = 0; i < names->n; i++)
		if (slice_eq(names->at[i], LIT("*")) ||
		    slice_eq(names->at[i], name))
			return true;
	return false;
}

struct slice s3_query(
    struct slice query, const struct slice_list *names, struct arena *a)
{
	struct parameters p = { 0 };
	size_t kept = 0;

	if (slice_starts(query, LIT("?")))
		query = slice_from(query, 1);
	if (names->n == 0 || query.len == 0)
		return LIT("");
	if (!parameters_read(query, a, &p))
		return SLICE_NONE;
	for (size_t i = 0; i < p.n; i++)
		if (is_wanted(p.at[i].name, names))
			p.at[kept++] = p.at[i];
	p.n = kept;
	return parameters_write(&p, a);
}
