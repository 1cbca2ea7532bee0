// Tests of the SDK in C. In this folder:
//   cc -fsanitize=address,undefined test_sdk.c sdk/secret_runtime_guest.c sdk/mock_host.c -o /tmp/test_sdk
//   ASAN_OPTIONS=detect_leaks=0 /tmp/test_sdk

#include <assert.h>
#include <stdio.h>

#include "sdk/mock_host.h"

static const sr_text address = {(uint8_t *)"https://a.example", 17};

static void nothing_in_a_path_or_query_leaves_its_place(void) {
    sr_text url = sr_url_path(sr_url(SR("http://127.0.0.1:8200//")), SR("/a//b/"));
    url = sr_url_segment(url, SR("c/%2F?#\0\xff"));
    url = sr_url_query(sr_url_query(url, SR("q"), SR("x&y=z")), SR("r"), SR(""));
    assert(sr_equal(url, SR("http://127.0.0.1:8200/a/b/c%2F%252F%3F%23%00%FF?q=x%26y%3Dz&r=")));
    assert(sr_equal(sr_url_segment(address, (sr_text){0}), SR("https://a.example/")));
    assert(sr_equal(sr_url_path(address, SR("//")), address));
}

// The kind of the error for a status, with this header `retry-after`.
static sr_error failed(uint16_t status, sr_text wait) {
    sr_error error;
    sr_response response;
    mock_reset();
    mock_reply(SR("GET"), address, status, SR("body"));
    mock_reply_header(SR("server"), SR("x"));
    mock_reply_header(SR("retry-after"), wait);
    assert(sr_get(address, &response, &error) && response.status == status);
    assert(!sr_fail_status(&response, &error));
    return error;
}

static void statuses_that_mean_the_same_everywhere_become_errors_of_their_kind(void) {
    assert(failed(401, SR("")).tag == SECRET_RUNTIME_BACKEND_COMMON_ERROR_UNAUTHENTICATED);
    assert(failed(403, SR("")).tag == SECRET_RUNTIME_BACKEND_COMMON_ERROR_DENIED);
    assert(failed(408, SR("")).tag == SECRET_RUNTIME_BACKEND_COMMON_ERROR_TIMEOUT);
    assert(failed(500, SR("")).tag == SECRET_RUNTIME_BACKEND_COMMON_ERROR_UNAVAILABLE);
    assert(sr_equal(failed(599, SR("")).val.unavailable.message, SR("the upstream answered with status 599")));
    uint16_t others[] = {200, 204, 302, 404, 418, 600};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert(failed(others[i], SR("")).tag == SECRET_RUNTIME_BACKEND_COMMON_ERROR_MALFORMED);
    }
}

static void a_wait_is_read_in_seconds_and_a_date_is_not_guessed_at(void) {
    sr_error error = failed(429, SR("4294967295"));
    assert(error.tag == SECRET_RUNTIME_BACKEND_COMMON_ERROR_RATE_LIMITED);
    assert(error.val.rate_limited.is_some && error.val.rate_limited.val == UINT32_MAX);
    sr_text others[] = {SR(""), SR("-1"), SR("4294967296"), SR("Sun, 22 Nov 2026 10:28:15 GMT")};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        error = failed(429, others[i]);
        assert(error.tag == SECRET_RUNTIME_BACKEND_COMMON_ERROR_RATE_LIMITED && !error.val.rate_limited.is_some);
    }
}

static void what_is_not_answered_fails_by_its_kind(void) {
    sr_response response;
    sr_error error;
    mock_reset();
    mock_no_reply(SR("POST"), address, SECRET_RUNTIME_BACKEND_HTTP_FAILURE_TIMEOUT, SR(""));
    mock_no_reply(SR("POST"), address, SECRET_RUNTIME_BACKEND_HTTP_FAILURE_UNAVAILABLE, SR("reset"));
    mock_no_reply(SR("POST"), address, SECRET_RUNTIME_BACKEND_HTTP_FAILURE_REFUSED, SR("no rule"));
    uint8_t kinds[] = {
        SECRET_RUNTIME_BACKEND_COMMON_ERROR_TIMEOUT,
        SECRET_RUNTIME_BACKEND_COMMON_ERROR_UNAVAILABLE,
        SECRET_RUNTIME_BACKEND_COMMON_ERROR_OTHER,
    };
    for (size_t i = 0; i < sizeof kinds; i++) {
        assert(!sr_post(address, SR("text/plain"), (sr_bytes){0}, &response, &error) && error.tag == kinds[i]);
    }
    const sr_request *request = mock_request(2);
    assert(mock_requests() == 3 && request->body.is_some && request->headers.len == 1);
    assert(sr_equal(request->headers.ptr[0].f0, SR("content-type")));
}

