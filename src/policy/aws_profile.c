/* Line by line, one pass, no copies. */
#include "policy/aws_profile.h"

/* Settings that lead to credentials by ways that are not ours. */
static const struct slice elsewhere[] = {
	{ "role_arn", 8 },
	{ "credential_process", 18 },
	{ "credential_source", 17 },
	{ "web_identity_token_file", 23 },
	{ "sso_session", 11 },
	{ "sso_start_url", 13 },
	{ "sso_account_id", 14 },
	{ "sso_role_name", 13 },
	{ "login_session", 13 },
};

#define ELSEWHERE_N (sizeof(elsewhere) / sizeof(elsewhere[0]))

/* Whose settings are being read. */
enum section {
	SECTION_OTHER,
	SECTION_OURS,
	SECTION_PLAIN_DEFAULT, /* a config file's [default], which counts
				* where there is no [profile default] */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t indent_of(struct slice line)
{
	size_t n = 0;

	while (n < line.len && is_blank(line.at[n]))
		n++;
	return n;
}

static bool is_comment(char c)
{
	return c == '#' || c == ';';
}

/* A comment may follow a value, but only behind a blank: secrets hold
 * neither. */
static struct slice uncommented(struct slice value)
{
	for (size_t i = 1; i < value.len; i++)
		if (is_comment(value.at[i]) && is_blank(value.at[i - 1]))
			return slice_trim(slice_upto(value, i));
	return slice_trim(value);
}

/* "[profile x]" of a config file is that of x; `header` begins with '['. */
static enum section section_of(
    struct slice header, enum aws_file file, struct slice name)
{
	size_t end = slice_find(header, ']');
	struct slice title = slice_trim(slice_from(slice_upto(header, end), 1));
	struct slice word = LIT("profile");

	if (end == header.len)
		return SECTION_OTHER;
	if (file == AWS_CREDENTIALS_FILE)
		return slice_eq(title, name) ? SECTION_OURS : SECTION_OTHER;
	if (slice_starts(title, word) && title.len > word.len &&
	    is_blank(title.at[word.len]))
		return slice_eq(slice_trim(slice_from(title, word.len)), name) ?
		    SECTION_OURS :
		    SECTION_OTHER;
	if (slice_eq(title, LIT("default")) && slice_eq(name, title))
		return SECTION_PLAIN_DEFAULT;
	return SECTION_OTHER;
}

static void setting_keep(
    struct aws_profile *p, struct slice name, struct slice value)
{
	struct slice *to = slice_eq_nocase(name, LIT("aws_access_key_id")) ?
	    &p->keys.access_key_id :
	    slice_eq_nocase(name, LIT("aws_secret_access_key")) ?
	    &p->keys.secret_access_key :
	    slice_eq_nocase(name, LIT("aws_session_token")) ?
	    &p->keys.session_token :
	    NULL;

	if (to != NULL)
		*to = value.len > 0 ? value : SLICE_NONE;
	for (size_t i = 0; i < ELSEWHERE_N && p->elsewhere.len == 0; i++)
		if (value.len > 0 && slice_eq_nocase(name, elsewhere[i]))
			p->elsewhere = elsewhere[i];
}

struct aws_profile aws_profile_read(
    struct slice text, enum aws_file file, struct slice name)
{
	struct aws_profile found[] = {
		[SECTION_OURS] = { 0 },
		[SECTION_PLAIN_DEFAULT] = { 0 },
	};
	enum section section = SECTION_OTHER;
	size_t deepest = SIZE_MAX; /* deeper belongs to the setting above */
	struct slice line;

	if (slice_starts(text, LIT("\xef\xbb\xbf")))
		text = slice_from(text, 3);
	while (slice_cut(&text, '\n', &line)) {
		size_t indent;
		size_t equals;

		if (slice_ends(line, LIT("\r")))
			line.len--;
		indent = indent_of(line);
		line = slice_from(line, indent);
		if (line.len == 0 || is_comment(line.at[0]) || indent > deepest)
			continue;
		if (line.at[0] == '[') {
			section = section_of(line, file, name);
			found[section].found = true;
			deepest = SIZE_MAX;
			continue;
		}
		deepest = indent;
		equals = slice_find(line, '=');
		if (section != SECTION_OTHER && equals < line.len)
			setting_keep(&found[section],
			    slice_trim(slice_upto(line, equals)),
			    uncommented(slice_from(line, equals + 1)));
	}
	return found[SECTION_OURS].found ? found[SECTION_OURS] :
					   found[SECTION_PLAIN_DEFAULT];
}
