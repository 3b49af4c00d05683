//! Tests of the logic, without actors or clock.
