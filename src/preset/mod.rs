//! Preset messages that admins send with one click, and the countdowns they start.
