package dev.imageferry.linode;

/** What a failed call means for the service as a whole, and thus for other jobs. */
public enum Cause {
    /** Nothing: only this request is wrong (a 4xx in the API's own form). */
    JOB,
    /** An answer that is not a valid answer of the API: 5xx, 408, unreadable, or the page of a proxy with any status. */
    SERVER,
    /** No connection, or one that broke before the answer. */
    UNREACHABLE,
    /** The token is invalid or lacks a scope (401 or 403 in the API's own form). */
    UNAUTHORIZED,
    /** Too many calls (429, or 503 of the bucket). */
    RATE_LIMITED,
    /** A limit of the account is reached. */
    QUOTA,
    /** {@code Linode busy.}: another operation on the same object is in progress. */
    BUSY
}
