package dev.imageferry.drop;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the SHA-256 that a file should have: from the key {@code sha256} of its sidecar, from {@code x.img.gz.sha256}, and from
 * {@code SHA256SUMS} in its folder. The last two have the form of coreutils ({@code DIGITS  x.img.gz}, or with {@code *} before the
 * name) or of BSD ({@code SHA256 (x.img.gz) = DIGITS}).
 */
public final class Checksums {
    private static final Pattern COREUTILS = Pattern.compile("(\\\\?)([0-9a-fA-F]{64}) [ *](.+)");
    private static final Pattern BSD = Pattern.compile("(\\\\?)SHA(?:2-)?256 ?\\((.+)\\) ?= ?([0-9a-fA-F]{64})");
    private static final Pattern BARE = Pattern.compile("\\s*([0-9a-fA-F]{64})\\s*");

    private static final Pattern ESCAPED = Pattern.compile("\\\\(.)");

    private final DropFolder folder;

    public Checksums(DropFolder folder) {
        this.folder = folder;
    }

    /** The result of reading checksums. */
    public sealed interface Result {
        /**
         * All checksums of a file.
         *
         * @param warnings such as a {@code SHA256SUMS} that does not name the file
         */
        record Found(List<Expected> expected, List<String> warnings) implements Result {
            /** Returns why a file with this SHA-256 is not the expected one; empty if it is. */
            public Optional<Problem> differs(String path, String sha256) {
                return expected.stream()
                        .filter(each -> !each.sha256().equals(sha256))
                        .findFirst()
                        .map(each -> new Problem(
                                ErrorCode.CHECKSUM_MISMATCH,
                                path + " has the SHA-256 " + sha256 + ", but " + each.source() + " says "
                                        + each.sha256() + ": copy the file again, or correct the checksum"));
            }
        }

        /** A file with checksums cannot be used. */
        record Bad(Problem problem) implements Result {}
    }

    /**
     * The SHA-256 that a file should have.
     *
     * @param sha256 64 lower-case hex digits
     * @param source where it was found
     */
    public record Expected(String sha256, String source) {}

    /**
     * Reads all checksums of an image.
     *
     * @param path the image, relative to the drop folder
     * @param ofSidecarOrNull the key {@code sha256} of its sidecar; null if it has none
     */
    public Result of(String path, @Nullable String ofSidecarOrNull) {
        List<Expected> expected = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        if (ofSidecarOrNull != null) {
            expected.add(new Expected(ofSidecarOrNull, "its sidecar"));
        }
        try {
            String own = path + Names.CHECKSUM_SUFFIX;
            Optional<String> ownText = text(own);
            if (ownText.isPresent()) {
                expected.add(ofOwnFile(own, ownText.get(), Names.lastPart(path)));
            }
            String shared = path.substring(0, path.lastIndexOf('/') + 1) + Names.CHECKSUMS;
            Optional<String> sharedText = text(shared);
            if (sharedText.isPresent()) {
                Optional<String> digits = only(shared, linesOf(sharedText.get(), Names.lastPart(path)));
                digits.ifPresentOrElse(
                        sum -> expected.add(new Expected(sum, shared)),
                        () -> warnings.add(shared + " has no line for this file, so it was not compared"));
            }
        } catch (CompanionFile.UnusableException e) {
            return new Result.Bad(folder.isPresent() ? e.problem() : folder.unavailable());
        }
        return folder.isPresent()
                ? new Result.Found(List.copyOf(expected), List.copyOf(warnings))
                : new Result.Bad(folder.unavailable());
    }

    private Expected ofOwnFile(String own, String text, String name) throws CompanionFile.UnusableException {
        Matcher bare = BARE.matcher(text);
        Optional<String> digits = bare.matches() ? Optional.of(lower(bare.group(1))) : only(own, linesOf(text, name));
        return new Expected(
                digits.orElseThrow(() -> new CompanionFile.UnusableException(
                        ErrorCode.BAD_METADATA,
                        own + " has no line for " + name + ": write it with sha256sum " + name + " > " + name
                                + Names.CHECKSUM_SUFFIX)),
                own);
    }

    /** Names of files are bytes, in any encoding. So each byte becomes one character. */
    private Optional<String> text(String file) throws CompanionFile.UnusableException {
        return CompanionFile.read(folder, file).map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1));
    }

    private static Set<String> linesOf(String text, String name) {
        String wanted = new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        Set<String> found = new LinkedHashSet<>();
        text.lines().forEach(line -> {
            Matcher coreutils = COREUTILS.matcher(line);
            Matcher bsd = BSD.matcher(line);
            if (coreutils.matches() && isName(coreutils.group(1), coreutils.group(3), wanted)) {
                found.add(lower(coreutils.group(2)));
            } else if (bsd.matches() && isName(bsd.group(1), bsd.group(2), wanted)) {
                found.add(lower(bsd.group(3)));
            }
        });
        return found;
    }

    /** A line that begins with a backslash has an escaped name, as coreutils writes it. */
    private static boolean isName(String backslash, String inLine, String wanted) {
        String name = backslash.isEmpty()
                ? inLine
                : ESCAPED.matcher(inLine).replaceAll(found -> switch (found.group(1)) {
                    case "n" -> "\n";
                    case "r" -> "\r";
                    default -> Matcher.quoteReplacement(found.group(1));
                });
        return (name.startsWith("./") ? name.substring(2) : name).equals(wanted);
    }

    private static Optional<String> only(String file, Set<String> found) throws CompanionFile.UnusableException {
        if (found.size() > 1) {
            throw new CompanionFile.UnusableException(
                    ErrorCode.BAD_METADATA,
                    file + " has different checksums for the same file, " + String.join(" and ", found)
                            + ": keep the right one");
        }
        return found.stream().findFirst();
    }

    private static String lower(String digits) {
        return digits.toLowerCase(Locale.ROOT);
    }
}
