/* Dates read and written without the C library's, which asks the locale. */
#include "http/date.h"

#include "base/text.h"

#define DAY_S 86400

/* What date_format() can write: the years 0 to 9999. */
#define SECONDS_MIN INT64_C(-62167219200)
#define SECONDS_MAX INT64_C(253402300799)

#define DAYS_TO_1970 719528 /* from the first day of the year 0 */

struct moment {
	int year;
	int month; /* 0..11 */
	int day;   /* 1..31 */
	int hour, minute, second;
	bool century_missing;
};

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}

static const struct slice months[12] = { NAME("Jan"), NAME("Feb"), NAME("Mar"),
	NAME("Apr"), NAME("May"), NAME("Jun"), NAME("Jul"), NAME("Aug"),
	NAME("Sep"), NAME("Oct"), NAME("Nov"), NAME("Dec") };

static const struct slice weekdays[7] = { NAME("Sunday"), NAME("Monday"),
	NAME("Tuesday"), NAME("Wednesday"), NAME("Thursday"), NAME("Friday"),
	NAME("Saturday") };

static const int days_before[13] = { 0, 31, 59, 90, 120, 151, 181, 212, 243,
	273, 304, 334, 365 };

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days of the year before a month, and of the years before a year, the year 0
 * being the first and a leap year. */
static int before_month(int year, int month)
{
	return days_before[month] + (month > 1 && is_leap(year));
}

static int before_year(int year)
{
	int last = year - 1;

	return year == 0 ? 0 :
			   365 * year + last / 4 - last / 100 + last / 400 + 1;
}

static bool exists(const struct moment *m)
{
	int length = before_month(m->year, m->month + 1) -
	    before_month(m->year, m->month);

	/* 60 is a leap second. */
	return m->day >= 1 && m->day <= length && m->hour <= 23 &&
	    m->minute <= 59 && m->second <= 60;
}

static int64_t to_seconds(const struct moment *m)
{
	int64_t days = before_year(m->year) + before_month(m->year, m->month) +
	    m->day - 1 - DAYS_TO_1970;

	return days * DAY_S + m->hour * 3600 + m->minute * 60 + m->second;
}

static struct moment to_moment(int64_t seconds)
{
	struct moment m = { 0 };
	int days, of_day;

	seconds = seconds < SECONDS_MIN ? SECONDS_MIN : seconds;
	seconds = seconds > SECONDS_MAX ? SECONDS_MAX : seconds;
	seconds += (int64_t)DAYS_TO_1970 * DAY_S;
	days = (int)(seconds / DAY_S);
	of_day = (int)(seconds % DAY_S);
	m.hour = of_day / 3600;
	m.minute = of_day / 60 % 60;
	m.second = of_day % 60;
	/* The mean year's length is right or, at its end, one too many. */
	m.year = (int)((int64_t)days * 400 / 146097);
	while (before_year(m.year + 1) <= days)
		m.year++;
	while (before_year(m.year) > days)
		m.year--;
	days -= before_year(m.year);
	while (before_month(m.year, m.month + 1) <= days)
		m.month++;
	m.day = days - before_month(m.year, m.month) + 1;
	return m;
}

/* --- reading ------------------------------------------------------------ */

static bool take_number(struct slice *s, size_t digits, int *value_out)
{
	uint64_t value;

	if (s->len < digits || !slice_to_u64(slice_upto(*s, digits), &value))
		return false;
	*value_out = (int)value;
	*s = slice_from(*s, digits);
	return true;
}

/* One of n names, or as much of one as `letters`. */
static bool take_name(struct slice *s, const struct slice *names, size_t n,
    size_t letters, int *index_out)
{
	for (size_t i = 0; i < n; i++) {
		struct slice name = slice_upto(names[i], letters);

		if (slice_starts_nocase(*s, name)) {
			*s = slice_from(*s, name.len);
			*index_out = (int)i;
			return true;
		}
	}
	return false;
}

static bool take_day(struct slice *s, int *day_out)
{
	if (s->len > 0 && s->at[0] == ' ') {
		*s = slice_from(*s, 1);
		return take_number(s, 1, day_out);
	}
	return take_number(s, 2, day_out);
}

/* As strptime() names them: a and A weekdays, b months, e a day with a blank
 * in the place of its zero. */
