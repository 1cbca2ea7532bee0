// A runtime for unit tests: natively, it answers whatever a backend asks of the real one.
//
// A test begins with `mock_reset`, scripts the replies, calls the backend's function and looks at what it answered and
// asked for. What can't be answered, such as a request that nothing is scripted for, stops the program with a message.
//
// It knows nothing of the manifest: whether the rules in there allow what the backend sends is seen with the component,
// by `runtime conform`. Nor does it add credentials.

#ifndef SECRET_RUNTIME_MOCK_HOST_H
#define SECRET_RUNTIME_MOCK_HOST_H

#include "secret_runtime_guest.h"

// What a backend gets for a credential that it asks for as if it were a setting.
#define MOCK_PLACEHOLDER SR("credential-added-by-secret-runtime")

// Forgets everything: no settings, no replies, no storage. The time is 2026-01-01T00:00:00Z.
void mock_reset(void);

// Gives a setting its value.
void mock_config(sr_text key, sr_text value);

// Answers the next request of this method and URL, once. Further replies to the same are given in their order.
void mock_reply(sr_text method, sr_text url, uint16_t status, sr_text body);

// Adds a header to the reply that was scripted last; its name is in lower case.
void mock_reply_header(sr_text name, sr_text value);

// Lets the next request of this method and URL go without a response, once: the failure is one of
// SECRET_RUNTIME_BACKEND_HTTP_FAILURE_….
void mock_no_reply(sr_text method, sr_text url, uint8_t failure, sr_text message);

// How many requests there were, and each of them.
size_t mock_requests(void);
const sr_request *mock_request(size_t index);

// How many lines were logged, and each of them, with its level: `warn: …`.
size_t mock_lines(void);
sr_text mock_line(size_t index);

// Grants a file. Without content it is not there yet.
void mock_file(const sr_text *content);

// What the granted file holds now; null if it is not there.
const sr_bytes *mock_stored(void);

// Grants an environment variable, for reading alone.
void mock_variable(sr_text name, sr_text value);

// Sets the clock. It stands still unless the backend sleeps, and that takes no time in the test. Random bytes count up
// from 0.
void mock_now(sr_timestamp time);

#endif
