// What the header promises, over the functions of the bindings.

#include "secret_runtime_guest.h"

#include <stdlib.h>
#include <string.h>

// --- Texts ---

void *sr_allocate(size_t size) {
    void *block = malloc(size ? size : 1);
    if (!block) {
        abort();
    }
    return block;
}

// Where a text ends in a buffer once this is copied to its end. An empty text may have no address at all.
static uint8_t *put(uint8_t *end, const void *bytes, size_t len) {
    if (len > 0) {
        memcpy(end, bytes, len);
    }
    return end + len;
}

sr_text sr_text_of(const char *zero_terminated) {
    return (sr_text){(uint8_t *)zero_terminated, strlen(zero_terminated)};
}

sr_text sr_concat(sr_text a, sr_text b) {
    uint8_t *start = sr_allocate(a.len + b.len);
    uint8_t *end = put(put(start, a.ptr, a.len), b.ptr, b.len);
    return (sr_text){start, (size_t)(end - start)};
}

sr_text sr_decimal(uint64_t number) {
    enum { DIGITS = 20 };
    uint8_t *digits = sr_allocate(DIGITS);
    size_t first = DIGITS;
    do {
        digits[--first] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return (sr_text){digits + first, DIGITS - first};
}

bool sr_equal(sr_text a, sr_text b) { return a.len == b.len && sr_starts_with(a, b); }

bool sr_starts_with(sr_text text, sr_text prefix) {
    return text.len >= prefix.len && (prefix.len == 0 || memcmp(text.ptr, prefix.ptr, prefix.len) == 0);
}

sr_option_text sr_some(sr_text text) { return (sr_option_text){.is_some = true, .val = text}; }

// The value of the first pair of this name.
static bool find(const sr_pair *pairs, size_t len, sr_text name, sr_text *value) {
    for (size_t i = 0; i < len; i++) {
        if (sr_equal(pairs[i].f0, name)) {
            *value = pairs[i].f1;
            return true;
        }
    }
    return false;
}

// Room for one more behind so many. The room doubles whenever it is used up, which is when there is a power of two.
static void *grown(void *items, size_t len, size_t size) {
    if (len & (len - 1)) {
        return items;
    }
    void *more = sr_allocate((len ? 2 * len : 1) * size);
    put(more, items, len * size);
    return more;
}

// --- Settings and options ---

bool sr_config(sr_text key, sr_text *value) { return secret_runtime_backend_config_get(&key, value); }

bool sr_config_require(sr_text key, sr_text *value, sr_error *error) {
    if (sr_config(key, value)) {
        return true;
    }
    return sr_invalid(error, sr_concat(sr_concat(SR("the setting `"), key), SR("` is not set")));
}

bool sr_option(sr_pairs options, sr_text name, sr_text *value) {
    return find(options.ptr, options.len, name, value) && value->len > 0;
}

// --- URLs ---

static bool is_unreserved(uint8_t byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

// Percent-encodes every byte but RFC 3986's unreserved ones.
static sr_text encoded(sr_text text) {
    static const uint8_t hex[] = "0123456789ABCDEF";
    uint8_t *start = sr_allocate(3 * text.len);
    uint8_t *end = start;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.ptr[i];
        uint8_t escaped[] = {'%', hex[byte >> 4], hex[byte & 15]};
        end = is_unreserved(byte) ? put(end, &byte, 1) : put(end, escaped, sizeof escaped);
    }
    return (sr_text){start, (size_t)(end - start)};
}

sr_text sr_url(sr_text base) {
    while (base.len > 0 && base.ptr[base.len - 1] == '/') {
        base.len--;
    }
    return base;
}

sr_text sr_url_segment(sr_text url, sr_text segment) { return sr_concat(sr_concat(url, SR("/")), encoded(segment)); }

sr_text sr_url_path(sr_text url, sr_text path) {
    size_t start = 0;
    for (size_t i = 0; i <= path.len; i++) {
        if (i == path.len || path.ptr[i] == '/') {
            if (i > start) {
                url = sr_url_segment(url, (sr_text){path.ptr + start, i - start});
            }
            start = i + 1;
        }
    }
    return url;
}

sr_text sr_url_query(sr_text url, sr_text name, sr_text value) {
    bool has_query = url.len > 0 && memchr(url.ptr, '?', url.len);
    url = sr_concat(sr_concat(url, has_query ? SR("&") : SR("?")), encoded(name));
    return sr_concat(sr_concat(url, SR("=")), encoded(value));
}

// --- Requests ---

bool sr_get(sr_text url, sr_response *response, sr_error *error) {
    sr_request request = sr_request_of(SR("GET"), url);
    return sr_send(&request, response, error);
}

bool sr_post(sr_text url, sr_text content_type, sr_bytes body, sr_response *response, sr_error *error) {
    sr_request request = sr_request_of(SR("POST"), url);
    sr_add_header(&request, SR("content-type"), content_type);
    sr_set_body(&request, body);
    return sr_send(&request, response, error);
}

sr_request sr_request_of(sr_text method, sr_text url) { return (sr_request){.method = method, .url = url}; }

void sr_add_header(sr_request *request, sr_text name, sr_text value) {
    request->headers.ptr = grown(request->headers.ptr, request->headers.len, sizeof *request->headers.ptr);
    request->headers.ptr[request->headers.len++] = (sr_pair){name, value};
}

void sr_set_body(sr_request *request, sr_bytes body) {
    request->body.is_some = true;
    request->body.val = body;
}

bool sr_send(sr_request *request, sr_response *response, sr_error *error) {
    secret_runtime_backend_http_failure_t failure;
    if (secret_runtime_backend_http_send(request, response, &failure)) {
        return true;
    }
    switch (failure.tag) {
    case SECRET_RUNTIME_BACKEND_HTTP_FAILURE_TIMEOUT:
        return sr_timeout(error);
    case SECRET_RUNTIME_BACKEND_HTTP_FAILURE_UNAVAILABLE:
        return sr_unavailable(error, failure.val.unavailable);
    default:
        return sr_other(error, failure.val.refused);
    }
}

bool sr_header(const sr_response *response, sr_text name, sr_text *value) {
    return find(response->headers.ptr, response->headers.len, name, value);
}

// A number of seconds in digits; a date is not guessed at.
static bool seconds_of(sr_text text, uint32_t *seconds) {
    uint64_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        number = 10 * number + (text.ptr[i] - '0');
        if (number > UINT32_MAX) {
            return false;
        }
    }
    *seconds = (uint32_t)number;
    return text.len > 0;
}

