#include "config.h"
#include "report/leak_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "report/amount.h"

const char *leak_sentence(char out[LEAK_SENTENCE], const struct leak *leak)
{
    char bytes[AMOUNT_SIZE];
    const char *keeps = leak->state == LEAK_CERTAIN ? "keeps" : "may keep";
    const char *native = leak->is_native ? " of native memory" : "";
    amount_text(bytes, leak->bytes_per_invocation);
    if (leak->is_outside)
        snprintf(out, LEAK_SENTENCE, "%s %s%s more with each invocation, outside of them", keeps,
                 bytes, native);
    else if (leak->of == 0)
        snprintf(out, LEAK_SENTENCE, "%s %s%s more with each invocation", keeps, bytes, native);
    else
        snprintf(out, LEAK_SENTENCE, "%s %s%s of %s invocation, %" PRIu32 " of %" PRIu32, keeps,
                 bytes, native, leak->kept == leak->of ? "every" : "an", leak->kept, leak->of);
    return out;
}

const struct holders *leak_holders(const struct model *model, const struct leak *leak)
{
    return model_holders(model, leak->file, leak->line);
}

const struct file *leak_file(const struct model *model, const struct leak *leak)
{
    const struct file *file = leak->file < model->file_count ? model->files[leak->file] : NULL;
    return file && leak->line > 0 && leak->line <= file->line_count ? file : NULL;
}
