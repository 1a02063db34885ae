package dev.imageferry.image;

/** {@code imageferry.check.contents}: what follows when the content is no raw disk image. */
public enum ContentsRule {
    /** The file is {@code not-raw-image}. */
    STRICT,
    /** The file is fit, and carries a warning. */
    WARN
}
