//! A stand-in for Agent Secret Store.
