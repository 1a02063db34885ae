package dev.imageferry.convert;

import dev.imageferry.file.DiskFull;
import dev.imageferry.image.Printable;
import java.io.IOException;
import java.nio.file.Path;

/** The disk has no space for a conversion. The message has the numbers and what to do. The conversion can be repeated later. */
public final class NoSpaceException extends IOException {
    private static final long serialVersionUID = 1;

    public NoSpaceException(String message) {
        super(message);
    }

    /** The disk of the file is full. */
    static NoSpaceException on(Path file) throws IOException {
        return new NoSpaceException("the disk of the drop folder is full (%s bytes are free): free some space there"
                .formatted(Printable.count(DiskFull.freeBytes(file))));
    }
}
