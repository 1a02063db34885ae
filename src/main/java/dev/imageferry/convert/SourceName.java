package dev.imageferry.convert;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a file name says about the format. The content decides; a name that contradicts it means an incomplete copy or a mistake. */
final class SourceName {
    private static final List<String> ENDINGS =
            List.of("gz", "xz", "zst", "bz2", "qcow2", "vmdk", "vhd", "vhdx", "vdi");

    private SourceName() {}

    /** The ending of a name that is not that of a raw disk, such as {@code xz}. */
    static Optional<String> formatOf(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return ENDINGS.stream().filter(ending -> lower.endsWith("." + ending)).findFirst();
    }
}
