package dev.imageferry.simulator;

/** What a request asks for. */
public enum Operation {
    /** {@code POST /v4/images/upload}. */
    CREATE,
    /** {@code PUT} of the bytes to the bucket. */
    PUT_OBJECT,
    /** {@code GET /v4/images/{id}}. */
    GET_IMAGE,
    /** {@code PUT /v4/images/{id}}. */
    UPDATE_IMAGE,
    /** {@code DELETE /v4/images/{id}}. */
    DELETE_IMAGE,
    /** {@code POST /v4/images/{id}/regions}. */
    REPLICATE,
    /** {@code GET /v4/images}. */
    LIST,
    /** {@code GET /v4/account/events}. */
    EVENTS,
    /** {@code GET /v4/regions}. */
    REGIONS,
    /** {@code GET /v4/profile}. */
    PROFILE,
    /** Anything else, in the API or the bucket. */
    OTHER
}
