/*
 * A table has a row for each constraint: what arguments it takes, what it checks, and within which
 * bounds. An expression runs under limits, because one such as (a+)+$ can take longer than the
 * universe lasts and would hold up the whole host: .NET stops after ten seconds.
 */
#include "config.h"
#include "host/constraint.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/date_text.h"
#include "host/number.h"

/* Steps of the matcher, some 50 ms in all, and the memory that it may take for backtracking. */
enum { MATCH_STEPS_MAX = 1000000, MATCH_MEMORY_MAX_KIB = 32 << 10 };
enum { NAMES_MAX_BYTES = 512, EXAMPLE_LETTERS_MAX = 1000 };

enum arguments {
    ARGUMENTS_NONE,
    ARGUMENTS_LOW,    /* one number, the lower bound */
    ARGUMENTS_HIGH,   /* one number, the upper bound */
    ARGUMENTS_BOUNDS, /* both */
    ARGUMENTS_LENGTH, /* both, or one number that is both */
    ARGUMENTS_PATTERN,
};

struct kind {
    const char *name;
    const char *form; /* as it is written */
    enum arguments arguments;
    /* NULL: the value is held against the expression. */
    bool (*fits)(const struct constraint *constraint, const char *value);
    long long low, high; /* bounds of the value or of its length, and of the arguments */
    const char *pattern; /* where it is no argument */
    const char *example;
};

struct constraint {
    const struct kind *kind;
    long long low, high;
    pcre2_code *regex; /* owned; NULL where there is none */
};

/* ---- values ---- */

static const char *skip_white(const char *at)
{
    return at + strspn(at, " \t\n\v\f\r");
}

static bool is_sign(char c)
{
    return c == '+' || c == '-';
}

/* All of `text`: a whole number with a sign or without, and spaces around it. */
static bool read_integer(const char *text, long long *number)
{
    unsigned long long magnitude;
    text = skip_white(text);
    bool negative = *text == '-';
    text += is_sign(*text);
    text = number_read(text, (unsigned long long)LLONG_MAX + negative, &magnitude);
    if (!text || *skip_white(text))
        return false;
    *number = negative ? (long long)(0 - magnitude) : (long long)magnitude;
    return true;
}

static bool fits_integer(const struct constraint *constraint, const char *value)
{
    long long number;
    return read_integer(value, &number) && number >= constraint->low && number <= constraint->high;
}

static bool fits_length(const struct constraint *constraint, const char *value)
{
    long long units = 0;
    uint32_t code;
    for (size_t len = strlen(value), at = 0; at<len; units += code> 0xFFFF ? 2 : 1)
        at += text_decode(value + at, len - at, &code);
    return units >= constraint->low && units <= constraint->high;
}

/* A number with a point, and commas before it. */
static bool is_number(const char *at, bool exponent, bool sign_behind)
{
    bool digits = false, point = false;
    at = skip_white(at);
    bool sign = is_sign(*at);
    for (at += sign;; at++) {
        if (isdigit((unsigned char)*at))
            digits = true;
        else if (*at == '.' && !point)
            point = true;
        else if (*at != ',' || !digits || point)
            break;
    }
    if (exponent && digits && (*at == 'e' || *at == 'E')) {
        const char *power = at + 1 + is_sign(at[1]);
        size_t len = strspn(power, "0123456789");
        at = len ? power + len : at;
    }
    at = skip_white(at);
    if (sign_behind && !sign && is_sign(*at))
        at = skip_white(at + 1);
    return digits && !*at;
}

static bool fits_decimal(const struct constraint *constraint, const char *value)
{
    static const char largest[] = "79228162514264337593543950335";
    char digits[sizeof largest];
    size_t count = 0;
    (void)constraint;
    if (!is_number(value, false, true))
        return false;
    for (; *value && *value != '.'; value++) {
        if (!isdigit((unsigned char)*value) || (*value == '0' && !count))
            continue;
        if (count == sizeof largest - 1)
            return false;
        digits[count++] = *value;
    }
    return count < sizeof largest - 1 || memcmp(digits, largest, count) <= 0;
}

