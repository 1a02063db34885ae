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
 * Says in words for a user what a failure was. The JDK's messages repeat the path, lack the reason, or are the name of a class.
 */
public final class Reason {
    private static final String UNKNOWN = "input or output failed";

    /** The name of an exception's class, as {@link Throwable#toString} and wrapping exceptions put it before the message. */
    private static final Pattern CLASS_NAME =
            Pattern.compile("\\b(?:[a-z_][\\w$]*\\.)*[A-Z][\\w$]*(?:Exception|Error)\\b(?::\\s*)?");

    private Reason() {}

    /** Without the path: the caller names the file. */
    public static String of(IOException failure) {
        return switch (failure) {
            case AccessDeniedException e -> "permission denied";
            case NoSuchFileException e -> "no such file or directory";
            case FileAlreadyExistsException e -> "it exists already";
            case DirectoryNotEmptyException e -> "the directory is not empty";
            case NotDirectoryException e -> "not a directory";
            case NotLinkException e -> "not a symbolic link";
            case FileSystemLoopException e -> "symbolic links form a loop";
            case FileSystemException e -> said(e.getReason(), e.getCause());
            case ClosedByInterruptException e -> "interrupted";
            case ClosedChannelException e -> "closed meanwhile";
            case EOFException e -> "it ends too early";
            case CharacterCodingException e -> "not valid text in its encoding";
            case UnknownHostException e -> e.getMessage() == null ? "unknown host" : "unknown host " + e.getMessage();
            case SocketTimeoutException e -> e.getMessage() == null ? "timed out" : said(e.getMessage(), e.getCause());
            case InterruptedIOException e -> "interrupted";
            default -> said(failure.getMessage(), failure.getCause());
        };
    }

    /** A name that this system or locale has no path for. */
    public static String of(InvalidPathException failure) {
        return failure.getReason().startsWith("Malformed input")
                ? "the name needs a UTF-8 locale: start with LC_ALL=C.UTF-8"
                : withoutClassNames(failure.getReason());
    }

    private static String said(@Nullable String message, @Nullable Throwable cause) {
        if (cause != null && (message == null || message.equals(cause.toString()))) {
            return switch (cause) {
                case IOException inner -> of(inner);
                default -> said(cause.getMessage(), cause.getCause());
            };
        }
        return message == null ? UNKNOWN : withoutClassNames(message);
    }

    private static String withoutClassNames(String message) {
        String plain = CLASS_NAME.matcher(message).replaceAll("").strip();
        return plain.isEmpty() ? UNKNOWN : plain;
    }
}
