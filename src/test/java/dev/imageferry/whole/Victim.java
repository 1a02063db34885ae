package dev.imageferry.whole;

/** What gets the SIGKILL. */
enum Victim {
    DAEMON,
    POSTGRESQL,
    BOTH
}
