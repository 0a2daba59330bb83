#include "config.h"
#include "report/fail_on.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/size.h"

enum { LIST_MAX = 512, PERCENT_DIGITS_MAX = 12 };

static const struct {
    const char *name;
    const char *example; /* NULL: it takes no value */
    bool takes_percent;
} kinds[FAIL_ON_KINDS] = {
    [FAIL_ON_GROWTH] = {"growth", "growth>5%", true},
    [FAIL_ON_RSS] = {"rss", "rss>200M", false},
    [FAIL_ON_INCREMENT] = {"increment", "increment>10M", false},
    [FAIL_ON_LEAK] = {"leak", NULL, false},
};

static const char *example_of(size_t kind)
{
    return kinds[kind].example ? kinds[kind].example : kinds[kind].name;
}

/* "growth>5%, rss>200M": what can be written here. */
static int refuse(const char *text, const char *why, unsigned allowed, struct error *error)
{
    struct buf list;
    buf_init(&list, LIST_MAX);
    for (size_t i = 0; i < FAIL_ON_KINDS; i++)
        if (allowed & FAIL_ON_BIT(i))
            buf_printf(&list, "%s%s", list.len ? ", " : "", example_of(i));
    error_set(error, EXIT_STATUS_USAGE, "--fail-on: %s in '%.*s'; it takes %s", why, FAIL_ON_TEXT,
              text, buf_text(&list));
    buf_fini(&list);
    return -1;
}

/* A number in plain digits, with a point or without, and a percent sign. */
static bool parse_percent(const char *text, double *percent)
{
    size_t whole = strspn(text, "0123456789"), part = 0, len = whole;
    if (text[len] == '.') {
        part = strspn(text + len + 1, "0123456789");
        len += 1 + part;
    }
    if (whole + part == 0 || len > PERCENT_DIGITS_MAX)
        return false;
    *percent = strtod(text, NULL);
    len += strspn(text + len, " ");
    return strcmp(text + len, "%") == 0;
}

static const char *parse_value(struct fail_on_condition *condition, const char *text)
{
    bool takes_percent = kinds[condition->kind].takes_percent;
    condition->is_percent = strchr(text, '%') != NULL;
    if (condition->is_percent && !takes_percent)
        return "a size is wanted, no percentage,";
    if (condition->is_percent)
        return parse_percent(text, &condition->percent) ? NULL : "no number stands before the %";
    if (*text && size_parse(text, &condition->bytes) == 0)
        return NULL;
    return takes_percent ? "neither a percentage nor a size" : "no size";
}

/* NULL, or what is wrong with it. */
static const char *parse_one(struct fail_on_condition *condition, const char *text,
                             unsigned allowed)
{
    size_t name_len = strspn(text, "abcdefghijklmnopqrstuvwxyz"), kind = 0;
    const char *at = text + name_len + strspn(text + name_len, " ");
    while (kind < FAIL_ON_KINDS &&
           (strlen(kinds[kind].name) != name_len || strncmp(kinds[kind].name, text, name_len) != 0))
        kind++;
    if (kind == FAIL_ON_KINDS)
        return "no condition";
    if (!(allowed & FAIL_ON_BIT(kind)))
        return "no condition for this command";
    condition->kind = (enum fail_on_kind)kind;
    if (!kinds[kind].example)
        return *at ? "too much after leak" : NULL;
    if (*at != '>')
        return "no > after the name";
    if (*++at == '=')
        return "only > is known, and not >=,";
    return parse_value(condition, at + strspn(at, " "));
}

int fail_on_parse(struct fail_on *set, const char *text, unsigned allowed, struct error *error)
{
    size_t count = set->count;
    for (const char *at = text;; at++) {
        at += strspn(at, " ");
        size_t len = strcspn(at, ","), used = len;
        while (used > 0 && at[used - 1] == ' ')
            used--;
        if (count == FAIL_ON_MAX)
            return refuse(text, "too many conditions", allowed, error);
        struct fail_on_condition *condition = &set->items[count];
        if (used >= FAIL_ON_TEXT)
            return refuse(at, "a condition that is too long", allowed, error);
        *condition = (struct fail_on_condition){.bytes = 0};
        memcpy(condition->text, at, used);
        const char *wrong = parse_one(condition, condition->text, allowed);
        if (wrong)
            return refuse(condition->text, wrong, allowed, error);
        count++;
        at += len;
        if (!*at)
            break;
    }
    set->count = count;
    return 0;
}
