package dev.imageferry.linode;

/** What a refusal says about the whole service, for the decision whether all other jobs are held back too. */
public enum Cause {
    /** Nothing: this request alone is wrong (a 4xx in the API's own form). */
    JOB,
    /** An answer came, but none that the API stands for: 5xx, 408, nonsense, or something else's page of any status. */
    SERVER,
    /** No connection, or none that lasted until the answer. */
    UNREACHABLE,
    /** The token is not valid, or lacks a scope (401 or 403 in the API's own form). */
    UNAUTHORIZED,
    /** Too many calls (429; of the bucket also 503). */
    RATE_LIMITED,
    /** The account holds as much as it may. */
    QUOTA,
    /** {@code Linode busy.}: something else is being done with the same thing. */
    BUSY
}
