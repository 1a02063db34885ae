package dev.imageferry.drop;

import dev.imageferry.job.Digests;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** How the names of sidecars, receipts and copies are derived from the name of an image. */
final class Names {
    static final String RECEIPT_SUFFIX = ".receipt.json";

    static final List<String> METADATA_SUFFIXES = List.of(".yaml", ".json");

    static final String CHECKSUM_SUFFIX = ".sha256";

    /** The files that belong to one image and are archived with it. */
    static final List<String> SIDECAR_SUFFIXES = List.of(".yaml", ".json", CHECKSUM_SUFFIX);

    /** A file with the checksums of images in the same folder. */
    static final String CHECKSUMS = "SHA256SUMS";

    /** The daemon's own files. They begin with a dot, so that scans skip them. */
    static final String HELD_PREFIX = ".imageferry-";

    static final String COPY_PREFIX = ".imageferry-copy-";

    /** Folders in the drop folder that scans skip. */
    static final Set<String> ROOT_FOLDERS = Set.of("done", "failed");

    /** NAME_MAX of Linux file systems. */
    static final int MAX_NAME_BYTES = 255;

    /** Control files that aria2, axel and Firefox keep beside an unfinished download. */
    static final List<String> DOWNLOAD_CONTROL_SUFFIXES = List.of(".aria2", ".st", ".part");

    /** Folders in which Safari keeps an unfinished download. */
    private static final String DOWNLOAD_FOLDER_SUFFIX = ".download";

    private static final int DIGEST_CHARACTERS = 8;

    private Names() {}

    static boolean isDownloadControl(String name, ImageNames images) {
        return DOWNLOAD_CONTROL_SUFFIXES.stream()
                .anyMatch(suffix ->
                        name.endsWith(suffix) && images.isImage(name.substring(0, name.length() - suffix.length())));
    }

    /** Whether this is the name of a sidecar of an image. */
    static boolean isSidecar(String name, ImageNames images) {
        return SIDECAR_SUFFIXES.stream()
                .anyMatch(suffix ->
                        name.endsWith(suffix) && images.isImage(name.substring(0, name.length() - suffix.length())));
    }

    /** The last part of a path. */
    static String lastPart(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    static boolean isDownloadFolder(String name) {
        return name.toLowerCase(Locale.ROOT).endsWith(DOWNLOAD_FOLDER_SUFFIX);
    }

    /**
     * The n-th name to try for an image: {@code x.img.gz}, {@code x-2.img.gz}, {@code x-3.img.gz}, …
     */
    static String numbered(String image, int number) {
        if (number == 1) {
            return image;
        }
        int stem = ImageNames.stemLength(image);
        String suffix = image.substring(stem);
        return fitted(image.substring(0, stem) + "-" + number, suffix);
    }

    /** The n-th name to try for a folder if a file has its name. */
    static String numberedFolder(String folder, int number) {
        return number == 1 ? folder : fitted(folder + "-" + number, "");
    }

    /** The n-th name to try for a sidecar if another file has its name: {@code x.img.gz-2.yaml}. */
    static String numberedSidecar(String sidecar, int number) {
        int dot = sidecar.lastIndexOf('.');
        return fitted(sidecar.substring(0, dot) + "-" + number, sidecar.substring(dot));
    }

    static String sidecar(String image, String sidecarSuffix) {
        return derived(image, sidecarSuffix);
    }

    static String receipt(String image) {
        return derived(image, RECEIPT_SUFFIX);
    }

    /** The first 8 hex digits of the SHA-256 of a name. */
    static String digest(String name) {
        byte[] digest = Digests.of("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest).substring(0, DIGEST_CHARACTERS);
    }

    private static String derived(String image, String suffix) {
        int stem = ImageNames.stemLength(image);
        return fitted(image.substring(0, stem), image.substring(stem) + suffix);
    }

    /** Shortens a name that is too long: cuts the beginning at a character and appends a digest of the whole name. */
    private static String fitted(String beginning, String end) {
        String whole = beginning + end;
        if (bytes(whole) <= MAX_NAME_BYTES) {
            return whole;
        }
        int budget = MAX_NAME_BYTES - bytes(end) - 1 - DIGEST_CHARACTERS;
        int cut = 0;
        int used = 0;
        while (cut < beginning.length()) {
            int character = beginning.codePointAt(cut);
            used += bytes(Character.toString(character));
            if (used > budget) {
                break;
            }
            cut += Character.charCount(character);
        }
        return beginning.substring(0, cut) + "~" + digest(whole) + end;
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
