package dev.imageferry.drop;

import java.io.Serial;
import java.nio.file.FileSystemException;

/** The path is a symbolic link, a folder, a device, a FIFO or a socket, which are not opened. */
public final class NotRegularFileException extends FileSystemException {
    @Serial
    private static final long serialVersionUID = 1L;

    NotRegularFileException(String path, String reason) {
        super(path, null, reason);
    }
}
