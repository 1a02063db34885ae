package dev.imageferry.linode;

/**
 * The calls, as metrics name them.
 *
 * @see <a href="https://techdocs.akamai.com/linode-api/reference/rate-limits">the limits by kind of call</a>
 */
enum Operation {
    CREATE("create", "create the image", true, Limit.OTHER),
    GET("get", "show the image", false, Limit.OTHER),
    DELETE("delete", "delete the image", true, Limit.OTHER),
    REPLICATE("replicate", "copy the image to regions", true, Limit.OTHER),
    LIST("list", "list the images", false, Limit.IMAGE_LISTS),
    EVENTS("events", "list the image's events", false, Limit.PAGES),
    PROFILE("profile", "show the token's profile", false, Limit.OTHER),
    PUT("put", "take the file", true, Limit.OTHER);

    /** Which of the API's counters a call counts on. */
    enum Limit {
        /** 20 a minute. */
        IMAGE_LISTS,
        /** Other paginated GETs: 200 a minute. */
        PAGES,
        /** The rest: 1,600 a minute. */
        OTHER
    }

    private final String tag;
    private final String words;
    private final boolean changes;
    private final Limit limit;

    Operation(String tag, String words, boolean changes, Limit limit) {
        this.tag = tag;
        this.words = words;
        this.changes = changes;
        this.limit = limit;
    }

    /** The label's value in metrics. */
    String tag() {
        return tag;
    }

    /** What Linode was asked to do, for messages. */
    String words() {
        return words;
    }

    /** Whether a lost answer leaves a doubt about what is at Linode now. */
    boolean changes() {
        return changes;
    }

    /** Whether the call says what a job wants, so that a refusal of it can be the job's fault. */
    boolean carriesTheJob() {
        return this == CREATE || this == REPLICATE;
    }

    Limit limit() {
        return limit;
    }
}
