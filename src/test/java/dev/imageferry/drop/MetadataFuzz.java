package dev.imageferry.drop;

import java.nio.charset.StandardCharsets;

/** Any text as a YAML and JSON sidecar is either valid or reported in one line. */
public final class MetadataFuzz {
    private MetadataFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        String text = new String(data, StandardCharsets.UTF_8);
        parse(text, false);
        parse(text, true);
    }

    private static void parse(String text, boolean json) {
        try {
            PartialMetadata metadata = MetadataParser.parse(text, json, true);
            if (metadata.equals(PartialMetadata.NOTHING) && json && text.isBlank()) {
                throw new AssertionError("nothing is no JSON");
            }
        } catch (MetadataParser.BadMetadataException e) {
            if (e.reason().isBlank()) {
                throw new AssertionError("refused without a reason", e);
            }
        }
    }
}