bool sr_fail_status(const sr_response *response, sr_error *error) {
    uint16_t status = response->status;
    sr_text message = sr_concat(SR("the upstream answered with status "), sr_decimal(status));
    sr_text wait;
    uint32_t seconds;
    switch (status) {
    case 401:
        return sr_unauthenticated(error, message);
    case 403:
        return sr_denied(error, message);
    case 429:
        if (sr_header(response, SR("retry-after"), &wait) && seconds_of(wait, &seconds)) {
            return sr_rate_limited_for(error, seconds);
        }
        return sr_rate_limited(error);
    case 408:
    case 504:
        return sr_timeout(error);
    default:
        return status >= 500 && status <= 599 ? sr_unavailable(error, message) : sr_malformed(error, message);
    }
}

// --- Answers ---

sr_secret sr_secret_of(sr_bytes value) { return (sr_secret){.value = value}; }

void sr_add_metadata(sr_secret *secret, sr_text name, sr_text value) {
    secret->metadata.ptr = grown(secret->metadata.ptr, secret->metadata.len, sizeof *secret->metadata.ptr);
    secret->metadata.ptr[secret->metadata.len++] = (sr_pair){name, value};
}

sr_entry *sr_add_entry(sr_page *page, sr_text name) {
    page->entries.ptr = grown(page->entries.ptr, page->entries.len, sizeof *page->entries.ptr);
    sr_entry *entry = &page->entries.ptr[page->entries.len++];
    *entry = (sr_entry){.name = name};
    return entry;
}

// --- Errors ---

// Kinds with one text, and kinds with a code and a message, have it at the same place of the union.
static bool fail_with_text(sr_error *error, uint8_t kind, sr_text text) {
    *error = (sr_error){.tag = kind, .val.invalid = text};
    return false;
}

static bool fail_with_detail(sr_error *error, uint8_t kind, sr_text message) {
    *error = (sr_error){.tag = kind, .val.other = {.message = message}};
    return false;
}

bool sr_not_found(sr_error *error) {
    *error = (sr_error){.tag = SECRET_RUNTIME_BACKEND_COMMON_ERROR_NOT_FOUND};
    return false;
}

bool sr_invalid(sr_error *error, sr_text message) {
    return fail_with_text(error, SECRET_RUNTIME_BACKEND_COMMON_ERROR_INVALID, message);
}

bool sr_denied(sr_error *error, sr_text message) {
    return fail_with_detail(error, SECRET_RUNTIME_BACKEND_COMMON_ERROR_DENIED, message);
}

bool sr_unauthenticated(sr_error *error, sr_text message) {
    return fail_with_detail(error, SECRET_RUNTIME_BACKEND_COMMON_ERROR_UNAUTHENTICATED, message);
}

bool sr_rate_limited(sr_error *error) {
    *error = (sr_error){.tag = SECRET_RUNTIME_BACKEND_COMMON_ERROR_RATE_LIMITED};
    return false;
}

