// The few functions of the C library that the bindings and the SDK call, so that no import comes in but those of the
// contract. A backend may call them too.
//
// Every call has a fresh instance whose memory goes with it, so nothing is ever given back.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 65536, ALIGN = 16 };

// Where the linker says that the heap may begin.
extern unsigned char __heap_base;

// The first free address; 0 before the first use.
static uintptr_t top;

// Each block has its size in front of it.
static size_t *size_of(void *block) { return (size_t *)((uintptr_t)block - ALIGN); }

void *malloc(size_t size) {
    if (top == 0) {
        top = ((uintptr_t)&__heap_base + ALIGN - 1) & -(uintptr_t)ALIGN;
    }
    if (size > (size_t)PTRDIFF_MAX) {
        abort();
    }
    uintptr_t block = top + ALIGN;
    uintptr_t end = (block + size + ALIGN - 1) & -(uintptr_t)ALIGN;
    uintptr_t have = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
    if (end < block || (end > have && __builtin_wasm_memory_grow(0, (end - have + PAGE - 1) / PAGE) == SIZE_MAX)) {
        abort();
    }
    top = end;
    *size_of((void *)block) = size;
    return (void *)block;
}

void *realloc(void *old, size_t size) {
    void *block = malloc(size);
    if (old) {
        size_t kept = *size_of(old);
        memcpy(block, old, kept < size ? kept : size);
    }
    return block;
}

void free(void *block) { (void)block; }

void abort(void) { __builtin_trap(); }

void *memcpy(void *restrict to, const void *restrict from, size_t len) {
    for (size_t i = 0; i < len; i++) {
        ((unsigned char *)to)[i] = ((const unsigned char *)from)[i];
    }
    return to;
}

void *memmove(void *to, const void *from, size_t len) {
    unsigned char *target = to;
    const unsigned char *source = from;
    if ((uintptr_t)target < (uintptr_t)source) {
        for (size_t i = 0; i < len; i++) {
            target[i] = source[i];
        }
    } else {
        for (size_t i = len; i > 0; i--) {
            target[i - 1] = source[i - 1];
        }
    }
    return to;
}

void *memset(void *to, int byte, size_t len) {
    for (size_t i = 0; i < len; i++) {
        ((unsigned char *)to)[i] = (unsigned char)byte;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t len) {
    const unsigned char *left = a, *right = b;
    for (size_t i = 0; i < len; i++) {
        if (left[i] != right[i]) {
            return left[i] - right[i];
        }
    }
    return 0;
}

void *memchr(const void *bytes, int byte, size_t len) {
    const unsigned char *start = bytes;
    for (size_t i = 0; i < len; i++) {
        if (start[i] == (unsigned char)byte) {
            return (void *)(start + i);
        }
    }
    return NULL;
}

size_t strlen(const char *text) {
    size_t len = 0;
    while (text[len]) {
        len++;
    }
    return len;
}
