package dev.imageferry.linode;

/** What a refusal says about the whole service, for whoever decides to hold back all other jobs too. */
public enum Cause {
    /** Nothing: this request alone is wrong (400). */
    JOB,
    /** The service answers, but with an error of its own (5xx, 408, nonsense). */
    SERVER,
    /** No connection, or none that lasted until the answer. */
    UNREACHABLE,
    /** The token is not valid, or lacks a scope (401, 403). */
    UNAUTHORIZED,
    /** Too many calls (429; of the bucket also 503). */
    RATE_LIMITED,
    /** The account holds as much as it may. */
    QUOTA,
    /** {@code Linode busy.}: something else is being done with the same thing. */
    BUSY
}
