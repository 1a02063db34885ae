package dev.imageferry.upload;

/** Names and messages as they may stand in a log line: a file's name can hold line breaks and terminal commands. */
final class LogText {
    private LogText() {}

    /** Each control character as {@code \}{@code uXXXX}. */
    static String of(String text) {
        StringBuilder safe = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
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
}
