/* Errors of S3: a few elements found, and what their codes mean. */
#include "policy/s3_error.h"

/* No code, region or endpoint is longer. */
#define VALUE_MAX 255

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}

/* What codes, regions and endpoints are made of: with anything else it is no
 * error of S3's. */
static bool is_plain(struct slice s)
{
	if (s.len == 0 || s.len > VALUE_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alpha(s.at[i]) && !ascii_is_digit(s.at[i]) &&
		    s.at[i] != '-' && s.at[i] != '.' && s.at[i] != '_' &&
		    s.at[i] != ':')
			return false;
	return true;
}

struct tag {
	struct slice before; /* text in front of it */
	struct slice name;
	bool closes;
	bool empty; /* <x/> */
};

/* The next tag, past declarations and instructions; false where there is no
 * whole one. */
static bool next_tag(struct slice *rest, struct tag *tag_out)
{
	struct slice before, inner;

	do {
		if (!slice_cut(rest, '<', &before) || rest->at == NULL ||
		    slice_find(*rest, '>') == rest->len)
			return false;
		(void)slice_cut(rest, '>', &inner);
	} while (slice_starts(inner, LIT("?")));
	tag_out->before = before;
	tag_out->closes = slice_starts(inner, LIT("/"));
	tag_out->empty = slice_ends(inner, LIT("/"));
	inner = slice_from(inner, tag_out->closes);
	for (size_t i = 0; i < inner.len; i++)
		if (inner.at[i] == '/' || (unsigned char)inner.at[i] <= ' ')
			inner = slice_upto(inner, i);
	tag_out->name = inner;
	return true;
}

/* The text of the element that has just begun, or nothing: then it is not
 * what we look for, and nothing of it is taken. */
static void take_value(struct slice *rest, struct slice name, struct slice *to)
{
	struct slice ahead = *rest;
	struct tag end;

	if (to->len > 0 || !next_tag(&ahead, &end) || !end.closes ||
	    !slice_eq(end.name, name) || !is_plain(end.before))
		return;
	*to = end.before;
}

struct s3_error s3_error_read(struct slice content)
{
	struct s3_error e = { LIT(""), LIT(""), LIT("") };
	struct slice rest = slice_upto(content, S3_ERROR_MAX_BYTES);
	struct tag tag;
	size_t depth = 0;

	while (next_tag(&rest, &tag)) {
		if (depth == 0 &&
		    (tag.closes || !slice_eq(tag.name, LIT("Error"))))
			break;
		if (tag.closes && --depth == 0)
			break;
		if (tag.closes || tag.empty || ++depth != 2)
			continue;
		if (slice_eq(tag.name, LIT("Code")))
			take_value(&rest, tag.name, &e.code);
		else if (slice_eq(tag.name, LIT("Region")))
			take_value(&rest, tag.name, &e.region);
		else if (slice_eq(tag.name, LIT("Endpoint")))
			take_value(&rest, tag.name, &e.endpoint);
	}
	return e;
}

static const struct {
	struct slice code;
	enum s3_complaint complaint;
} complaints[] = {
	{ NAME("AccessDenied"), S3_COMPLAINT_DENIED },
	{ NAME("AccountProblem"), S3_COMPLAINT_DENIED },
	{ NAME("AllAccessDisabled"), S3_COMPLAINT_DENIED },
	{ NAME("AuthorizationHeaderMalformed"), S3_COMPLAINT_REGION },
	{ NAME("Busy"), S3_COMPLAINT_BUSY },
	{ NAME("ExpiredToken"), S3_COMPLAINT_CREDENTIALS },
	{ NAME("IllegalLocationConstraintException"), S3_COMPLAINT_REGION },
	{ NAME("InternalError"), S3_COMPLAINT_BUSY },
	{ NAME("InvalidAccessKeyId"), S3_COMPLAINT_CREDENTIALS },
	{ NAME("InvalidBucketName"), S3_COMPLAINT_BUCKET },
	{ NAME("InvalidSecurity"), S3_COMPLAINT_CREDENTIALS },
	{ NAME("InvalidToken"), S3_COMPLAINT_CREDENTIALS },
	{ NAME("KeyTooLongError"), S3_COMPLAINT_MISSING },
	{ NAME("NoSuchBucket"), S3_COMPLAINT_BUCKET },
	{ NAME("NoSuchKey"), S3_COMPLAINT_MISSING },
	{ NAME("NoSuchVersion"), S3_COMPLAINT_MISSING },
	{ NAME("NotSignedUp"), S3_COMPLAINT_CREDENTIALS },
	{ NAME("PermanentRedirect"), S3_COMPLAINT_REGION },
	{ NAME("Redirect"), S3_COMPLAINT_REGION },
	{ NAME("RequestExpired"), S3_COMPLAINT_SKEWED },
	{ NAME("RequestTimeTooSkewed"), S3_COMPLAINT_SKEWED },
	{ NAME("ServiceUnavailable"), S3_COMPLAINT_BUSY },
	{ NAME("SignatureDoesNotMatch"), S3_COMPLAINT_SIGNATURE },
	{ NAME("SlowDown"), S3_COMPLAINT_BUSY },
	{ NAME("TemporaryRedirect"), S3_COMPLAINT_REGION },
	{ NAME("TokenRefreshRequired"), S3_COMPLAINT_CREDENTIALS },
	/* Known, and nothing but their status. */
	{ NAME("InvalidObjectState"), S3_COMPLAINT_NONE },
	{ NAME("MethodNotAllowed"), S3_COMPLAINT_NONE },
	{ NAME("NotImplemented"), S3_COMPLAINT_NONE },
};

static enum s3_complaint complain_by_status(int status)
{
	switch (status) {
	case 304:
		return S3_COMPLAINT_NONE;
	case 401:
		return S3_COMPLAINT_CREDENTIALS;
	case 403:
		return S3_COMPLAINT_DENIED;
	case 404:
		return S3_COMPLAINT_MISSING;
	case 429:
		return S3_COMPLAINT_BUSY;
	default:
		if (status >= 500)
			return S3_COMPLAINT_BUSY;
		return status >= 300 && status < 400 ? S3_COMPLAINT_REGION :
						       S3_COMPLAINT_NONE;
	}
}

enum s3_complaint s3_complain(int status, struct slice code)
{
	for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++)
		if (slice_eq(code, complaints[i].code))
			return complaints[i].complaint;
	return complain_by_status(status);
}
