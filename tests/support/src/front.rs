//! A proxy in front of a server that fails on command.
