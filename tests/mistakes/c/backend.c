// A backend whose author is careless. It reads a secret and then makes the mistake that the setting `act` names.

#include "sdk/secret_runtime_guest.h"

// What an optimizer can see to be a mistake, it may leave out.
#define AS_WRITTEN __attribute__((noinline, optnone))

static uint32_t calls;

static bool is(sr_text act, const char *name) { return sr_equal(act, sr_text_of(name)); }

// An index that was never checked.
AS_WRITTEN static void write_far_out(sr_bytes value) { value.ptr[0x70000000] = 'x'; }

// A buffer that is too small: what lies behind it is overwritten.
AS_WRITTEN static void copy_without_looking(uint8_t *buffer, sr_bytes value) {
    for (size_t i = 0; i < value.len; i++) {
        buffer[i] = value.ptr[i];
    }
}

static uint32_t recurse(uint32_t depth);

static uint32_t (*again)(uint32_t) = recurse;

AS_WRITTEN static uint32_t recurse(uint32_t depth) { return again(depth + 1) + 1; }

AS_WRITTEN static uint32_t divide(uint32_t by) { return 1 / by; }

bool backend_read(sr_text name, const sr_text *version, sr_pairs options, sr_secret *secret, sr_error *error) {
    (void)version, (void)options;
    sr_text address, act;
    if (!sr_config_require(SR("address"), &address, error) || !sr_config_require(SR("act"), &act, error)) {
        return false;
    }
    sr_response response;
    if (!sr_get(sr_url_segment(sr_url_segment(sr_url(address), SR("secret")), name), &response, error)) {
        return false;
    }
    sr_bytes value = response.body;
    *secret = sr_secret_of(value);
    if (is(act, "far")) {
        write_far_out(value);
    } else if (is(act, "overflow")) {
        sr_text twice = sr_concat((sr_text){value.ptr, value.len}, (sr_text){value.ptr, value.len});
        uint8_t *small = sr_allocate(4);
        sr_text beside = sr_concat(SR("what lies "), SR("beside it"));
        copy_without_looking(small, (sr_bytes){twice.ptr, twice.len});
        *secret = sr_secret_of((sr_bytes){beside.ptr, beside.len});
    } else if (is(act, "wild-answer")) {
        // A length that was never set.
        secret->value.len = UINT32_MAX;
    } else if (is(act, "not-text")) {
        secret->version = sr_some((sr_text){(uint8_t *)"\xff\xfe", 2});
    } else if (is(act, "log")) {
        sr_log_error((sr_text){value.ptr, value.len});
    } else if (is(act, "loop")) {
        for (volatile bool on = true; on;) {
        }
    } else if (is(act, "recurse")) {
        calls = recurse(0);
    } else if (is(act, "divide")) {
        calls = divide(0);
    } else if (is(act, "fill-memory")) {
        for (;;) {
            sr_allocate(1 << 20);
        }
    } else if (is(act, "count")) {
        sr_text count = sr_decimal(++calls);
        *secret = sr_secret_of((sr_bytes){count.ptr, count.len});
    } else if (is(act, "forgotten-error")) {
        // It failed, and nobody said why.
        return false;
    }
    return true;
}
