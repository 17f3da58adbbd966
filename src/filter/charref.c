/* Decoding character references. */
#include "filter/charref.h"

#include <string.h>

#include "base/utf8.h"

/* Sorted by name.  `bare`: known without a semicolon, too. */
static const struct {
	struct slice name;
	struct slice text;
	bool bare;
} names[] = {
#define NAME(n, t)                                                \
	{                                                         \
		{ n, sizeof(n) - 1 }, { t, sizeof(t) - 1 }, false \
	}
#define BARE(n, t)                                               \
	{                                                        \
		{ n, sizeof(n) - 1 }, { t, sizeof(t) - 1 }, true \
	}
	BARE("AMP", "&"),
	NAME("DiacriticalGrave", "`"),
	BARE("GT", ">"),
	NAME("Hat", "^"),
	BARE("LT", "<"),
	NAME("NewLine", "\n"),
	BARE("QUOT", "\""),
	NAME("Tab", "\t"),
	NAME("UnderBar", "_"),
	NAME("VerticalLine", "|"),
	BARE("amp", "&"),
	NAME("apos", "'"),
	NAME("ast", "*"),
	NAME("bsol", "\\"),
	NAME("colon", ":"),
	NAME("comma", ","),
	NAME("commat", "@"),
	NAME("dollar", "$"),
	NAME("equals", "="),
	NAME("excl", "!"),
	NAME("fjlig", "fj"),
	NAME("grave", "`"),
	BARE("gt", ">"),
	NAME("lbrace", "{"),
	NAME("lbrack", "["),
	NAME("lcub", "{"),
	NAME("lowbar", "_"),
	NAME("lpar", "("),
	NAME("lsqb", "["),
	BARE("lt", "<"),
	NAME("midast", "*"),
	NAME("num", "#"),
	NAME("percnt", "%"),
	NAME("period", "."),
	NAME("plus", "+"),
	NAME("quest", "?"),
	BARE("quot", "\""),
	NAME("rbrace", "}"),
	NAME("rbrack", "]"),
	NAME("rcub", "}"),
	NAME("rpar", ")"),
	NAME("rsqb", "]"),
	NAME("semi", ";"),
	NAME("sol", "/"),
	NAME("verbar", "|"),
	NAME("vert", "|"),
};
#define NAMES (sizeof(names) / sizeof(names[0]))

/* What numbers from 0x80 to 0x9F stand for: windows-1252. */
static const uint16_t windows_1252[32] = { 0x20AC, 0x81, 0x201A, 0x0192, 0x201E,
	0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
	0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013,
	0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178 };

#define REPLACEMENT 0xFFFD
#define LAST_CODE   0x10FFFF

static bool is_alnum(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c);
}

/* The text of a name; SLICE_NONE where it is none of ours. */
static struct slice named(struct slice name, bool semicolon)
{
	size_t low = 0;
	size_t high = NAMES;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = slice_compare(name, names[middle].name);

		if (order == 0)
			return semicolon || names[middle].bare ?
			    names[middle].text :
			    SLICE_NONE;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return SLICE_NONE;
}

static uint32_t number_stands_for(uint32_t code)
{
	if (code >= 0x80 && code <= 0x9F)
		return windows_1252[code - 0x80];
	if (code == 0 || code > LAST_CODE || (code >= 0xD800 && code <= 0xDFFF))
		return REPLACEMENT;
	return code;
}

/* The digits behind "&#" or "&#x"; SLICE_NONE where there are none. */
static struct slice numeric(struct slice digits, int base, char *room)
{
	uint32_t code = 0;

	for (size_t i = 0; i < digits.len; i++) {
		code =
		    code * (uint32_t)base + (uint32_t)ascii_hex(digits.at[i]);
		if (code > LAST_CODE)
			code = LAST_CODE + 1;
	}
	return digits.len == 0 ?
	    SLICE_NONE :
	    (struct slice){ room, utf8_put(number_stands_for(code), room) };
}

static bool is_numeric(struct slice held)
{
	return held.len > 1 && held.at[1] == '#';
}

static bool is_hex(struct slice held)
{
	return held.len > 2 && ascii_lower(held.at[2]) == 'x';
}

/* May c belong to the reference that is held? */
static bool goes_on(struct slice held, char c)
{
	if (held.len == 1)
		return c == '#' || is_alnum(c);
	if (!is_numeric(held))
		return is_alnum(c);
	if (held.len == 2 && ascii_lower(c) == 'x')
		return true;
	return is_hex(held) ? ascii_hex(c) >= 0 : ascii_is_digit(c);
}

/* What the reference stands for that ends before `next`. */
static struct slice decoded(struct slice held, char next, char *room)
{
	if (is_hex(held) && is_numeric(held))
		return numeric(slice_from(held, 3), 16, room);
	if (is_numeric(held))
		return numeric(slice_from(held, 2), 10, room);
	/* "&lt=" in an attribute is a query's parameter. */
	return next == '=' ? SLICE_NONE :
			     named(slice_from(held, 1), next == ';');
}

/* The reference ends before `next`.  True: it has taken `next`, its
 * semicolon. */
static bool settle(
    struct charref *c, char next, const struct charref_taker *taker)
{
	struct slice raw = { c->held, c->n };
	char room[4];
	struct slice text = decoded(raw, next, room);
	bool taken = text.len > 0 && next == ';';

	c->n = 0;
	if (text.len == 0) {
		taker->run(taker->user, raw);
		return false;
	}
	if (taken)
		c->held[raw.len++] = next;
	for (size_t i = 0; i < text.len; i++) {
		taker->one(taker->user, text.at[i], raw);
		raw = LIT("");
	}
	return taken;
}

/* Goes on in a reference; how many bytes were taken. */
static size_t hold(
    struct charref *c, struct slice s, const struct charref_taker *taker)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!goes_on((struct slice){ c->held, c->n }, s.at[i]))
			return i + settle(c, s.at[i], taker);
		c->held[c->n++] = s.at[i];
		if (c->n == CHARREF_MAX) {
			/* Room is kept for a semicolon. */
			taker->run(
			    taker->user, (struct slice){ c->held, c->n });
			c->n = 0;
			return i + 1;
		}
	}
	return s.len;
}

void charref_feed(
    struct charref *c, struct slice raw, const struct charref_taker *taker)
{
	while (raw.len > 0) {
		size_t n;

		if (c->n > 0) {
			raw = slice_from(raw, hold(c, raw, taker));
			continue;
		}
		n = slice_find(raw, '&');
		if (n > 0)
			taker->run(taker->user, slice_upto(raw, n));
		if (n < raw.len)
			c->held[c->n++] = raw.at[n++];
		raw = slice_from(raw, n);
	}
}

void charref_end(struct charref *c, const struct charref_taker *taker)
{
	if (c->n > 0)
		(void)settle(c, '\0', taker);
}

/* ---- whole values ---- */

static void add_run(void *user, struct slice bytes)
{
	struct slice *to = user;

	memcpy((char *)(uintptr_t)to->at + to->len, bytes.at, bytes.len);
	to->len += bytes.len;
}

static void add_one(void *user, char c, struct slice raw)
{
	(void)raw;
	add_run(user, (struct slice){ &c, 1 });
}

struct slice charref_decode(struct slice raw, char *room)
{
	struct slice value = { room, 0 };
	struct charref_taker taker = { add_run, add_one, &value };
	struct charref c;

	charref_start(&c);
	charref_feed(&c, raw, &taker);
	charref_end(&c, &taker);
	return value;
}
