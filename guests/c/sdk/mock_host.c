// The functions that a component imports, answered from what a test has scripted.

#include "mock_host.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 64 };

typedef struct {
    sr_text method, url;
    bool has_response, used;
    sr_response response;
    secret_runtime_backend_http_failure_t failure;
} scripted;

typedef enum { NOTHING, A_FILE, VARIABLES } grant;

static struct {
    sr_pair config[MOST], variables[MOST];
    scripted replies[MOST];
    sr_request requests[MOST];
    sr_text lines[MOST];
    size_t config_len, variables_len, replies_len, requests_len, lines_len;
    grant granted;
    bool is_stored;
    sr_bytes stored;
    uint64_t edition;
    sr_timestamp now;
    uint8_t random;
} mock;

_Noreturn static void stop(const char *message, sr_text what) {
    fprintf(stderr, "mock: %s %.*s\n", message, (int)what.len, (const char *)what.ptr);
    abort();
}

// The place for one more, where there is one.
static size_t next(size_t *len) {
    if (*len == MOST) {
        stop("too much of one kind:", sr_decimal(MOST));
    }
    return (*len)++;
}

static bool find(const sr_pair *pairs, size_t len, const sr_text *name, sr_text *value) {
    for (size_t i = 0; i < len; i++) {
        if (sr_equal(pairs[i].f0, *name)) {
            *value = pairs[i].f1;
            return true;
        }
    }
    return false;
}

static sr_bytes bytes_of(sr_text text) { return (sr_bytes){text.ptr, text.len}; }

// --- What a test calls ---

void mock_reset(void) {
    mock.config_len = mock.variables_len = mock.replies_len = mock.requests_len = mock.lines_len = 0;
    mock.granted = NOTHING;
    mock.is_stored = false;
    mock.edition = 0;
    mock.now = 1767225600000;
    mock.random = 0;
}

void mock_config(sr_text key, sr_text value) { mock.config[next(&mock.config_len)] = (sr_pair){key, value}; }

void mock_reply(sr_text method, sr_text url, uint16_t status, sr_text body) {
    mock.replies[next(&mock.replies_len)] = (scripted){
        .method = method,
        .url = url,
        .has_response = true,
        .response = {.status = status, .body = bytes_of(body)},
    };
}

void mock_reply_header(sr_text name, sr_text value) {
    if (mock.replies_len == 0) {
        stop("there is no reply to add this header to:", name);
    }
    sr_response *response = &mock.replies[mock.replies_len - 1].response;
    // A secret's metadata are pairs as well.
    sr_secret pairs = {.metadata = {response->headers.ptr, response->headers.len}};
    sr_add_metadata(&pairs, name, value);
    response->headers.ptr = pairs.metadata.ptr;
    response->headers.len = pairs.metadata.len;
}

void mock_no_reply(sr_text method, sr_text url, uint8_t failure, sr_text message) {
    mock.replies[next(&mock.replies_len)] = (scripted){
        .method = method,
        .url = url,
        .failure = {.tag = failure, .val.unavailable = message},
    };
}

size_t mock_requests(void) { return mock.requests_len; }

const sr_request *mock_request(size_t index) {
    if (index >= mock.requests_len) {
        stop("there is no request of number", sr_decimal(index));
    }
    return &mock.requests[index];
}

size_t mock_lines(void) { return mock.lines_len; }

sr_text mock_line(size_t index) {
    if (index >= mock.lines_len) {
        stop("there is no line of number", sr_decimal(index));
    }
    return mock.lines[index];
}

void mock_file(const sr_text *content) {
    mock.granted = A_FILE;
    mock.is_stored = content != NULL;
    mock.stored = content ? bytes_of(*content) : (sr_bytes){0};
}

const sr_bytes *mock_stored(void) { return mock.is_stored ? &mock.stored : NULL; }

void mock_variable(sr_text name, sr_text value) {
    mock.granted = VARIABLES;
    mock.variables[next(&mock.variables_len)] = (sr_pair){name, value};
}

void mock_now(sr_timestamp time) { mock.now = time; }

// --- What a backend calls ---