static bool take_part(struct slice *s, char part, struct moment *m)
{
	int weekday;

	switch (part) {
	case 'a':
		return take_name(s, weekdays, 7, 3, &weekday);
	case 'A':
		return take_name(s, weekdays, 7, 9, &weekday);
	case 'b':
		return take_name(s, months, 12, 3, &m->month);
	case 'm':
		return take_number(s, 2, &m->month) && --m->month >= 0 &&
		    m->month < 12;
	case 'd':
		return take_number(s, 2, &m->day);
	case 'e':
		return take_day(s, &m->day);
	case 'Y':
		return take_number(s, 4, &m->year);
	case 'y':
		m->century_missing = true;
		return take_number(s, 2, &m->year);
	case 'H':
		return take_number(s, 2, &m->hour);
	case 'M':
		return take_number(s, 2, &m->minute);
	default:
		return take_number(s, 2, &m->second);
	}
}

static bool take_form(struct slice *s, const char *form, struct moment *m)
{
	*m = (struct moment){ 0 };
	for (; *form != '\0'; form++) {
		if (*form == '%') {
			if (!take_part(s, *++form, m))
				return false;
			continue;
		}
		if (s->len == 0 || ascii_lower(s->at[0]) != ascii_lower(*form))
			return false;
		*s = slice_from(*s, 1);
	}
	return true;
}

/* The last year of these two digits that is no more than 50 years ahead
 * (RFC 9110 section 5.6.7). */
static void find_century(struct moment *m, int64_t now_s)
{
	struct moment last = to_moment(now_s);

	last.year += 50;
	m->year += last.year / 100 * 100;
	if (to_seconds(m) > to_seconds(&last))
		m->year -= 100;
}

bool date_parse(struct slice s, int64_t now_s, int64_t *seconds_out)
{
	static const char *const forms[] = {
		"%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT",
		"%a %b %e %H:%M:%S %Y",
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct slice rest = s;
		struct moment m;

		if (!take_form(&rest, forms[i], &m) || rest.len > 0)
			continue;
		if (m.century_missing)
			find_century(&m, now_s);
		if (!exists(&m))
			return false;
		*seconds_out = to_seconds(&m);
		return true;
	}
	return false;
}

static bool take_fraction(struct slice *s)
{
	size_t n = 1;

	if (s->len == 0 || s->at[0] != '.')
		return true;
	while (n < s->len && ascii_is_digit(s->at[n]))
		n++;
	*s = slice_from(*s, n);
	return n > 1;
}

static bool take_offset(struct slice *s, int64_t *offset_s_out)
{
	struct slice whole = *s;
	struct moment offset;
	int64_t seconds;

	if (slice_eq_nocase(whole, LIT("Z"))) {
		*s = slice_from(*s, 1);
		*offset_s_out = 0;
		return true;
	}
	*s = slice_from(*s, 1);
	if (whole.len == 0 || (whole.at[0] != '+' && whole.at[0] != '-') ||
	    !take_form(s, "%H:%M", &offset) || offset.hour > 23 ||
	    offset.minute > 59)
		return false;
	seconds = offset.hour * 3600 + offset.minute * 60;
	*offset_s_out = whole.at[0] == '-' ? -seconds : seconds;
	return true;
}

bool date_parse_rfc3339(struct slice s, int64_t *seconds_out)
{
	struct moment m;
	int64_t offset_s;

	if (!take_form(&s, "%Y-%m-%dT%H:%M:%S", &m) || !exists(&m) ||
	    !take_fraction(&s) || !take_offset(&s, &offset_s) || s.len > 0)
		return false;
	*seconds_out = to_seconds(&m) - offset_s;
	return true;
}

/* --- writing ------------------------------------------------------------ */

void date_format(int64_t seconds, char date_out[DATE_SIZE])
{
	struct moment m = to_moment(seconds);
	int days = before_year(m.year) + before_month(m.year, m.month) + m.day;
	struct text t = text_over(date_out, DATE_SIZE);

	/* The first day of the year 0 was a Saturday. */
	text_add(&t, slice_upto(weekdays[(days + 5) % 7], 3));
	text_format(&t, ", %02d ", m.day);
	text_add(&t, months[m.month]);
	/* It brings the NUL. */
	text_format(
	    &t, " %04d %02d:%02d:%02d GMT", m.year, m.hour, m.minute, m.second);
}
