package dev.imageferry.upload;

/** Kept for its callers; the log's formatter escapes every record by itself. */
final class LogText {
    private LogText() {}

    static String of(String text) {
        return dev.imageferry.log.LogText.of(text);
    }
}
