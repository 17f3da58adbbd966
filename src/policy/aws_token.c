/* A reader of one flat object: what is nested is checked and skipped. */
#include "policy/aws_token.h"

#include <string.h>

#include "base/utf8.h"
#include "http/date.h"

/* Letters of a code that the log shows; more than any has. */
#define CODE_MAX 64

struct reader {
	char *at;
	char *end;
};

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end &&
	    (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' ||
		*r->at == '\r'))
		r->at++;
}

/* The byte c, with blanks before it. */
static bool take(struct reader *r, char c)
{
	skip_blanks(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool take_hex4(struct reader *r, uint32_t *code_out)
{
	uint32_t code = 0;

	if (r->end - r->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		int digit = ascii_hex(r->at[i]);

		if (digit < 0)
			return false;
		code = code << 4 | (uint32_t)digit;
	}
	r->at += 4;
	*code_out = code;
	return true;
}

/* Behind "\u"; what is one half of a pair alone becomes U+FFFD. */
static bool take_code_point(struct reader *r, uint32_t *code_out)
{
	struct reader ahead;
	uint32_t high;
	uint32_t low;

	if (!take_hex4(r, &high))
		return false;
	*code_out = high;
	if (high < 0xd800 || high > 0xdbff || r->end - r->at < 6 ||
	    r->at[0] != '\\' || r->at[1] != 'u')
		return true;
	ahead = (struct reader){ r->at + 2, r->end };
	if (!take_hex4(&ahead, &low))
		return false;
	if (low < 0xdc00 || low > 0xdfff)
		return true;
	*code_out = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	r->at = ahead.at;
	return true;
}

/* Behind the backslash; never longer than what it was written as. */
static bool take_escape(struct reader *r, char **to)
{
	static const char names[] = "\"\\/bfnrt";
	static const char bytes[] = "\"\\/\b\f\n\r\t";
	char utf8[4];
	uint32_t code;
	const char *name;
	size_t len;

	if (r->at == r->end)
		return false;
	if (*r->at != 'u') {
		name = memchr(names, *r->at, sizeof(names) - 1);
		if (name == NULL)
			return false;
		*(*to)++ = bytes[name - names];
		r->at++;
		return true;
	}
	r->at++;
	if (!take_code_point(r, &code))
		return false;
	len = utf8_put(code, utf8);
	memcpy(*to, utf8, len);
	*to += len;
	return true;
}

static bool take_string(struct reader *r, struct slice *string_out)
{
	char *start;
	char *to;

	if (!take(r, '"'))
		return false;
	start = to = r->at;
	while (r->at < r->end && *r->at != '"') {
		if ((unsigned char)*r->at < ' ')
			return false;
		if (*r->at != '\\') {
			*to++ = *r->at++;
			continue;
		}
		r->at++;
		if (!take_escape(r, &to))
			return false;
	}
	if (r->at == r->end)
		return false;
	r->at++;
	*string_out = (struct slice){ start, (size_t)(to - start) };
	return true;
}

static bool take_digits(struct reader *r)
{
	char *start = r->at;

	while (r->at < r->end && ascii_is_digit(*r->at))
		r->at++;
	return r->at > start;
}

static bool next_is(const struct reader *r, char c)
{
	return r->at < r->end && *r->at == c;
}

static bool take_number(struct reader *r)
{
	if (next_is(r, '-'))
		r->at++;
	if (next_is(r, '0'))
		r->at++;
	else if (!take_digits(r))
		return false;
	if (next_is(r, '.')) {
		r->at++;
		if (!take_digits(r))
			return false;
	}
	if (next_is(r, 'e') || next_is(r, 'E')) {
		r->at++;
		if (next_is(r, '+') || next_is(r, '-'))
			r->at++;
		return take_digits(r);
	}
	return true;
}

/* A number, true, false or null. */
static bool take_word(struct reader *r)
{
	static const struct slice words[] = { { "true", 4 }, { "false", 5 },
		{ "null", 4 } };
	struct slice rest = { r->at, (size_t)(r->end - r->at) };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_starts(rest, words[i])) {
			r->at += words[i].len;
			return true;
		}
	return take_number(r);
}

static bool take_name(struct reader *r, struct slice *name_out)
{
	return take_string(r, name_out) && take(r, ':');
}

/* One value of any kind.  A string goes to *string_out, for anything else
 * that is SLICE_NONE.  Without recursion: depth costs a bit. */
static bool take_value(struct reader *r, struct slice *string_out)
{
	uint32_t objects = 0; /* for each level: is it an object? */
	unsigned depth = 0;
	struct slice ignored;

	*string_out = SLICE_NONE;
	for (;;) {
		bool opened = false;

		skip_blanks(r);
		if (next_is(r, '"')) {
			if (!take_string(r, depth == 0 ? string_out : &ignored))
				return false;
		} else if (next_is(r, '{') || next_is(r, '[')) {
			if (depth == AWS_TOKEN_DEPTH)
				return false;
			objects = objects << 1 | (*r->at++ == '{');
			depth++;
			opened = true;
		} else if (!take_word(r)) {
			return false;
		}
		for (; depth > 0; depth--, objects >>= 1) {
			bool closed = take(r, (objects & 1) != 0 ? '}' : ']');

			if (!closed && !opened && !take(r, ','))
				return false;
			opened = false;
			if (!closed)
				break;
		}
		if (depth == 0)
			return true;
		if ((objects & 1) != 0 && !take_name(r, &ignored))
			return false;
	}
}

struct members {
	struct aws_keys keys;
	struct slice expiration;
	struct slice code;
};

static void member_keep(
    struct members *m, struct slice name, struct slice value)
{
	const struct {
		struct slice name;
		struct slice *to;
	} known[] = {
		{ LIT("AccessKeyId"), &m->keys.access_key_id },
		{ LIT("SecretAccessKey"), &m->keys.secret_access_key },
		{ LIT("Token"), &m->keys.session_token },
		{ LIT("Expiration"), &m->expiration },
		{ LIT("Code"), &m->code },
		{ LIT("code"), &m->code }, /* of containers' services */
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (slice_eq(name, known[i].name))
			*known[i].to = value;
}

static bool read_members(struct reader *r, struct members *m)
{
	struct slice name;
	struct slice value;

	if (!take(r, '{'))
		return false;
	if (!take(r, '}')) {
		do {
			if (!take_name(r, &name) || !take_value(r, &value))
				return false;
			member_keep(m, name, value);
		} while (take(r, ','));
		if (!take(r, '}'))
			return false;
	}
	skip_blanks(r);
	return r->at == r->end;
}

/* Letters alone are shown: no key is made of these. */
static struct slice code_shown(struct slice code)
{
	for (size_t i = 0; i < code.len; i++)
		if (!ascii_is_alpha(code.at[i]))
			return LIT("");
	return code.len > CODE_MAX ? LIT("") : code;
}

enum aws_token_fault aws_token_read(
    char *text, size_t len, struct aws_token *token_out)
{
	struct reader r = { text, text + len };
	struct members m = { 0 };
	int64_t expires_s = AWS_TOKEN_FOREVER;

	if (!read_members(&r, &m))
		return AWS_TOKEN_NO_JSON;
	if (m.code.len > 0 && !slice_eq(m.code, LIT("Success"))) {
		token_out->code = code_shown(m.code);
		return AWS_TOKEN_REFUSED;
	}
	token_out->wrong = aws_keys_fault(&m.keys);
	if (token_out->wrong.len > 0)
		return AWS_TOKEN_INCOMPLETE;
	if (m.expiration.at != NULL &&
	    !date_parse_rfc3339(m.expiration, &expires_s))
		return AWS_TOKEN_TIME;
	token_out->keys = m.keys;
	token_out->expires_s = expires_s;
	return AWS_TOKEN_OK;
}
