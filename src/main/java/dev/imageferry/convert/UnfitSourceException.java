package dev.imageferry.convert;

import dev.imageferry.image.ImageLimits;
import dev.imageferry.image.Printable;
import dev.imageferry.job.ErrorCode;

/** The source cannot be converted. {@link Converter} turns it into a {@link Conversion.Unfit}; the message lacks the file name. */
final class UnfitSourceException extends Exception {
    private static final long serialVersionUID = 1;
    private static final String COPY_AGAIN = ": copy it again";

    private final ErrorCode code;
    private final boolean mayBeUnfinished;

    private UnfitSourceException(ErrorCode code, String message, boolean mayBeUnfinished) {
        super(message);
        this.code = code;
        this.mayBeUnfinished = mayBeUnfinished;
    }

    /** Something in the file makes a conversion impossible, whether the copy is complete or not. */
    static UnfitSourceException failed(String message) {
        return new UnfitSourceException(ErrorCode.CONVERSION_FAILED, message, false);
    }

    /** The file ends too early. */
    static UnfitSourceException truncated(String what) {
        return new UnfitSourceException(ErrorCode.CONVERSION_FAILED, what + COPY_AGAIN, true);
    }

    /** @param mayBeUnfinished whether an incomplete copy explains it, such as one whose missing part is zeroes */
    static UnfitSourceException damaged(String what, boolean mayBeUnfinished) {
        return new UnfitSourceException(ErrorCode.CONVERSION_FAILED, what + COPY_AGAIN, mayBeUnfinished);
    }

    static UnfitSourceException noBytes() {
        return new UnfitSourceException(ErrorCode.EMPTY, "the file is empty (0 bytes)" + COPY_AGAIN, true);
    }

    static UnfitSourceException nothingInside() {
        return new UnfitSourceException(
                ErrorCode.EMPTY, "the image inside is empty (0 bytes): make the file again", false);
    }

    static UnfitSourceException notRaw(String message) {
        return new UnfitSourceException(ErrorCode.NOT_RAW_IMAGE, message, false);
    }

    /** The size is known from the header. */
    static UnfitSourceException tooLarge(long bytes, ImageLimits limits) {
        return tooLarge("a disk of %s bytes, but the limit is %s"
                .formatted(Printable.count(bytes), Printable.count(limits.uncompressedBytes())));
    }

    /** The conversion has reached the limit. */
    static UnfitSourceException overLimit(ImageLimits limits) {
        return tooLarge("more than %s bytes uncompressed, which is the limit"
                .formatted(Printable.count(limits.uncompressedBytes())));
    }

    private static UnfitSourceException tooLarge(String size) {
        return new UnfitSourceException(
                ErrorCode.TOO_LARGE_UNCOMPRESSED,
                size
                        + " (imageferry.limits.uncompressed): shrink the image, for example with resize2fs -M, or ask Linode support for a higher limit",
                false);
    }

    ErrorCode code() {
        return code;
    }

    /** The message, which is never null. */
    String what() {
        return String.valueOf(getMessage());
    }

    boolean mayBeUnfinished() {
        return mayBeUnfinished;
    }
}
