//! The table: every subject times every scenario.

/// A module of tests for one subject, one for each scenario.
macro_rules! subject {
    ($name:ident, $subject:ty) => {
        mod $name {
            use super::{changes, exits, faults, listing, names, races, refusals, subjects, tokens, twin, values};

            scenarios! { $subject:
                values {
                    text_comes_back_byte_for_byte,
                    an_empty_value_comes_back_empty,
                    zero_bytes_come_back,
                    bytes_that_are_no_text_come_back,
                    what_looks_like_json_comes_back_as_written,
                    what_looks_like_a_boolean_or_a_number_stays_text,
                    quotes_and_escapes_stay,
                    blanks_and_line_ends_stay,
                    sixty_kilobytes_come_back,
                    any_value_comes_back_or_is_refused_before_it_is_sent,
                }
                names {
                    unicode_and_slash_names_are_themselves,
                    names_that_nobody_has_are_refused_before_anything_is_sent,
                }
                changes {
                    a_missing_secret_is_not_found,
                    a_deleted_secret_is_gone,
                    a_deleted_name_can_be_written_again,
                    create_only_keeps_what_is_there,
                    if_version_keeps_what_somebody_else_wrote,
                    each_version_can_be_read,
                    what_is_kept_beside_a_secret_is_kept_or_refused,
                }
                listing {
                    a_list_of_250_names_has_each_of_them_once,
                    a_list_of_nothing_is_empty,
                }
                refusals {
                    who_may_not_is_denied,
                    a_wrong_credential_is_unauthenticated,
                    what_it_does_not_export_is_unsupported,
                }
                tokens {
                    a_first_token_is_asked_for_once_while_100_callers_wait,
                    an_expired_token_is_renewed_once_while_100_callers_wait,
                    a_token_that_is_not_given_out_is_told_as_such,
                }
                faults {
                    too_many_requests_then_success,
                    service_unavailable_then_success,
                    a_connection_that_is_reset_then_success,
                    a_reply_cut_short_then_success,
                    a_change_that_fails_is_not_repeated,
                    a_reply_of_the_wrong_shape_is_malformed_and_not_shown,
                    not_found_in_words_of_somebody_else_is_not_believed,
                    a_listing_of_the_wrong_shape_is_malformed_and_not_shown,
                }
                races {
                    two_runtimes_that_write_one_name_leave_one_value_whole,
                    of_two_runtimes_that_create_one_name_one_wins,
                    two_runtimes_that_write_two_names_lose_neither,
                }
                twin {
                    a_hostile_twin_reads_no_other_secret,
                    a_hostile_twin_changes_nothing_while_it_reads,
                    a_hostile_twin_deletes_nothing_for_good_on_a_plain_delete,
                    a_hostile_twin_reaches_no_token_or_policy,
                }
                exits {
                    the_binary_says_how_it_ended,
                    the_binary_tells_an_upstream_that_fails,
                }
            }
        }
    };
}

macro_rules! scenarios {
    ($subject:ty: $($module:ident { $($scenario:ident,)* })*) => {
        static SHARED: std::sync::OnceLock<std::sync::Arc<$subject>> = std::sync::OnceLock::new();

        $($(
            #[test]
            fn $scenario() {
                $module::$scenario(&super::stage::Stage::new(stringify!($scenario), &SHARED));
            }
        )*)*
    };
}
