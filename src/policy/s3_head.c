/* What of a bucket's response is not for visitors. */
#include "policy/s3_head.h"

#include "http/message.h"

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}
#define COUNT(row) (sizeof(row) / sizeof((row)[0]))

static const struct slice hidden[] = {
	NAME("Location"),
	NAME("Server"),
	NAME("X-Trans-Id"),
	NAME("X-Openstack-Request-Id"),
};

static const struct slice hidden_prefixes[] = {
	NAME("X-Amz-"),
	NAME("X-Rgw-"),
	NAME("X-Minio-"),
	NAME("X-Goog-"),
};

static const struct slice of_the_object[] = {
	NAME("Accept-Ranges"),
	NAME("Age"),
	NAME("Cache-Control"),
	NAME("ETag"),
	NAME("Expires"),
	NAME("Last-Modified"),
};

static bool is_hidden(struct slice name)
{
	for (size_t i = 0; i < COUNT(hidden); i++)
		if (slice_eq_nocase(name, hidden[i]))
			return true;
	for (size_t i = 0; i < COUNT(hidden_prefixes); i++)
		if (slice_starts_nocase(name, hidden_prefixes[i]))
			return true;
	return false;
}

void s3_head_hide(struct response *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->fields.n; i++)
		if (!is_hidden(r->fields.at[i].name))
			r->fields.at[kept++] = r->fields.at[i];
	r->fields.n = kept;
}

void s3_head_error_page(struct response *r)
{
	for (size_t i = 0; i < COUNT(of_the_object); i++)
		(void)field_remove(&r->fields, of_the_object[i]);
}
