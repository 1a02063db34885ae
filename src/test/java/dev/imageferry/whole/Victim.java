package dev.imageferry.whole;

/** The process that a trial kills. */
enum Victim {
    DAEMON,
    POSTGRESQL,
    BOTH
}
