#include "config.h"
#include "tui/pointer.h"

enum {
    NUMBERS = 3,
    NUMBER_MAX = 99999, /* no screen is larger */
    BYTES_MAX = 64,     /* zeros before a number may be any */
    BYTE_BIAS = 32,
    WITH_KEYS = 4 | 8 | 16, /* shift, meta and control, which say nothing here */
    BUTTON_LEFT = 0,
    BUTTON_WHEEL_UP = 64,
    BUTTON_WHEEL_DOWN = 65,
};

/* Button, column, row, the latter from 1. */
struct numbers {
    int values[NUMBERS];
};

static bool read_bytes(pointer_source *next, void *context, struct numbers *numbers)
{
    for (int i = 0; i < NUMBERS; i++) {
        int byte = next(context);
        if (byte < BYTE_BIAS)
            return false;
        numbers->values[i] = byte - BYTE_BIAS;
    }
    return true;
}

/* Whatever is no digit nor a semicolon ends it. */
static bool read_digits(pointer_source *next, void *context, struct numbers *numbers)
{
    int at = 0, byte = 0;
    for (int i = 0; i < BYTES_MAX && at < NUMBERS; i++) {
        int *value = &numbers->values[at];
        byte = next(context);
        if (byte == ';')
            at++;
        else if (byte < '0' || byte > '9')
            break;
        else
            *value = *value < NUMBER_MAX ? 10 * *value + byte - '0' : *value;
    }
    return at == NUMBERS - 1 && byte == 'M';
}

static int key_of(int button)
{
    switch (button & ~WITH_KEYS) {
    case BUTTON_LEFT: return K_CLICK;
    case BUTTON_WHEEL_UP: return K_WHEEL_UP;
    case BUTTON_WHEEL_DOWN: return K_WHEEL_DOWN;
    default: return K_UNKNOWN;
    }
}

int pointer_read(pointer_source *next, void *context, bool in_bytes, struct key_event *event)
{
    struct numbers numbers = {{0}};
    bool is_whole =
        in_bytes ? read_bytes(next, context, &numbers) : read_digits(next, context, &numbers);
    if (!is_whole || numbers.values[1] < 1 || numbers.values[2] < 1)
        return K_UNKNOWN;
    event->col = numbers.values[1] - 1;
    event->row = numbers.values[2] - 1;
    return key_of(numbers.values[0]);
}
