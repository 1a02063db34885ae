package dev.imageferry.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.UnmappableCharacterException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ReasonTest {
    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(new AccessDeniedException("/x"), "permission denied"),
                Arguments.of(new NoSuchFileException("/x"), "no such file or directory"),
                Arguments.of(new FileAlreadyExistsException("/x"), "already exists"),
                Arguments.of(new DirectoryNotEmptyException("/x"), "directory not empty"),
                Arguments.of(new NotDirectoryException("/x"), "not a directory"),
                Arguments.of(new NotLinkException("/x"), "not a symbolic link"),
                Arguments.of(new FileSystemLoopException("/x"), "symbolic links form a loop"),
                Arguments.of(new FileSystemException("/x", null, "No space left on device"), "No space left on device"),
                Arguments.of(new FileSystemException("/x"), "input/output error"),
                Arguments.of(
                        new AtomicMoveNotSupportedException("/x", "/y", "Invalid cross-device link"),
                        "Invalid cross-device link"),
                Arguments.of(new UserPrincipalNotFoundException("nobody"), "input/output error"),
                Arguments.of(new ClosedByInterruptException(), "interrupted"),
                Arguments.of(new AsynchronousCloseException(), "connection or file was closed"),
                Arguments.of(new ClosedChannelException(), "connection or file was closed"),
                Arguments.of(new EOFException(), "unexpected end of data"),
                Arguments.of(new MalformedInputException(1), "invalid text encoding"),
                Arguments.of(new UnmappableCharacterException(1), "invalid text encoding"),
                Arguments.of(new UnknownHostException("api.linode.com"), "unknown host api.linode.com"),
                Arguments.of(new UnknownHostException(), "unknown host"),
                Arguments.of(new ConnectException("Connection refused"), "Connection refused"),
                Arguments.of(new SocketTimeoutException(), "timed out"),
                Arguments.of(new SocketTimeoutException("Read timed out"), "Read timed out"),
                Arguments.of(new InterruptedIOException(), "interrupted"),
                Arguments.of(
                        new FileNotFoundException("/x (No such file or directory)"), "/x (No such file or directory)"),
                Arguments.of(new IOException("Input/output error"), "Input/output error"),
                Arguments.of(new IOException(), "input/output error"),
                Arguments.of(new IOException(new AccessDeniedException("/x")), "permission denied"),
                Arguments.of(new IOException(new IOException(new SocketException("Broken pipe"))), "Broken pipe"),
                Arguments.of(new IOException(null, new NoSuchFileException("/x")), "no such file or directory"),
                Arguments.of(new IOException(new TimeoutException()), "input/output error"),
                Arguments.of(
                        new IOException(new UncheckedIOException(new AccessDeniedException("/x"))),
                        "permission denied"),
                Arguments.of(
                        new SSLHandshakeException("PKIX path building failed: sun.security.provider.certpath."
                                + "SunCertPathBuilderException: unable to find valid certification path"),
                        "PKIX path building failed: unable to find valid certification path"),
                Arguments.of(
                        new IOException("x.img.gz changed while it was read"), "x.img.gz changed while it was read"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void describes_the_failure(IOException failure, String words) {
        assertThat(Reason.of(failure)).isEqualTo(words).doesNotContain("Exception", "java.", "null");
    }

    @Test
    void describes_failures_of_the_file_system(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("file"));

        IOException notDirectory = catchThrowableOfType(IOException.class, () -> Files.size(file.resolve("x")));
        IOException tooLong =
                catchThrowableOfType(IOException.class, () -> Files.size(folder.resolve("x".repeat(300))));

        assertThat(Reason.of(notDirectory)).isEqualTo("no such file or directory");
        assertThat(Reason.of(tooLong)).isEqualTo("File name too long");
    }

    @Test
    void describes_an_invalid_file_name() {
        InvalidPathException zero = catchThrowableOfType(InvalidPathException.class, () -> Path.of("a\0b"));

        assertThat(Reason.of(zero)).isEqualTo("Nul character not allowed");
        assertThat(Reason.of(new InvalidPathException("ä", "Malformed input or input contains unmappable characters")))
                .isEqualTo("the name needs a UTF-8 locale: start with LC_ALL=C.UTF-8");
    }
}
