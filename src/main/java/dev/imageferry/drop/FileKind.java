package dev.imageferry.drop;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Says of a file that is no candidate what it seems to be by its name, and what would make it one. */
final class FileKind {
    private static final String CONVERT = ": convert it with qemu-img convert -O raw, then gzip";

    /** Looked through in this order: {@code .img.tar.gz} before {@code .gz}. */
    private static final Map<String, String> REASONS_BY_SUFFIX = reasons();

    private FileKind() {}

    /** Null for a sidecar by its name. */
    static @Nullable String reasonAgainst(String name) {
        for (String suffix : Names.SIDECAR_SUFFIXES) {
            if (name.endsWith(suffix) && Names.isImage(name.substring(0, name.length() - suffix.length()))) {
                return null;
            }
        }
        String lower = name.toLowerCase(Locale.ROOT);
        for (Map.Entry<String, String> reason : REASONS_BY_SUFFIX.entrySet()) {
            if (lower.endsWith(reason.getKey())) {
                return reason.getValue();
            }
        }
        return "not an image: its name does not end in .img.gz";
    }

    private static Map<String, String> reasons() {
        Map<String, String> reasons = new LinkedHashMap<>();
        for (String suffix : new String[] {".img", ".raw", ".dd", ".wic", ".hdd"}) {
            reasons.put(suffix, "raw image: compress it with gzip");
        }
        reasons.put(".iso", "ISO image: install from it into a raw disk image, then gzip that");
        for (String format : new String[] {"qcow2", "qcow", "qed", "vmdk", "vhdx", "vhd", "vdi"}) {
            reasons.put("." + format, format + CONVERT);
        }
        reasons.put(".ova", "ova: unpack it with tar -xf, then convert the disk in it");
        reasons.put(".tar.gz", "tar: unpack it with tar -xzf, then gzip the raw image in it");
        reasons.put(".tgz", "tar: unpack it with tar -xzf, then gzip the raw image in it");
        reasons.put(".tar", "tar: unpack it with tar -xf, then gzip the raw image in it");
        reasons.put(".xz", "xz: unpack it with xz -d, then gzip");
        reasons.put(".zst", "zst: unpack it with zstd -d, then gzip");
        reasons.put(".bz2", "bz2: unpack it with bzip2 -d, then gzip");
        reasons.put(".lz4", "lz4: unpack it with lz4 -d, then gzip");
        reasons.put(".lzma", "lzma: unpack it with xz -d, then gzip");
        reasons.put(".zip", "zip: unpack it with unzip, then gzip the raw image in it");
        reasons.put(".7z", "7z: unpack it with 7z x, then gzip the raw image in it");
        reasons.put(".gz", "gzip: rename it to end in .img.gz when it holds a raw disk image");
        for (String suffix : new String[] {".part", ".partial", ".filepart", ".crdownload", ".download", ".tmp"}) {
            reasons.put(suffix, "unfinished copy: waiting for its final name");
        }
        for (String suffix : new String[] {".aria2", ".st"}) {
            reasons.put(suffix, "control file of a download: delete it if the download was given up");
        }
        reasons.put(".img.gz.receipt.json", "receipt of an ended job: it is not needed here");
        for (String suffix : new String[] {".img.gz.yml", ".img.gz.yaml", ".img.gz.json"}) {
            // the exact spellings have been taken out above
            reasons.put(suffix, "sidecar with another ending: rename it to end in .yaml or .json");
        }
        return reasons;
    }
}
