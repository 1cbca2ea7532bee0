//! The table: every subject times every scenario.

/// A module of tests for one subject, one for each scenario.
macro_rules! subject {
    ($name:ident, $subject:ty) => {
        mod $name {
            use super::{changes, faults, subjects, values};

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
                }
                changes {
                    a_missing_secret_is_not_found,
                    a_deleted_secret_is_gone,
                }
                faults {
                    too_many_requests_then_success,
                    a_reply_of_the_wrong_shape_is_malformed_and_not_shown,
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
