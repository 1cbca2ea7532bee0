// Unit tests of the backend with a mock of the runtime: `python3 build.py test`.

#include <assert.h>
#include <stdio.h>

#include "sdk/mock_host.h"

static sr_secret secret;
static sr_error error;

// Reads the secret `team/KEY` of a server that answers so.
static bool read_from(uint16_t status, sr_text body) {
    mock_reset();
    mock_config(SR("address"), SR("https://server.example/"));
    mock_reply(SR("GET"), SR("https://server.example/secret/team%2FKEY"), status, body);
    secret = (sr_secret){0};
    return backend_read(SR("team/KEY"), NULL, (sr_pairs){0}, &secret, &error);
}

static void the_body_is_the_value_byte_for_byte(void) {
    assert(read_from(200, SR(" \0\xff\n")));
    assert(sr_equal((sr_text){secret.value.ptr, secret.value.len}, SR(" \0\xff\n")));
}

static void only_what_the_server_says_is_absent_is_not_found(void) {
    assert(!read_from(404, SR("")) && error.tag == SECRET_RUNTIME_BACKEND_COMMON_ERROR_NOT_FOUND);
    assert(!read_from(403, SR("")) && error.tag == SECRET_RUNTIME_BACKEND_COMMON_ERROR_DENIED);
    assert(!read_from(503, SR("")) && error.tag == SECRET_RUNTIME_BACKEND_COMMON_ERROR_UNAVAILABLE);
}

static void a_version_is_refused_before_anything_is_sent(void) {
    mock_reset();
    assert(!backend_read(SR("KEY"), &SR("1"), (sr_pairs){0}, &secret, &error));
    assert(error.tag == SECRET_RUNTIME_BACKEND_COMMON_ERROR_UNSUPPORTED && mock_requests() == 0);
}

int main(void) {
    the_body_is_the_value_byte_for_byte();
    only_what_the_server_says_is_absent_is_not_found();
    a_version_is_refused_before_anything_is_sent();
    puts("3 passed, 0 failed");
}
