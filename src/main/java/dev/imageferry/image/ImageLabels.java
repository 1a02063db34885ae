package dev.imageferry.image;

import dev.imageferry.job.Digests;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** Makes a label that Linode accepts ({@code [a-zA-Z0-9,.?\-_\s']}, 1 to 50 characters) from a file name. */
public final class ImageLabels {
    private static final int MAX_LENGTH = 50;
    private static final int HASH_DIGITS = 8;
    private static final Pattern SUFFIX = Pattern.compile("\\.img\\.gz$", Pattern.CASE_INSENSITIVE);
    private static final Pattern ACCENTS = Pattern.compile("\\p{M}+");
    private static final Pattern WHITESPACE = Pattern.compile("[\\s\\p{Z}]+");
    private static final Pattern REFUSED_OUTSIDE = Pattern.compile("^[^a-zA-Z0-9,.?\\-_']+|[^a-zA-Z0-9,.?\\-_']+$");
    private static final Pattern REFUSED_INSIDE = Pattern.compile("[^a-zA-Z0-9,.?\\-_ ']+");

    private ImageLabels() {}

    /**
     * The name without {@code .img.gz}. Accents are removed. A run of other characters that Linode refuses becomes a dash, or
     * is removed at either end. If nothing remains, the label is {@code image} and 8 hex digits of the SHA-256 of the name. A
     * label that is too long is cut and ends in a dash and these digits, so that two long names stay different.
     */
    public static String labelOf(String fileName) {
        String stem = SUFFIX.matcher(fileName).replaceFirst("");
        String plain = ACCENTS.matcher(Normalizer.normalize(stem, Normalizer.Form.NFKD))
                .replaceAll("");
        String spaced = WHITESPACE.matcher(plain).replaceAll(" ");
        String trimmed = REFUSED_OUTSIDE.matcher(spaced).replaceAll("");
        String label = REFUSED_INSIDE.matcher(trimmed).replaceAll("-");
        if (label.isEmpty()) {
            return "image" + hash(fileName);
        }
        if (label.length() <= MAX_LENGTH) {
            return label;
        }
        return label.substring(0, MAX_LENGTH - HASH_DIGITS - 1).stripTrailing() + "-" + hash(fileName);
    }

    private static String hash(String fileName) {
        byte[] sum = Digests.of("SHA-256").digest(fileName.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(sum).substring(0, HASH_DIGITS);
    }
}
