//! The announcement: an image that everybody is shown once a version.
