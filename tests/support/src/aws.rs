//! Emulators of AWS: ministack and moto.
