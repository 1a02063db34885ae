package dev.imageferry.drop;

import dev.imageferry.job.Digests;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** Makes a label that Linode accepts ({@code [a-zA-Z0-9,.?\-_\s']}, 1 to 50 characters) from a file name. */
public final class ImageLabels {
    private static final int MAX_LENGTH = 50;
    private static final int HASH_DIGITS = 8;
    private static final Pattern ACCENTS = Pattern.compile("\\p{M}+");
    private static final Pattern WHITESPACE = Pattern.compile("[\\s\\p{Z}]+");
    private static final Pattern REFUSED_OUTSIDE = Pattern.compile("^[^a-zA-Z0-9,.?\\-_']+|[^a-zA-Z0-9,.?\\-_']+$");
    private static final Pattern REFUSED_INSIDE = Pattern.compile("[^a-zA-Z0-9,.?\\-_ ']+");

    private final String template;
    private final ImageNames names;
    private final InstantSource clock;
    private final ZoneId zone;

    /**
     * Labels of a template, {@code imageferry.image.label}: {@code {name}} stands for the name of the file without its ending,
     * {@code {file}} for its path in the drop folder, and {@code {date}} for the day, such as {@code 2026-11-30}.
     *
     * @param zone the time zone of the day
     */
    public ImageLabels(String template, ImageNames names, InstantSource clock, ZoneId zone) {
        this.template = template;
        this.names = names;
        this.clock = clock;
        this.zone = zone;
    }

    /**
     * The label of a file. Accents are removed. A run of other characters that Linode refuses becomes a dash, or is removed at either
     * end. If nothing remains, the label is {@code image} and 8 hex digits of the SHA-256 of the name. A label that is too long is cut
     * and ends in a dash and these digits, so that two long names stay different.
     *
     * @param path the file, relative to the drop folder
     */
    public String labelOf(String path) {
        String fileName = Names.lastPart(path);
        String text = template.replace("{file}", path)
                .replace("{name}", names.stem(fileName))
                .replace("{date}", LocalDate.ofInstant(clock.instant(), zone).toString());
        String plain = ACCENTS.matcher(Normalizer.normalize(text, Normalizer.Form.NFKD))
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
