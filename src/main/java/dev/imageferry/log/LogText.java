package dev.imageferry.log;

/**
 * Escapes untrusted text for log lines. A file name can contain line breaks, terminal control sequences and characters that
 * change the writing direction.
 */
public final class LogText {
    private LogText() {}

    /** Escapes control characters, line separators and bidirectional overrides as {@code \}{@code uXXXX}. */
    public static String of(String text) {
        return escaped(text, 0);
    }

    /** The same for JSON: keeps line breaks between tokens, and the result is valid JSON. */
    static String ofJson(String json) {
        return escaped(json, ' ');
    }

    /** Whether the text needs no escaping. */
    static boolean isSafe(String text) {
        return text.chars().noneMatch(c -> isUnsafe((char) c));
    }

    private static String escaped(String text, int from) {
        StringBuilder safe = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= from && isUnsafe(c)) {
                if (safe == null) {
                    safe = new StringBuilder(text.substring(0, i));
                }
                safe.append("\\u%04x".formatted((int) c));
            } else if (safe != null) {
                safe.append(c);
            }
        }
        return safe == null ? text : safe.toString();
    }

    private static boolean isUnsafe(char c) {
        return Character.isISOControl(c)
                || c == '\u2028'
                || c == '\u2029'
                || (c >= '\u202a' && c <= '\u202e')
                || (c >= '\u2066' && c <= '\u2069');
    }
}
