/* Character references in attribute values, whole and split at every byte. */
#include "filter/charref.h"

#include "base/text.h"
#include "tests/unit/unit.h"

/* Names that stand for ASCII; html5lib's tests have few in attributes. */
static const struct {
	struct slice in, want;
} rows[] = {
	{ S("&Tab;&NewLine;&excl;&quot;&QUOT;&num;&dollar;&percnt;"),
	    S("\t\n!\"\"#$%") },
	{ S("&amp;&AMP;&apos;&lpar;&rpar;&ast;&midast;&plus;&comma;"),
	    S("&&'()**+,") },
	{ S("&period;&sol;&colon;&semi;&lt;&LT;&equals;&gt;&GT;&quest;"),
	    S("./:;<<=>>?") },
	{ S("&commat;&lsqb;&lbrack;&bsol;&rsqb;&rbrack;&Hat;&lowbar;"),
	    S("@[[\\]]^_") },
	{ S("&UnderBar;&grave;&DiacriticalGrave;&lcub;&lbrace;&verbar;"),
	    S("_``{{|") },
	{ S("&vert;&VerticalLine;&rcub;&rbrace;&fjlig;"), S("||}}fj") },
	{ S("&lt&gt&amp&quot&LT&GT&AMP&QUOT"), S("<>&\"<>&\"") },
	{ S("&lt=&ltx&lt1&lt /&lt"), S("&lt=&ltx&lt1< /<") },
	{ S("&sol&tab;&SOL;&;&&x;"), S("&sol&tab;&SOL;&;&&x;") },
	{ S("&#47;&#47&#047;&#x2f;&#X2F&#x0002F;"), S("//////") },
	{ S("&#&#;&#x&#x;&#y"), S("&#&#;&#x&#x;&#y") },
	{ S("&#0;&#xD800;&#xDFFF;&#x110000;&#99999999999;"),
	    S("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
	      "\xEF\xBF\xBD") },
	{ S("&#x80;&#x9F;&#x81;&#xA0;"),
	    S("\xE2\x82\xAC\xC5\xB8\xC2\x81\xC2\xA0") },
	{ S("&#x7FF;&#x800;&#xFFFF;&#x10000;&#x10FFFF;"),
	    S("\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80"
	      "\xF4\x8F\xBF\xBF") },
	{ S("&amp;sol;&am&amp;p;"), S("&sol;&am&p;") },
	{ S("&#00000000000000000000000000000000000000000000000000000000047;"),
	    S("/") },
	{ S(""), S("") },
};

struct taken {
	struct text decoded;
	struct text raw;
};

static void run(void *user, struct slice bytes)
{
	struct taken *t = user;

	text_add(&t->decoded, bytes);
	text_add(&t->raw, bytes);
}

static void one(void *user, char decoded, struct slice raw)
{
	struct taken *t = user;

	text_char(&t->decoded, decoded);
	text_add(&t->raw, raw);
}

static void decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		for (size_t cut = 0; cut <= rows[i].in.len; cut++) {
			char decoded[256], raw[256];
			struct taken taken = { text_over(decoded, 256),
				text_over(raw, 256) };
			struct charref_taker taker = { run, one, &taken };
			struct charref c;

			charref_start(&c);
			charref_feed(&c, slice_upto(rows[i].in, cut), &taker);
			charref_feed(&c, slice_from(rows[i].in, cut), &taker);
			charref_end(&c, &taker);
			assert_slice(text_slice(&taken.decoded), rows[i].want,
			    rows[i].in);
			assert_slice(
			    text_slice(&taken.raw), rows[i].in, rows[i].in);
		}
}

static void decodes_in_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char room[256];

		assert_slice(
		    charref_decode(rows[i].in, room), rows[i].want, rows[i].in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(decodes_in_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
