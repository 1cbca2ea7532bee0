// The example backend in C: `GET {address}/secret/NAME`, and the body of the reply is the value.
// The token is nowhere in here: the runtime adds it to the requests that the manifest declares.

#include <stdlib.h>
#include <string.h>

#include "bindings/secret_manager.h"

typedef secret_manager_string_t string;
typedef exports_secret_runtime_backend_read_secret_t secret;
typedef exports_secret_runtime_backend_read_error_t error;

// Fills in an error of a kind that has a code and a message.
static bool fail(error *err, uint8_t kind, const char *message) {
    err->tag = kind;
    secret_runtime_backend_common_detail_t *detail = &err->val.other;
    detail->code = (string){0};
    secret_manager_string_dup(&detail->message, message);
    return false;
}

// Appends to a text whose buffer is large enough.
static void append(string *text, const void *bytes, size_t len) {
    memcpy(text->ptr + text->len, bytes, len);
    text->len += len;
}

static bool is_unreserved(uint8_t byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

// The whole name becomes one segment of the path, whatever it holds.
static void append_segment(string *url, const string *name) {
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < name->len; i++) {
        uint8_t byte = name->ptr[i];
        char escaped[] = {'%', hex[byte >> 4], hex[byte & 15]};
        if (is_unreserved(byte)) {
            append(url, &byte, 1);
        } else {
            append(url, escaped, sizeof escaped);
        }
    }
}

// The URL of a secret. The caller frees it.
static bool url_of(const string *name, string *url, error *err) {
    static const char folder[] = "/secret/";
    string key, address;
    secret_manager_string_set(&key, "address");
    if (!secret_runtime_backend_config_get(&key, &address)) {
        return fail(err, SECRET_RUNTIME_BACKEND_COMMON_ERROR_OTHER, "the setting \"address\" is missing");
    }
    size_t len = address.len;
    while (len > 0 && address.ptr[len - 1] == '/') {
        len--;
    }
    *url = (string){.ptr = malloc(len + sizeof folder + 3 * name->len)};
    append(url, address.ptr, len);
    append(url, folder, sizeof folder - 1);
    append_segment(url, name);
    secret_manager_string_free(&address);
    return true;
}

// Why there was no reply.
static bool fail_to_send(secret_runtime_backend_http_failure_t *failure, error *err) {
    bool timeout = failure->tag == SECRET_RUNTIME_BACKEND_HTTP_FAILURE_TIMEOUT;
    secret_runtime_backend_http_failure_free(failure);
    if (timeout) {
        err->tag = SECRET_RUNTIME_BACKEND_COMMON_ERROR_TIMEOUT;
        return false;
    }
    return fail(err, SECRET_RUNTIME_BACKEND_COMMON_ERROR_UNAVAILABLE, "no reply");
}

bool exports_secret_runtime_backend_read_read(string *name, string *maybe_version,
                                              exports_secret_runtime_backend_read_list_pair_t *options, secret *ret,
                                              error *err) {
    (void)options; // The manifest declares none.
    if (maybe_version) {
        err->tag = SECRET_RUNTIME_BACKEND_COMMON_ERROR_UNSUPPORTED;
        secret_manager_string_dup(&err->val.unsupported, "there are no versions");
        return false;
    }

    secret_runtime_backend_http_request_t request = {0};
    secret_runtime_backend_http_response_t response;
    secret_runtime_backend_http_failure_t failure;
    if (!url_of(name, &request.url, err)) {
        return false;
    }
    secret_manager_string_set(&request.method, "GET");
    bool replied = secret_runtime_backend_http_send(&request, &response, &failure);
    secret_manager_string_free(&request.url);
    if (!replied) {
        return fail_to_send(&failure, err);
    }

    switch (response.status) {
    case 200:
        // The body moves into the answer; whoever frees that frees it.
        *ret = (secret){.value = response.body};
        response.body = (secret_manager_list_u8_t){0};
        break;
    case 404:
        err->tag = SECRET_RUNTIME_BACKEND_COMMON_ERROR_NOT_FOUND;
        break;
    default:
        fail(err, SECRET_RUNTIME_BACKEND_COMMON_ERROR_UNAVAILABLE, "neither 200 nor 404");
        break;
    }
    secret_runtime_backend_http_response_free(&response);
    return response.status == 200;
}
