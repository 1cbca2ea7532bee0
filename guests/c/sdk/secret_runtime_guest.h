// Write a secret-runtime backend in C.
//
// A backend is a WebAssembly component that knows how one secret manager speaks. It holds no credential, opens no
// socket and lives for one call; the runtime adds credentials to its requests on the way out.
//
// Memory: nothing is ever freed. An instance lives for one call and its memory goes with it. What a backend is given,
// and what the functions in here answer, stays valid to the end of the call and may be handed on as it is. What a
// backend answers may lie on the heap, in a literal or in what it was given, but not on the stack.
//
// Texts have a length, not a zero at the end, and may hold zeros. They are UTF-8; values and bodies are any bytes.
//
// Failing: a function that can fail answers false and has then filled in `error`, so that `return false` hands it on. A
// failure is never "not found", even where nothing was filled in: say `sr_not_found` only after the upstream said it. A
// trap (abort, a division by zero) fails the call and blames the component.

#ifndef SECRET_RUNTIME_GUEST_H
#define SECRET_RUNTIME_GUEST_H

#include "bindings/secret_runtime.h"

// The words of the contract; bindings/secret_runtime.h shows their fields.
typedef secret_runtime_string_t sr_text;
typedef secret_runtime_list_u8_t sr_bytes;
typedef secret_runtime_option_string_t sr_option_text;
typedef secret_runtime_backend_common_pair_t sr_pair;
typedef secret_runtime_backend_common_list_pair_t sr_pairs;
typedef secret_runtime_backend_common_timestamp_t sr_timestamp;
typedef secret_runtime_backend_common_secret_t sr_secret;
typedef secret_runtime_backend_common_entry_t sr_entry;
typedef secret_runtime_backend_common_page_t sr_page;
typedef secret_runtime_backend_common_new_secret_t sr_new_secret;
typedef secret_runtime_backend_common_delete_mode_t sr_delete_mode;
typedef secret_runtime_backend_common_readiness_t sr_readiness;
typedef secret_runtime_backend_common_error_t sr_error;
typedef secret_runtime_backend_http_request_t sr_request;
typedef secret_runtime_backend_http_response_t sr_response;
typedef secret_runtime_backend_storage_blob_t sr_blob;

// --- What a backend defines: `backend_read`, and what else build.py names among its capabilities. ---
//
// What is to be filled in is all zero before: no version, no metadata, an empty page, not there, ready.

// Reads one secret, in this version or, if there is none, the current one.
bool backend_read(sr_text name, const sr_text *version, sr_pairs options, sr_secret *secret, sr_error *error);

// Whether there is a secret of this name that can be read.
bool backend_exists(sr_text name, sr_pairs options, bool *exists, sr_error *error);

// Lists at most `limit` names that begin with `prefix`, from where `cursor` says, else from the start.
bool backend_list(sr_text prefix, const sr_text *cursor, uint32_t limit, sr_pairs options, sr_page *page,
                  sr_error *error);

// Writes a secret and answers its new version, where there is one.
bool backend_write(const sr_new_secret *secret, sr_pairs options, sr_option_text *version, sr_error *error);

// Deletes one secret. One that is not there is `not-found`.
bool backend_delete(sr_text name, const sr_delete_mode *mode, sr_pairs options, sr_error *error);

// Whether the upstream answers and accepts us, without reading a secret.
bool backend_check(sr_readiness *readiness, sr_error *error);

// --- Texts ---

// A literal as text: `SR("secret")`.
#define SR(literal) ((sr_text){(uint8_t *)("" literal), sizeof(literal) - 1})

// Memory that is not initialized. Where there is none left, the call traps.
void *sr_allocate(size_t size);

// A text that ends in a zero. It is not copied.
sr_text sr_text_of(const char *zero_terminated);

sr_text sr_concat(sr_text a, sr_text b);

// A number in decimal digits.
sr_text sr_decimal(uint64_t number);

bool sr_equal(sr_text a, sr_text b);

bool sr_starts_with(sr_text text, sr_text prefix);

// A text where there may be none, such as a version.
sr_option_text sr_some(sr_text text);

// --- Settings and options ---

// A declared setting that has a value; of an origin's name, its URL; of a credential, a placeholder.
bool sr_config(sr_text key, sr_text *value);