bool secret_runtime_backend_http_send(sr_request *request, sr_response *response,
                                      secret_runtime_backend_http_failure_t *failure) {
    mock.requests[next(&mock.requests_len)] = *request;
    for (size_t i = 0; i < mock.replies_len; i++) {
        scripted *reply = &mock.replies[i];
        if (reply->used || !sr_equal(reply->method, request->method) || !sr_equal(reply->url, request->url)) {
            continue;
        }
        reply->used = true;
        if (reply->has_response) {
            *response = reply->response;
        } else {
            *failure = reply->failure;
        }
        return reply->has_response;
    }
    stop("there is no reply to", sr_concat(sr_concat(request->method, SR(" ")), request->url));
}

bool secret_runtime_backend_config_get(sr_text *key, sr_text *value) {
    return find(mock.config, mock.config_len, key, value);
}

static bool refuse(secret_runtime_backend_storage_failure_t *failure, sr_text message) {
    failure->tag = SECRET_RUNTIME_BACKEND_STORAGE_FAILURE_REFUSED;
    failure->val.refused = message;
    return false;
}

static bool refuse_nothing(secret_runtime_backend_storage_failure_t *failure) {
    return refuse(failure, SR("the backend asks for storage and none is granted"));
}

bool secret_runtime_backend_storage_keys(secret_runtime_list_string_t *keys,
                                         secret_runtime_backend_storage_failure_t *failure) {
    if (mock.granted == NOTHING) {
        return refuse_nothing(failure);
    }
    keys->len = mock.granted == A_FILE ? 1 : mock.variables_len;
    keys->ptr = sr_allocate(keys->len * sizeof *keys->ptr);
    for (size_t i = 0; i < keys->len; i++) {
        keys->ptr[i] = mock.granted == A_FILE ? SR("") : mock.variables[i].f0;
    }
    return true;
}

bool secret_runtime_backend_storage_read(sr_text *key, secret_runtime_backend_storage_option_blob_t *blob,
                                         secret_runtime_backend_storage_failure_t *failure) {
    if (mock.granted == NOTHING) {
        return refuse_nothing(failure);
    }
    *blob = (secret_runtime_backend_storage_option_blob_t){0};
    sr_text value;
    if (mock.granted == A_FILE && mock.is_stored && key->len == 0) {
        blob->is_some = true;
        blob->val = (sr_blob){.data = mock.stored, .etag = sr_decimal(mock.edition)};
    } else if (mock.granted == VARIABLES && find(mock.variables, mock.variables_len, key, &value)) {
        blob->is_some = true;
        blob->val = (sr_blob){.data = bytes_of(value), .etag = SR("0")};
    }
    return true;
}

bool secret_runtime_backend_storage_replace(sr_text *key, sr_bytes *data, sr_text *unchanged, sr_text *etag,
                                            secret_runtime_backend_storage_failure_t *failure) {
    switch (mock.granted) {
    case NOTHING:
        return refuse_nothing(failure);
    case VARIABLES:
        return refuse(failure, SR("the storage is granted for reading only"));
    case A_FILE:
        break;
    }
    if (key->len > 0) {
        return refuse(failure, SR("the granted storage is one file: it has no other keys"));
    }
    bool is_same = unchanged ? mock.is_stored && sr_equal(*unchanged, sr_decimal(mock.edition)) : !mock.is_stored;
    if (!is_same) {
        failure->tag = SECRET_RUNTIME_BACKEND_STORAGE_FAILURE_CHANGED;
        return false;
    }
    mock.is_stored = data != NULL;
    mock.stored = data ? *data : (sr_bytes){0};
    mock.edition++;
    *etag = sr_decimal(mock.edition);
    return true;
}

sr_timestamp secret_runtime_backend_clock_now(void) { return mock.now; }

void secret_runtime_backend_clock_sleep(uint32_t milliseconds) { mock.now += milliseconds; }

void secret_runtime_backend_random_bytes(uint32_t length, sr_bytes *bytes) {
    *bytes = (sr_bytes){sr_allocate(length), length};
    for (size_t i = 0; i < length; i++) {
        bytes->ptr[i] = mock.random++;
    }
}

void secret_runtime_backend_log_write(secret_runtime_backend_log_level_t level, sr_text *message) {
    static const char *const levels[] = {"error: ", "warn: ", "info: ", "debug: ", "trace: "};
    mock.lines[next(&mock.lines_len)] = sr_concat(sr_text_of(levels[level]), *message);
}
