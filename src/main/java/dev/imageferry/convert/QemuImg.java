package dev.imageferry.convert;

import dev.imageferry.file.DiskFull;
import dev.imageferry.image.Printable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code qemu-img}, which converts disk formats. It is told the format, and that there is no backing file, so that it looks for
 * neither. The headers were read before ({@link DiskHeaders}).
 */
final class QemuImg {
    private static final Duration SILENCE = Duration.ofMinutes(10);
    private static final Pattern REQUIRED = Pattern.compile("\"required\":\\s*(\\d+)");
    private static final Pattern VIRTUAL = Pattern.compile("\"fully-allocated\":\\s*(\\d+)");
    private static final Pattern PERCENT = Pattern.compile("\\((\\d+(?:\\.\\d+)?)/100%\\)");

    /** {@code qemu-img check}: no corruption found, only clusters that nothing uses. */
    private static final int LEAKS = 3;

    /** The format has no check. */
    private static final int NOT_SUPPORTED = 63;

    private static final int CORRUPT = 2;

    /** The exit status of a program that a signal killed is this and the number of the signal. */
    private static final int FIRST_SIGNAL = 128;

    private final Optional<Path> program;
    private final Duration silence;

    QemuImg() {
        this(Programs.find("qemu-img"), SILENCE);
    }

    /** @param silence how long it may print nothing */
    QemuImg(Optional<Path> program, Duration silence) {
        this.program = program;
        this.silence = silence;
    }

    /**
     * The size of a disk.
     *
     * @param virtualBytes of the raw disk
     * @param dataBytes the part of it that is not a hole, which is what a sparse file needs
     */
    record Size(long virtualBytes, long dataBytes) {}

    /** Verifies that all the image says it has is in the file. Not all formats have a check. */
    void check(SourceFile file, DiskFormat format) throws IOException, InterruptedException, UnfitSourceException {
        ToolRun.Result result = run(file, format, 0, () -> false, text -> {}, "check", spec(file, format));
        switch (result.status()) {
            case 0, LEAKS, NOT_SUPPORTED -> {}
            case CORRUPT ->
                throw UnfitSourceException.truncated("the %s image is damaged or not complete (qemu-img check: %s)"
                        .formatted(format.shown(), said(result, file, format)));
            default -> throw failed(result, file, format);
        }
    }

    Size measure(SourceFile file, DiskFormat format) throws IOException, InterruptedException, UnfitSourceException {
        ToolRun.Result result = run(
                file, format, 0, () -> false, text -> {}, "measure", "--output=json", "-O", "raw", spec(file, format));
        Matcher required = REQUIRED.matcher(result.output());
        Matcher virtual = VIRTUAL.matcher(result.output());
        if (result.status() != 0 || !required.find() || !virtual.find()) {
            throw failed(result, file, format);
        }
        return new Size(Long.parseLong(virtual.group(1)), Long.parseLong(required.group(1)));
    }

    /**
     * Writes the raw disk into a file that exists, has its size and consists of one hole.
     *
     * @param meanwhile done by the calling thread
     * @param percent receives how far it is
     */
    void convert(
            SourceFile file,
            DiskFormat format,
            Path raw,
            long virtualBytes,
            ToolRun.Meanwhile meanwhile,
            DoubleConsumer percent)
            throws IOException, InterruptedException, UnfitSourceException {
        ToolRun.Result result = run(
                file,
                format,
                virtualBytes,
                meanwhile,
                text -> PERCENT.matcher(text)
                        .results()
                        .forEach(found -> percent.accept(Double.parseDouble(found.group(1)))),
                "convert",
                "-p",
                "-n",
                "--target-is-zero",
                "-O",
                "raw",
                spec(file, format),
                raw.toString());
        if (result.status() != 0) {
            if (DiskFull.isSaidBy(result.errors())) {
                throw NoSpaceException.on(raw);
            }
            throw failed(result, file, format);
        }
    }

    private ToolRun.Result run(
            SourceFile file,
            DiskFormat format,
            long fileBytes,
            ToolRun.Meanwhile meanwhile,
            Consumer<String> output,
            String... arguments)
            throws IOException, InterruptedException, UnfitSourceException {
        if (program.isEmpty()) {
            throw UnfitSourceException.failed(
                    "qemu-img, which converts %s, is not installed: install it (Debian: apt-get install qemu-utils) and retry, or convert the file with qemu-img convert -O raw, then gzip"
                            .formatted(format.shown()));
        }
        List<String> command = new ArrayList<>(List.of(program.get().toString()));
        command.addAll(List.of(arguments));
        Optional<ToolRun.Result> result = new ToolRun(null, command, fileBytes, silence).run(meanwhile, output);
        // what it read may be another file by now
        file.requireUnchanged();
        return result.orElseThrow(() -> UnfitSourceException.failed(
                "qemu-img %s made no progress for %d seconds and was stopped: convert the file with qemu-img convert -O raw, then gzip"
                        .formatted(arguments[0], silence.toSeconds())));
    }

    /** It says the same about a file that is cut short and about one that is damaged. */
    private static UnfitSourceException failed(ToolRun.Result result, SourceFile file, DiskFormat format) {
        return UnfitSourceException.damaged(
                "qemu-img cannot convert the %s image (exit status %d: %s)"
                        .formatted(format.shown(), result.status(), said(result, file, format)),
                result.status() < FIRST_SIGNAL);
    }

    /** The errors, with the name of the file instead of how it was opened. */
    private static String said(ToolRun.Result result, SourceFile file, DiskFormat format) {
        return Printable.clean(result.shownErrors()
                .replace(Printable.clean(spec(file, format)), file.name())
                .replace(Printable.clean(file.path().toString()), file.name()));
    }

    /** The image as QEMU's block layer takes it. Without a driver, QEMU would look for the format itself. */
    private static String spec(SourceFile file, DiskFormat format) {
        return "json:{\"driver\":\"%s\",%s\"read-only\":true,\"file\":{\"driver\":\"file\",\"filename\":\"%s\"}}"
                .formatted(
                        format.driver(),
                        switch (format) {
                            case QCOW2, VMDK -> "\"backing\":null,";
                            case VHD, VHDX, VDI -> "";
                        },
                        quoted(file.path().toAbsolutePath().toString()));
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder();
        text.chars().forEach(letter -> {
            if (letter == '"' || letter == '\\' || letter < ' ') {
                quoted.append("\\u%04x".formatted(letter));
            } else {
                quoted.append((char) letter);
            }
        });
        return quoted.toString();
    }
}