// A setting that has to be there; without it the call fails as `invalid`.
bool sr_config_require(sr_text key, sr_text *value, sr_error *error);

// The value of an option of the call; false if it has none or an empty one.
bool sr_option(sr_pairs options, sr_text name, sr_text *value);

// --- URLs: whatever a name holds, it stays where it was put. ---

// Begins with an origin, and a path where the upstream does not live at the root. Slashes at the end are dropped.
sr_text sr_url(sr_text base);

// Adds one path segment. A slash in it is encoded.
sr_text sr_url_segment(sr_text url, sr_text segment);

// Adds path segments, divided by slashes. Empty ones are left out.
sr_text sr_url_path(sr_text url, sr_text path);

// Adds a query parameter. The path has to be complete by then.
sr_text sr_url_query(sr_text url, sr_text name, sr_text value);

// --- Requests. A response may have any status; false means that there is none. ---

// Sends a GET request.
bool sr_get(sr_text url, sr_response *response, sr_error *error);

// Sends a POST request with a body.
bool sr_post(sr_text url, sr_text content_type, sr_bytes body, sr_response *response, sr_error *error);

// Any other request: make it, add to it, send it.
sr_request sr_request_of(sr_text method, sr_text url);
void sr_add_header(sr_request *request, sr_text name, sr_text value);
void sr_set_body(sr_request *request, sr_bytes body);
bool sr_send(sr_request *request, sr_response *response, sr_error *error);

// The first header of this name, to be given in lower case.
bool sr_header(const sr_response *response, sr_text name, sr_text *value);

// Fails as the status says: 401, 403, 408, 429 and 5xx mean what they mean everywhere, and anything else is not what
// this upstream should send. 404 too, for only the backend can tell a missing secret from a wrong address.
bool sr_fail_status(const sr_response *response, sr_error *error);

// --- Answers ---

// A secret of which only the value is known: bytes, exactly as the upstream keeps them.
sr_secret sr_secret_of(sr_bytes value);

// What else the upstream tells of a secret, each name once. Never part of the value.
void sr_add_metadata(sr_secret *secret, sr_text name, sr_text value);

// Adds a name to a page. What else is known of it can be filled in until the next one is added.
sr_entry *sr_add_entry(sr_page *page, sr_text name);

// --- Errors. Each answers false. Messages reach the person at the command line; still, keep values out of them. ---

bool sr_not_found(sr_error *error);
bool sr_invalid(sr_error *error, sr_text message);
bool sr_denied(sr_error *error, sr_text message);
bool sr_unauthenticated(sr_error *error, sr_text message);
bool sr_rate_limited(sr_error *error);
bool sr_rate_limited_for(sr_error *error, uint32_t seconds);
bool sr_unavailable(sr_error *error, sr_text message);
bool sr_timeout(sr_error *error);
bool sr_conflict(sr_error *error, sr_text message);
bool sr_approval_required(sr_error *error, sr_text id);
bool sr_unsupported(sr_error *error, sr_text message);
bool sr_malformed(sr_error *error, sr_text message);
bool sr_other(sr_error *error, sr_text message);

// Adds a code, one that the manifest declares, to an error that can hold one, and answers false as well.
bool sr_with_code(sr_error *error, sr_text code);

// --- Storage: the one file (its only key is empty), or the environment variables, that the operator granted. ---

// What is there; `found` tells whether there is any.
bool sr_storage_read(sr_text key, bool *found, sr_blob *blob, sr_error *error);

// Replaces what was read under the etag `unchanged`, or creates what was not there (null). No data (null) removes it.
// If somebody wrote in between, `changed` is true, nothing is written and the answer is true: read again.
bool sr_storage_replace(sr_text key, const sr_bytes *data, const sr_text *unchanged, bool *changed, sr_error *error);

// --- Time, chance and the log ---

// The time of day, in milliseconds since 1970-01-01T00:00:00Z.
sr_timestamp sr_now(void);

// Waits. The call's deadline goes on.
void sr_sleep(uint32_t milliseconds);

// So many bytes from a cryptographically secure source.
sr_bytes sr_random(uint32_t length);

// Writes one line for the person who made the call. Values do not belong in it.
void sr_log_error(sr_text message);
void sr_log_warn(sr_text message);
void sr_log_info(sr_text message);
void sr_log_debug(sr_text message);

#endif
