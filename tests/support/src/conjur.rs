//! A stand-in for CyberArk Conjur.
