package dev.imageferry.linode;

/**
 * The calls to Linode.
 *
 * @see <a href="https://techdocs.akamai.com/linode-api/reference/rate-limits">the rate limits</a>
 */
enum Operation {
    CREATE("create", "create the image", true, Limit.OTHER),
    GET("get", "show the image", false, Limit.OTHER),
    DELETE("delete", "delete the image", true, Limit.OTHER),
    REPLICATE("replicate", "copy the image to regions", true, Limit.OTHER),
    LIST("list", "list the images", false, Limit.IMAGE_LISTS),
    EVENTS("events", "list the image's events", false, Limit.PAGES),
    REGIONS("regions", "list the regions", false, Limit.PAGES),
    PROFILE("profile", "show the token's profile", false, Limit.OTHER),
    PUT("put", "take the file", true, Limit.OTHER);

    /** The rate limit that applies to a call. */
    enum Limit {
        /** 20 per minute. */
        IMAGE_LISTS,
        /** Other paginated GETs: 200 per minute. */
        PAGES,
        /** All other calls: 1,600 per minute. */
        OTHER
    }

    private final String tag;
    private final String description;
    private final boolean changes;
    private final Limit limit;

    Operation(String tag, String description, boolean changes, Limit limit) {
        this.tag = tag;
        this.description = description;
        this.changes = changes;
        this.limit = limit;
    }

    /** The value of the label {@code operation} in metrics. */
    String tag() {
        return tag;
    }

    /** What the call does, for messages. */
    String description() {
        return description;
    }

    /** Whether the call changes something at Linode, so that a lost answer leaves the state unknown. */
    boolean changes() {
        return changes;
    }

    /** Whether the call contains properties of a job, so that they can cause an error. */
    boolean isForJob() {
        return this == CREATE || this == REPLICATE;
    }

    Limit limit() {
        return limit;
    }
}
