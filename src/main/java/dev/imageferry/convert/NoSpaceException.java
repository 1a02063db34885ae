package dev.imageferry.convert;

import java.io.IOException;

/** The disk has no space for a conversion. The message has the numbers and what to do. The conversion can be repeated later. */
public final class NoSpaceException extends IOException {
    private static final long serialVersionUID = 1;

    public NoSpaceException(String message) {
        super(message);
    }
}
