package dev.imageferry.log;

/**
 * Text from outside as it may stand in a log line. A file's name can hold line breaks, terminal commands and characters that
 * reverse the direction of the text after them.
 */
public final class LogText {
    private LogText() {}

    /** Each control character, line separator and bidirectional override as {@code \}{@code uXXXX}. */
    public static String of(String text) {
        return escaped(text, 0);
    }

    /** The same for text that is JSON already: its own line breaks stay, what is escaped stays valid JSON. */
    static String ofJson(String json) {
        return escaped(json, ' ');
    }

    /** Whether the text can stand in a log line as it is. */
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
