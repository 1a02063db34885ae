package dev.imageferry.job;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Describes an exception for a user. The JDK's own messages repeat the path, lack the reason, or are the name of a class.
 */
public final class Reason {
    private static final String UNKNOWN = "input/output error";

    /** The class name that {@link Throwable#toString} and wrapping exceptions put before the message. */
    private static final Pattern CLASS_NAME =
            Pattern.compile("\\b(?:[a-z_][\\w$]*\\.)*[A-Z][\\w$]*(?:Exception|Error)\\b(?::\\s*)?");

    private Reason() {}

    /** Returns the reason without the path. The caller names the file. */
    public static String of(IOException failure) {
        return switch (failure) {
            case AccessDeniedException e -> "permission denied";
            case NoSuchFileException e -> "no such file or directory";
            case FileAlreadyExistsException e -> "already exists";
            case DirectoryNotEmptyException e -> "directory not empty";
            case NotDirectoryException e -> "not a directory";
            case NotLinkException e -> "not a symbolic link";
            case FileSystemLoopException e -> "symbolic links form a loop";
            case FileSystemException e -> describe(e.getReason(), e.getCause());
            case ClosedByInterruptException e -> "interrupted";
            case ClosedChannelException e -> "connection or file was closed";
            case EOFException e -> "unexpected end of data";
            case CharacterCodingException e -> "invalid text encoding";
            case UnknownHostException e -> e.getMessage() == null ? "unknown host" : "unknown host " + e.getMessage();
            case SocketTimeoutException e ->
                e.getMessage() == null ? "timed out" : describe(e.getMessage(), e.getCause());
            case InterruptedIOException e -> "interrupted";
            default -> describe(failure.getMessage(), failure.getCause());
        };
    }

    /** Returns why a file name cannot be used on this system or in this locale. */
    public static String of(InvalidPathException failure) {
        return failure.getReason().startsWith("Malformed input")
                ? "the name needs a UTF-8 locale: start with LC_ALL=C.UTF-8"
                : withoutClassNames(failure.getReason());
    }

    private static String describe(@Nullable String message, @Nullable Throwable cause) {
        if (cause != null && (message == null || message.equals(cause.toString()))) {
            return switch (cause) {
                case IOException inner -> of(inner);
                default -> describe(cause.getMessage(), cause.getCause());
            };
        }
        return message == null ? UNKNOWN : withoutClassNames(message);
    }

    private static String withoutClassNames(String message) {
        String plain = CLASS_NAME.matcher(message).replaceAll("").strip();
        return plain.isEmpty() ? UNKNOWN : plain;
    }
}