static void a_setting_that_has_to_be_there_is_invalid_without(void) {
    sr_text value;
    sr_error error;
    mock_reset();
    mock_config(SR("token"), MOCK_PLACEHOLDER);
    assert(sr_config_require(SR("token"), &value, &error) && sr_equal(value, MOCK_PLACEHOLDER));
    assert(!sr_config_require(SR("address"), &value, &error));
    assert(error.tag == SECRET_RUNTIME_BACKEND_COMMON_ERROR_INVALID);
    assert(sr_equal(error.val.invalid, SR("the setting `address` is not set")));
}

static void an_empty_option_counts_as_unset(void) {
    sr_pair pairs[] = {{SR("mount"), SR("kv")}, {SR("namespace"), SR("")}};
    sr_pairs options = {pairs, 2};
    sr_text value;
    assert(sr_option(options, SR("mount"), &value) && sr_equal(value, SR("kv")));
    assert(!sr_option(options, SR("namespace"), &value) && !sr_option(options, SR("other"), &value));
}

static void lists_grow_and_keep_what_they_hold(void) {
    sr_page page = {0};
    sr_secret secret = {0};
    for (uint64_t i = 0; i < 100; i++) {
        sr_add_entry(&page, sr_decimal(i))->version = sr_some(sr_decimal(2 * i));
        sr_add_metadata(&secret, sr_decimal(i), SR("v"));
    }
    assert(page.entries.len == 100 && secret.metadata.len == 100);
    for (uint64_t i = 0; i < 100; i++) {
        assert(sr_equal(page.entries.ptr[i].name, sr_decimal(i)));
        assert(sr_equal(page.entries.ptr[i].version.val, sr_decimal(2 * i)) && !page.entries.ptr[i].expired.is_some);
        assert(sr_equal(secret.metadata.ptr[i].f0, sr_decimal(i)));
    }
    assert(sr_equal(sr_decimal(UINT64_MAX), SR("18446744073709551615")));
}

static void a_code_is_added_where_an_error_can_hold_one(void) {
    sr_error error;
    assert(!sr_conflict(&error, SR("m")) && error.val.conflict.code.len == 0);
    assert(!sr_with_code(&error, SR("cas")) && sr_equal(error.val.conflict.code, SR("cas")));
    assert(!sr_invalid(&error, SR("m")) && !sr_with_code(&error, SR("cas")));
    assert(sr_equal(error.val.invalid, SR("m")));
}

static void a_file_is_replaced_only_by_who_has_read_it(void) {
    sr_error error;
    sr_blob blob;
    bool found, changed;
    sr_bytes data = {(uint8_t *)"ab", 2};
    mock_reset();
    assert(!sr_storage_read(SR(""), &found, &blob, &error));
    assert(error.tag == SECRET_RUNTIME_BACKEND_COMMON_ERROR_OTHER);
    mock_file(NULL);
    assert(sr_storage_read(SR(""), &found, &blob, &error) && !found);
    assert(sr_storage_replace(SR(""), &data, NULL, &changed, &error) && !changed);
    assert(sr_storage_replace(SR(""), &data, NULL, &changed, &error) && changed);
    assert(sr_storage_read(SR(""), &found, &blob, &error) && found && blob.data.len == 2);
    assert(sr_storage_replace(SR(""), NULL, &blob.etag, &changed, &error) && !changed && !mock_stored());
    mock_variable(SR("KEY"), SR("v"));
    assert(sr_storage_read(SR("KEY"), &found, &blob, &error) && found && blob.data.len == 1);
    assert(!sr_storage_replace(SR("KEY"), &data, NULL, &changed, &error));
}

static void time_moves_by_sleeping_and_lines_are_recorded_with_their_level(void) {
    mock_reset();
    mock_now(1000);
    sr_sleep(500);
    sr_log_warn(SR("odd"));
    assert(sr_now() == 1500 && mock_lines() == 1 && sr_equal(mock_line(0), SR("warn: odd")));
    sr_bytes bytes = sr_random(3);
    assert(bytes.len == 3 && bytes.ptr[2] == 2);
}

int main(void) {
    nothing_in_a_path_or_query_leaves_its_place();
    statuses_that_mean_the_same_everywhere_become_errors_of_their_kind();
    a_wait_is_read_in_seconds_and_a_date_is_not_guessed_at();
    what_is_not_answered_fails_by_its_kind();
    a_setting_that_has_to_be_there_is_invalid_without();
    an_empty_option_counts_as_unset();
    lists_grow_and_keep_what_they_hold();
    a_code_is_added_where_an_error_can_hold_one();
    a_file_is_replaced_only_by_who_has_read_it();
    time_moves_by_sleeping_and_lines_are_recorded_with_their_level();
    puts("10 passed, 0 failed");
}