bool sr_rate_limited_for(sr_error *error, uint32_t seconds) {
    sr_rate_limited(error);
    error->val.rate_limited.is_some = true;
    error->val.rate_limited.val = seconds;
    return false;
}

bool sr_unavailable(sr_error *error, sr_text message) {
    return fail_with_detail(error, SECRET_RUNTIME_BACKEND_COMMON_ERROR_UNAVAILABLE, message);
}

bool sr_timeout(sr_error *error) {
    *error = (sr_error){.tag = SECRET_RUNTIME_BACKEND_COMMON_ERROR_TIMEOUT};
    return false;
}

bool sr_conflict(sr_error *error, sr_text message) {
    return fail_with_detail(error, SECRET_RUNTIME_BACKEND_COMMON_ERROR_CONFLICT, message);
}

bool sr_approval_required(sr_error *error, sr_text id) {
    return fail_with_text(error, SECRET_RUNTIME_BACKEND_COMMON_ERROR_APPROVAL_REQUIRED, id);
}

bool sr_unsupported(sr_error *error, sr_text message) {
    return fail_with_text(error, SECRET_RUNTIME_BACKEND_COMMON_ERROR_UNSUPPORTED, message);
}

bool sr_malformed(sr_error *error, sr_text message) {
    return fail_with_text(error, SECRET_RUNTIME_BACKEND_COMMON_ERROR_MALFORMED, message);
}

bool sr_other(sr_error *error, sr_text message) {
    return fail_with_detail(error, SECRET_RUNTIME_BACKEND_COMMON_ERROR_OTHER, message);
}

bool sr_with_code(sr_error *error, sr_text code) {
    switch (error->tag) {
    case SECRET_RUNTIME_BACKEND_COMMON_ERROR_DENIED:
    case SECRET_RUNTIME_BACKEND_COMMON_ERROR_UNAUTHENTICATED:
    case SECRET_RUNTIME_BACKEND_COMMON_ERROR_UNAVAILABLE:
    case SECRET_RUNTIME_BACKEND_COMMON_ERROR_CONFLICT:
    case SECRET_RUNTIME_BACKEND_COMMON_ERROR_OTHER:
        error->val.other.code = code;
        break;
    default:
        break;
    }
    return false;
}

// --- Storage ---

static bool fail_storage(const secret_runtime_backend_storage_failure_t *failure, sr_error *error) {
    if (failure->tag == SECRET_RUNTIME_BACKEND_STORAGE_FAILURE_UNAVAILABLE) {
        return sr_unavailable(error, failure->val.unavailable);
    }
    return sr_other(error, failure->val.refused);
}

bool sr_storage_read(sr_text key, bool *found, sr_blob *blob, sr_error *error) {
    secret_runtime_backend_storage_option_blob_t answer;
    secret_runtime_backend_storage_failure_t failure;
    if (!secret_runtime_backend_storage_read(&key, &answer, &failure)) {
        return fail_storage(&failure, error);
    }
    *found = answer.is_some;
    *blob = answer.is_some ? answer.val : (sr_blob){0};
    return true;
}

bool sr_storage_replace(sr_text key, const sr_bytes *data, const sr_text *unchanged, bool *changed, sr_error *error) {
    sr_text etag;
    secret_runtime_backend_storage_failure_t failure;
    *changed = false;
    if (secret_runtime_backend_storage_replace(&key, (sr_bytes *)data, (sr_text *)unchanged, &etag, &failure)) {
        return true;
    }
    if (failure.tag != SECRET_RUNTIME_BACKEND_STORAGE_FAILURE_CHANGED) {
        return fail_storage(&failure, error);
    }
    *changed = true;
    return true;
}

// --- Time, chance and the log ---

sr_timestamp sr_now(void) { return secret_runtime_backend_clock_now(); }

void sr_sleep(uint32_t milliseconds) { secret_runtime_backend_clock_sleep(milliseconds); }

sr_bytes sr_random(uint32_t length) {
    sr_bytes bytes;
    secret_runtime_backend_random_bytes(length, &bytes);
    return bytes;
}

void sr_log_error(sr_text message) {
    secret_runtime_backend_log_write(SECRET_RUNTIME_BACKEND_LOG_LEVEL_ERROR, &message);
}

void sr_log_warn(sr_text message) { secret_runtime_backend_log_write(SECRET_RUNTIME_BACKEND_LOG_LEVEL_WARN, &message); }

void sr_log_info(sr_text message) { secret_runtime_backend_log_write(SECRET_RUNTIME_BACKEND_LOG_LEVEL_INFO, &message); }

void sr_log_debug(sr_text message) {
    secret_runtime_backend_log_write(SECRET_RUNTIME_BACKEND_LOG_LEVEL_DEBUG, &message);
}
