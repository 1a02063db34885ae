package dev.imageferry.image;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Removes control characters from untrusted text and limits its length, so that it can be shown, logged and stored. */
public final class Printable {
    private static final int MAX_CODE_POINTS = 255;

    private Printable() {}

    /** The last part of the path, for messages. */
    public static String fileName(Path file) {
        Path name = file.getFileName();
        return clean(name == null ? file.toString() : name.toString());
    }

    /** A fixed-size field of a superblock up to its first NUL; null if it contains nothing visible. */
    static @Nullable String field(byte[] bytes, Charset charset) {
        String text = new String(bytes, charset);
        int end = text.indexOf('\0');
        String cleaned = clean(end < 0 ? text : text.substring(0, end)).strip();
        return cleaned.isEmpty() ? null : cleaned;
    }

    static @Nullable String field(byte[] bytes) {
        return field(bytes, StandardCharsets.UTF_8);
    }

    /** The number with commas between thousands. */
    public static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** At most 255 visible characters of the text. */
    public static String clean(String text) {
        return text.codePoints()
                .filter(Printable::isVisible)
                .limit(MAX_CODE_POINTS)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** False for characters that move the cursor, change the writing direction or cannot be encoded. */
    private static boolean isVisible(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
