//! What people are to each other: friends, requests, blocks.
