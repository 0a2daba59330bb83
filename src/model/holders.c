/*
 * An answer is shown until something else is asked, and is cleared as a whole.
 */
#include "config.h"
#include "model/holders.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/line.h"

void holders_clear(struct holders *holders)
{
    for (size_t i = 0; i < holders->type_count; i++) {
        free(holders->types[i].name);
        free(holders->types[i].example);
        free(holders->types[i].chain);
    }
    for (size_t i = 0; i < holders->chain_count; i++) {
        free(holders->chains[i].text);
        free(holders->chains[i].note);
    }
    free(holders->problem);
    *holders = (struct holders){.state = HOLDERS_NONE};
}

void holders_fail(struct holders *holders, uint32_t file, uint32_t line, const char *problem)
{
    holders_clear(holders);
    holders->state = HOLDERS_FAILED;
    holders->file = file;
    holders->line = line;
    holders->problem = mem_strdup(problem);
}

static bool reads_the_same(const struct holders_chain *a, const struct holders_chain *b)
{
    const char *first = a->note ? a->note : "", *second = b->note ? b->note : "";
    return a->is_bounded == b->is_bounded && strcmp(a->text, b->text) == 0 &&
           strcmp(first, second) == 0;
}

/* One place forward for each that has less. */
static void move_up(struct holders_chain *chains, size_t at)
{
    const struct holders_chain chain = chains[at];
    for (; at > 0 && chains[at - 1].bytes < chain.bytes; at--)
        chains[at] = chains[at - 1];
    chains[at] = chain;
}

void holders_merge(struct holders *holders)
{
    struct holders_chain *chains = holders->chains;
    size_t count = 0;
    for (size_t i = 0; i < holders->chain_count; i++) {
        size_t same = 0;
        while (same < count && !reads_the_same(&chains[same], &chains[i]))
            same++;
        if (same == count) {
            chains[count++] = chains[i];
            continue;
        }
        chains[same].count += chains[i].count;
        chains[same].bytes = line_bytes_add(chains[same].bytes, chains[i].bytes);
        if (chains[same].newest_number < chains[i].newest_number)
            chains[same].newest_number = chains[i].newest_number;
        free(chains[i].text);
        free(chains[i].note);
        move_up(chains, same);
    }
    holders->chain_count = count;
}

bool holders_chain_is_nobody(const struct holders_chain *chain)
{
    static const char nobody[] = "nothing in Python: ";
    return strncmp(chain->text, nobody, sizeof nobody - 1) == 0;
}

static void free_note(struct holders_chain *chain)
{
    free(chain->note);
    chain->note = NULL;
}

void holders_trim(struct holders *holders)
{
    static const char plain[] = "deque(maxlen=None)";
    size_t count = 0;
    for (size_t i = 0; i < holders->chain_count; i++) {
        struct holders_chain chain = holders->chains[i];
        if (chain.note && strncmp(chain.note, plain, sizeof plain - 1) == 0)
            free_note(&chain);
        if (holders_chain_is_nobody(&chain) && chain.bytes < holders->shallow_bytes / 100) {
            free_note(&chain);
            free(chain.text);
            continue;
        }
        holders->chains[count++] = chain;
    }
    holders->chain_count = count;
}

bool holders_chain_is_earlier(const struct holders_chain *chain, uint64_t since)
{
    return chain->newest_number && chain->newest_number < since;
}

void holders_sort(struct holders *holders, uint64_t since)
{
    struct holders_chain earlier[HOLDERS_CHAINS];
    size_t earlier_count = 0, count = 0;
    for (size_t i = 0; i < holders->chain_count; i++) {
        if (holders_chain_is_earlier(&holders->chains[i], since))
            earlier[earlier_count++] = holders->chains[i];
        else
            holders->chains[count++] = holders->chains[i];
    }
    for (size_t i = 0; i < earlier_count; i++)
        holders->chains[count++] = earlier[i];
}

static char *copy_text(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

struct holders holders_copy(const struct holders *holders)
{
    struct holders copy = *holders;
    copy.problem = copy_text(holders->problem);
    for (size_t i = 0; i < copy.type_count; i++) {
        copy.types[i].name = copy_text(holders->types[i].name);
        copy.types[i].example = copy_text(holders->types[i].example);
        copy.types[i].chain = copy_text(holders->types[i].chain);
    }
    for (size_t i = 0; i < copy.chain_count; i++) {
        copy.chains[i].text = copy_text(holders->chains[i].text);
        copy.chains[i].note = copy_text(holders->chains[i].note);
    }
    return copy;
}

void holders_list_clear(struct holders_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        holders_clear(&list->lines[i]);
    list->count = 0;
    list->revision++;
}

const struct holders *holders_list_find(const struct holders_list *list, uint32_t file,
                                        uint32_t line)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->lines[i].file == file && list->lines[i].line == line)
            return &list->lines[i];
    return NULL;
}

void holders_list_put(struct holders_list *list, struct holders *holders)
{
    size_t i = 0;
    while (i < list->count &&
           (list->lines[i].file != holders->file || list->lines[i].line != holders->line))
        i++;
    if (i == HOLDERS_EVIDENCE) {
        holders_clear(holders);
        return;
    }
    if (i < list->count)
        holders_clear(&list->lines[i]);
    else
        list->count++;
    list->lines[i] = *holders;
    list->revision++;
}

void holders_list_keep(struct holders_list *list,
                       bool (*wanted)(void *context, uint32_t file, uint32_t line), void *context)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (wanted(context, list->lines[i].file, list->lines[i].line))
            list->lines[kept++] = list->lines[i];
        else
            holders_clear(&list->lines[i]);
    }
    list->revision += kept != list->count;
    list->count = kept;
}
