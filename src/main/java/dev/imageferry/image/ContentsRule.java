package dev.imageferry.image;

/** {@code imageferry.check.contents}: what to do if the content is not a raw disk image. */
public enum ContentsRule {
    /** Reject the file with {@code not-raw-image}. */
    STRICT,
    /** Accept the file with a warning. */
    WARN
}
