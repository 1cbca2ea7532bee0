// `GET {address}/secret/NAME`, and the body of the reply is the value.
// The token is nowhere in here: the runtime adds it to the requests that the manifest declares.

#include "sdk/secret_runtime_guest.h"

bool backend_read(sr_text name, const sr_text *version, sr_pairs options, sr_secret *secret, sr_error *error) {
    (void)options; // The manifest declares none.
    if (version) {
        return sr_unsupported(error, SR("there are no versions"));
    }
    sr_text address;
    if (!sr_config_require(SR("address"), &address, error)) {
        return false;
    }
    // The whole name becomes one segment of the path, whatever it holds.
    sr_text url = sr_url_segment(sr_url_segment(sr_url(address), SR("secret")), name);
    sr_response response;
    if (!sr_get(url, &response, error)) {
        return false;
    }
    switch (response.status) {
    case 200:
        *secret = sr_secret_of(response.body);
        return true;
    case 404:
        return sr_not_found(error);
    default:
        return sr_fail_status(&response, error);
    }
}
