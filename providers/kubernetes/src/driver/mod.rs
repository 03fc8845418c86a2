//! Talks to a cluster. (Its place is kept; it comes with the driver.)
