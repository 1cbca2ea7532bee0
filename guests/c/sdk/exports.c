// What the runtime calls: each capability's function of the bindings, handed to the backend's own.

#include "secret_runtime_guest.h"

// What is said where a backend fails and forgets to say why. Zeros would say that there is no such secret.
static void say_nothing_yet(sr_error *error) { sr_other(error, SR("the backend failed and did not say why")); }

#ifdef SECRET_RUNTIME_READ
bool exports_secret_runtime_backend_read_read(sr_text *name, sr_text *version,
                                              exports_secret_runtime_backend_read_list_pair_t *options,
                                              sr_secret *secret, sr_error *error) {
    *secret = (sr_secret){0};
    say_nothing_yet(error);
    return backend_read(*name, version, (sr_pairs){options->ptr, options->len}, secret, error);
}
#endif

#ifdef SECRET_RUNTIME_EXISTS
bool exports_secret_runtime_backend_exists_exists(sr_text *name,
                                                  exports_secret_runtime_backend_exists_list_pair_t *options,
                                                  bool *exists, sr_error *error) {
    *exists = false;
    say_nothing_yet(error);
    return backend_exists(*name, (sr_pairs){options->ptr, options->len}, exists, error);
}
#endif

#ifdef SECRET_RUNTIME_LIST
bool exports_secret_runtime_backend_listing_list(sr_text *prefix, sr_text *cursor, uint32_t limit,
                                                 exports_secret_runtime_backend_listing_list_pair_t *options,
                                                 sr_page *page, sr_error *error) {
    *page = (sr_page){0};
    say_nothing_yet(error);
    return backend_list(*prefix, cursor, limit, (sr_pairs){options->ptr, options->len}, page, error);
}
#endif

#ifdef SECRET_RUNTIME_WRITE
bool exports_secret_runtime_backend_write_write(sr_new_secret *secret,
                                                exports_secret_runtime_backend_write_list_pair_t *options,
                                                sr_option_text *version, sr_error *error) {
    *version = (sr_option_text){0};
    say_nothing_yet(error);
    return backend_write(secret, (sr_pairs){options->ptr, options->len}, version, error);
}
#endif

#ifdef SECRET_RUNTIME_DELETE
bool exports_secret_runtime_backend_delete_delete(sr_text *name, sr_delete_mode *mode,
                                                  exports_secret_runtime_backend_delete_list_pair_t *options,
                                                  sr_error *error) {
    say_nothing_yet(error);
    return backend_delete(*name, mode, (sr_pairs){options->ptr, options->len}, error);
}
#endif

#ifdef SECRET_RUNTIME_CHECK
bool exports_secret_runtime_backend_check_check(sr_readiness *readiness, sr_error *error) {
    *readiness = (sr_readiness){.tag = SECRET_RUNTIME_BACKEND_COMMON_READINESS_READY};
    say_nothing_yet(error);
    return backend_check(readiness, error);
}
#endif