/* The text without the spaces around it is `word`, but for case. */
static bool is_word(const char *text, const char *word)
{
    text = skip_white(text);
    size_t len = strlen(word);
    return strncasecmp(text, word, len) == 0 && !*skip_white(text + len);
}

static bool fits_real(const struct constraint *constraint, const char *value)
{
    (void)constraint;
    if (is_number(value, true, false))
        return true;
    value = skip_white(value);
    value += is_sign(*value);
    return !isspace((unsigned char)*value) && (is_word(value, "Infinity") || is_word(value, "NaN"));
}

static bool fits_bool(const struct constraint *constraint, const char *value)
{
    (void)constraint;
    return is_word(value, "true") || is_word(value, "false");
}

static bool fits_date(const struct constraint *constraint, const char *value)
{
    (void)constraint;
    return date_text_is_valid(value);
}

/* Hexadecimal digits; `shape` has a hyphen where one is to be. */
static bool has_shape(const char *text, const char *shape)
{
    for (; *shape; shape++, text++)
        if (*shape == '-' ? *text != '-' : !isxdigit((unsigned char)*text))
            return false;
    return true;
}

static bool fits_guid(const struct constraint *constraint, const char *value)
{
    static const char hyphens[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    static const char digits[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    (void)constraint;
    value = skip_white(value);
    char close = *value == '{' ? '}' : *value == '(' ? ')' : '\0';
    value += close != '\0';
    if (!close && has_shape(value, digits))
        return !*skip_white(value + sizeof digits - 1);
    if (!has_shape(value, hyphens))
        return false;
    value += sizeof hyphens - 1;
    return close ? *value == close && !*skip_white(value + 1) : !*skip_white(value);
}

static bool fits_file(const struct constraint *constraint, const char *value)
{
    const char *slash = strrchr(value, '/');
    const char *dot = strchr(slash ? slash + 1 : value, '.');
    (void)constraint;
    return dot && dot[strspn(dot, ".")];
}

static bool fits_no_file(const struct constraint *constraint, const char *value)
{
    return !fits_file(constraint, value);
}

static enum constraint_result match_pattern(const pcre2_code *regex, const char *value)
{
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(regex, NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    int found = PCRE2_ERROR_NOMEMORY;
    if (data && limits) {
        pcre2_set_match_limit(limits, MATCH_STEPS_MAX);
        pcre2_set_heap_limit(limits, MATCH_MEMORY_MAX_KIB);
        found = pcre2_match(regex, (PCRE2_SPTR)value, strlen(value), 0, 0, data, limits);
    }
    pcre2_match_context_free(limits);
    pcre2_match_data_free(data);
    if (found >= 0)
        return CONSTRAINT_FITS;
    return found == PCRE2_ERROR_NOMATCH ? CONSTRAINT_FAILS : CONSTRAINT_GIVEN_UP;
}

/* ---- the table ---- */

static const struct kind kinds[] = {
    {"alpha", "alpha", ARGUMENTS_NONE, NULL, 0, 0, "^[a-z]*$", NULL},
    {"bool", "bool", ARGUMENTS_NONE, fits_bool, 0, 0, NULL, "true"},
    {"datetime", "datetime", ARGUMENTS_NONE, fits_date, 0, 0, NULL, "2000-01-01"},
    {"decimal", "decimal", ARGUMENTS_NONE, fits_decimal, 0, 0, NULL, "1"},
    {"double", "double", ARGUMENTS_NONE, fits_real, 0, 0, NULL, "1"},
    {"file", "file", ARGUMENTS_NONE, fits_file, 0, 0, NULL, NULL},
    {"float", "float", ARGUMENTS_NONE, fits_real, 0, 0, NULL, "1"},
    {"guid", "guid", ARGUMENTS_NONE, fits_guid, 0, 0, NULL, "00000000-0000-0000-0000-000000000000"},
    {"int", "int", ARGUMENTS_NONE, fits_integer, INT32_MIN, INT32_MAX, NULL, NULL},
    {"length", "length(NUMBER) or length(LOW,HIGH)", ARGUMENTS_LENGTH, fits_length, 0, INT32_MAX,
     NULL, NULL},
    {"long", "long", ARGUMENTS_NONE, fits_integer, INT64_MIN, INT64_MAX, NULL, NULL},
    {"max", "max(NUMBER)", ARGUMENTS_HIGH, fits_integer, INT64_MIN, INT64_MAX, NULL, NULL},
    {"maxlength", "maxlength(NUMBER)", ARGUMENTS_HIGH, fits_length, 0, INT32_MAX, NULL, NULL},
    {"min", "min(NUMBER)", ARGUMENTS_LOW, fits_integer, INT64_MIN, INT64_MAX, NULL, NULL},
    {"minlength", "minlength(NUMBER)", ARGUMENTS_LOW, fits_length, 0, INT32_MAX, NULL, NULL},
    {"nonfile", "nonfile", ARGUMENTS_NONE, fits_no_file, 0, 0, NULL, NULL},
    {"range", "range(LOW,HIGH)", ARGUMENTS_BOUNDS, fits_integer, INT64_MIN, INT64_MAX, NULL, NULL},
    {"regex", "regex(EXPRESSION)", ARGUMENTS_PATTERN, NULL, 0, 0, NULL, NULL},
    {"required", "required", ARGUMENTS_NONE, fits_length, 1, INT32_MAX, NULL, NULL},
};

static const struct kind *find_kind(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strlen(kinds[i].name) == len && strncasecmp(kinds[i].name, name, len) == 0)
            return &kinds[i];
    return NULL;
}

/* ---- making one ---- */

/* [a-z-[aeiou]] leaves vowels out in .NET only; elsewhere it is another expression. */
static bool has_subtraction(const char *at)
{
    bool inside = false;
    for (; *at; at++) {
        if (*at == '\\' && at[1]) {
            at++;
        } else if (!inside && *at == '[') {
            inside = true;
            at += at[1] == '^';
            at += at[1] == ']'; /* the first one is a member */
        } else if (inside && *at == ']') {
            inside = false;
        } else if (inside && at[0] == '-' && at[1] == '[') {
            return true;
        }
    }
    return false;
}

static int compile(struct constraint *constraint, const char *pattern, struct error *error)
{
    const uint32_t as_dotnet = PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_ALT_BSUX |
                               PCRE2_DUPNAMES | PCRE2_NEVER_BACKSLASH_C;
    PCRE2_UCHAR reason[128];
    PCRE2_SIZE at;
    int code;
    if (has_subtraction(pattern))
        return error_set(error, EXIT_STATUS_APP,
                         "the expression '%s' takes one class out of another with '-[', which only "
                         ".NET can; list the characters instead",
                         pattern);
    constraint->regex =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, as_dotnet, &code, &at, NULL);
    if (constraint->regex)
        return 0;
    pcre2_get_error_message(code, reason, sizeof reason);
    return error_set(error, EXIT_STATUS_APP, "the expression '%s' is wrong at byte %zu: %s",
                     pattern, (size_t)at, (const char *)reason);
}

/* A number as an argument, within the bounds of the kind. */
static bool read_argument(const struct kind *kind, const char *text, size_t len, long long *number)
{
    char *copy = mem_strndup(text, len);
    bool fits = read_integer(copy, number) && *number >= kind->low && *number <= kind->high;
    free(copy);
    return fits;
}

static bool read_bounds(struct constraint *constraint, const char *arguments)
{
    const struct kind *kind = constraint->kind;
    enum arguments wanted = kind->arguments;
    const char *comma = strchr(arguments, ',');
    size_t len = strlen(arguments);
    if (wanted == ARGUMENTS_LOW)
        return read_argument(kind, arguments, len, &constraint->low);
    if (wanted == ARGUMENTS_HIGH)
        return read_argument(kind, arguments, len, &constraint->high);
    if (comma)
        return read_argument(kind, arguments, (size_t)(comma - arguments), &constraint->low) &&
               read_argument(kind, comma + 1, strlen(comma + 1), &constraint->high);
    if (wanted != ARGUMENTS_LENGTH || !read_argument(kind, arguments, len, &constraint->low))
        return false;
    constraint->high = constraint->low;
    return true;
}

/* `arguments` is NULL where there are no parentheses. */
static int read_arguments(struct constraint *constraint, const char *text, const char *arguments,
                          struct error *error)
{
    const struct kind *kind = constraint->kind;
    bool fits;
    if (kind->arguments == ARGUMENTS_NONE)
        fits = !arguments || !*arguments;
    else
        fits = arguments &&
               (kind->arguments == ARGUMENTS_PATTERN || read_bounds(constraint, arguments));
    if (!fits)
        return error_set(error, EXIT_STATUS_APP, "the constraint '%s' is to be written as %s", text,
                         kind->form);
    if (constraint->low > constraint->high)
        return error_set(error, EXIT_STATUS_APP,
                         "in the constraint '%s' the first number is larger than the second", text);
    const char *pattern = kind->pattern ? kind->pattern : arguments;
    return kind->fits || !pattern ? 0 : compile(constraint, pattern, error);
}

static void refuse_name(const char *name, struct error *error)
{
    struct buf names;
    buf_init(&names, NAMES_MAX_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        buf_printf(&names, "%s%s", i ? ", " : "", kinds[i].name);
    error_set(error, EXIT_STATUS_APP, "there is no constraint '%s'; there are %s", name,
              buf_text(&names));
    buf_fini(&names);
}

struct constraint *constraint_new(const char *text, struct error *error)
{
    size_t len = strlen(text), name_len = strcspn(text, "(");
    bool has_arguments = name_len < len && text[len - 1] == ')';
    char *name = mem_strndup(text, has_arguments ? name_len : len);
    char *arguments = has_arguments ? mem_strndup(text + name_len + 1, len - name_len - 2) : NULL;
    struct constraint *constraint = mem_calloc(1, sizeof *constraint);
    constraint->kind = find_kind(name, strlen(name));
    int result = -1;
    if (constraint->kind) {
        constraint->low = constraint->kind->low;
        constraint->high = constraint->kind->high;
        result = read_arguments(constraint, text, arguments, error);
    } else {
        refuse_name(name, error);
    }
    free(arguments);
    free(name);
    if (!result)
        return constraint;
    constraint_free(constraint);
    return NULL;
}

void constraint_free(struct constraint *constraint)
{
    if (!constraint)
        return;
    pcre2_code_free(constraint->regex);
    free(constraint);
}

/* ---- using it ---- */

enum constraint_result constraint_check(const struct constraint *constraint, const char *value)
{
    bool (*fits)(const struct constraint *, const char *) = constraint->kind->fits;
    if (!value)
        return fits == fits_no_file ? CONSTRAINT_FITS : CONSTRAINT_FAILS;
    if (!fits)
        return match_pattern(constraint->regex, value);
    return fits(constraint, value) ? CONSTRAINT_FITS : CONSTRAINT_FAILS;
}

char *constraint_example(struct constraint *const *constraints, size_t count)
{
    long long low = INT64_MIN, high = INT64_MAX, letters = 1;
    bool integer = false, alpha = false;
    const char *other = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct constraint *constraint = constraints[i];
        if (constraint->kind->fits == fits_integer) {
            integer = true;
            low = constraint->low > low ? constraint->low : low;
            high = constraint->high < high ? constraint->high : high;
        }
        if (constraint->kind->fits == fits_length && constraint->low > letters)
            letters = constraint->low;
        alpha = alpha || constraint->kind->pattern;
        other = other ? other : constraint->kind->example;
    }
    if (integer)
        return mem_printf("%lld", low > 1 ? low : high < 1 ? high : 1LL);
    if (!alpha || letters > EXAMPLE_LETTERS_MAX)
        return other ? mem_strdup(other) : NULL;
    char *text = mem_calloc((size_t)letters + 1, 1);
    memset(text, 'a', (size_t)letters);
    return text;
}
