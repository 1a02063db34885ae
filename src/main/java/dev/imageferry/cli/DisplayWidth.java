package dev.imageferry.cli;

import java.lang.Character.UnicodeScript;

/** How many columns of a terminal a text takes. */
final class DisplayWidth {
    private static final String ELLIPSIS = "…";
    private static final int FIRST_EMOJI = 0x1f300;
    private static final int LAST_EMOJI = 0x1faff;
    private static final int FIRST_FULL_WIDTH = 0xff01;
    private static final int LAST_FULL_WIDTH = 0xff60;
    private static final int LAST_HALF_WIDTH = 0xffdc;

    private DisplayWidth() {}

    static int of(String text) {
        return text.codePoints().map(DisplayWidth::of).sum();
    }

    private static int of(int character) {
        return switch (Character.getType(character)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT -> 0;
            default -> isWide(character) ? 2 : 1;
        };
    }

    private static boolean isWide(int character) {
        if (character >= FIRST_FULL_WIDTH && character <= LAST_HALF_WIDTH) {
            return character <= LAST_FULL_WIDTH;
        }
        return switch (UnicodeScript.of(character)) {
            case HAN, HIRAGANA, KATAKANA, HANGUL, BOPOMOFO, YI -> true;
            default -> character >= FIRST_EMOJI && character <= LAST_EMOJI;
        };
    }

    /** Replaces the middle of a text that is too wide, because file names differ at both ends. */
    static String shorten(String text, int columns) {
        if (of(text) <= columns) {
            return text;
        }
        int head = Math.max(0, columns / 2);
        int tail = Math.max(0, columns - 1 - head);
        return prefix(text, head) + ELLIPSIS + suffix(text, tail);
    }

    private static String prefix(String text, int columns) {
        int end = 0;
        for (int width = 0; end < text.length(); ) {
            int character = text.codePointAt(end);
            width += of(character);
            if (width > columns) {
                break;
            }
            end += Character.charCount(character);
        }
        return text.substring(0, end);
    }

    private static String suffix(String text, int columns) {
        int start = text.length();
        for (int width = 0; start > 0; ) {
            int character = text.codePointBefore(start);
            width += of(character);
            if (width > columns) {
                break;
            }
            start -= Character.charCount(character);
        }
        return text.substring(start);
    }
}
