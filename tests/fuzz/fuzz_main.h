/*
 * The program around a fuzz entry where no engine drives it: run_smoke() without arguments, else
 * each argument is a file with an input. Included at the end of a harness, which has defined
 * run_smoke, LLVMFuzzerTestOneInput and INPUT_MAX.
 */
#ifndef TESTS_FUZZ_MAIN_H
#define TESTS_FUZZ_MAIN_H

#include <stdio.h>

static int run_file(const char *path)
{
    static uint8_t input[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    size_t size = fread(input, 1, sizeof input, file);
    fclose(file);
    LLVMFuzzerTestOneInput(input, size);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc < 2)
        run_smoke();
    for (int i = 1; i < argc; i++)
        failed |= run_file(argv[i]);
    return failed;
}

#endif
