//! Pinned npm packages, installed once under the target folder.
