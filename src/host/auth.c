/*
 * A level is met by a key of that very level or by the master key. There are no keys of the levels
 * user and system here, so that those take the master key alone, too.
 */
#include "config.h"
#include "host/auth.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base/mem.h"

enum { KEY_BYTES = 32, BITS_A_LETTER = 6 };

int auth_level_parse(const char *text, enum auth_level *level)
{
    static const char *const names[] = {[AUTH_ANONYMOUS] = "anonymous",
                                        [AUTH_USER] = "user",
                                        [AUTH_FUNCTION] = "function",
                                        [AUTH_SYSTEM] = "system",
                                        [AUTH_ADMIN] = "admin"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcasecmp(text, names[i]) == 0) {
            *level = (enum auth_level)i;
            return 0;
        }
    }
    return -1;
}

/* ---- keys ---- */

/* Random letters that need no escape in a URL; NULL where there is no randomness to be had. */
static char *random_key(void)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned char bytes[KEY_BYTES];
    size_t len = (KEY_BYTES * 8 + BITS_A_LETTER - 1) / BITS_A_LETTER;
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return NULL;
    char *key = mem_calloc(len + 1, 1);
    uint32_t held = 0;
    unsigned bits = 0;
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        if (bits < BITS_A_LETTER) {
            held = held << 8 | (at < KEY_BYTES ? bytes[at++] : 0u);
            bits += 8;
        }
        bits -= BITS_A_LETTER;
        key[i] = letters[held >> bits & 63u];
    }
    return key;
}

/* The key of an app setting, or a random one. */
static char *settle_key(const struct settings *settings, const char *name)
{
    const char *set = settings_find(settings, name);
    return set && *set ? mem_strdup(set) : random_key();
}

int auth_init(struct auth *auth, bool enabled, const struct settings *settings, struct error *error)
{
    *auth = (struct auth){.enabled = enabled, .settings = settings};
    if (!enabled)
        return 0;
    auth->master_key = settle_key(settings, "host.master");
    auth->function_key = settle_key(settings, "host.function.default");
    if (!auth->master_key || !auth->function_key)
        return error_set(error, EXIT_STATUS_SYSTEM, "--enableAuth: cannot make a random key");
    return 0;
}

void auth_fini(struct auth *auth)
{
    free(auth->master_key);
    free(auth->function_key);
    *auth = (struct auth){.enabled = false};
}

/* The function's own key, borrowed; NULL where it has none. */
static const char *own_key(const struct auth *auth, const char *function)
{
    char *name = mem_printf("functions.%s.default", function);
    const char *key = settings_find(auth->settings, name);
    free(name);
    return key && *key ? key : NULL;
}

static bool is_same(const char *key, const char *right)
{
    size_t len = strlen(right);
    unsigned char difference = 0;
    if (strlen(key) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        difference |= (unsigned char)(key[i] ^ right[i]);
    return difference == 0;
}

bool auth_allows(const struct auth *auth, enum auth_level level, const char *function,
                 const char *key)
{
    if (!auth->enabled || level == AUTH_ANONYMOUS)
        return true;
    if (!key || !*key)
        return false;
    bool allowed = is_same(key, auth->master_key);
    if (level == AUTH_FUNCTION) {
        const char *own = function ? own_key(auth, function) : NULL;
        allowed |= is_same(key, auth->function_key);
        allowed |= own && is_same(key, own);
    }
    return allowed;
}

const char *auth_key(const struct auth *auth, enum auth_level level, const char *function)
{
    if (!auth->enabled || level == AUTH_ANONYMOUS)
        return NULL;
    if (level != AUTH_FUNCTION)
        return auth->master_key;
    const char *own = own_key(auth, function);
    return own ? own : auth->function_key;
}

/* ---- URLs and requests ---- */

char *auth_url(const struct auth *auth, enum auth_level level, const char *function,
               const char *url)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *key = auth_key(auth, level, function);
    if (!key)
        return mem_strdup(url);
    char *escaped = mem_calloc(strlen(key) + 1, 3);
    char *out = escaped;
    for (const char *c = key; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (isalnum(byte) || strchr("-._~", byte)) {
            *out++ = *c;
            continue;
        }
        *out++ = '%';
        *out++ = digits[byte >> 4];
        *out++ = digits[byte & 15];
    }
    char *result = mem_printf("%s?code=%s", url, escaped);
    free(escaped);
    return result;
}

/* The first parameter by that name. */
static void take_code(void *context, const char *name, size_t name_len, const char *value,
                      size_t value_len)
{
    char **key = context;
    if (!*key && name_len == strlen("code") && strncasecmp(name, "code", name_len) == 0)
        *key = mem_strndup(value, value_len);
}

char *auth_request_key(const struct http_request *request)
{
    const char *header = http_request_header(request, "x-functions-key");
    char *key = header ? mem_strdup(header) : NULL;
    if (!key)
        http_request_query(request, take_code, &key);
    return key;
}
