package dev.imageferry.drop;

import dev.imageferry.job.RawImageAdvice;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Says of a file that is no candidate what it seems to be by its name, and what to do with it. */
public final class FileKind {
    /** Looked through in this order: {@code .img.tar.gz} before {@code .gz}. */
    private static final Map<String, String> REASONS_BY_SUFFIX = reasons();

    private FileKind() {}

    /**
     * The one source of this advice: the walk, {@code PUT /drop}, the page and {@code inspect} all show it.
     *
     * @param name of a file, or its path
     * @return null for an image or a sidecar by its name
     */
    public static @Nullable String reasonAgainst(String name) {
        if (Names.isImage(name)) {
            return null;
        }
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
        reasons.put(".iso", "ISO image: " + RawImageAdvice.INSTALL);
        for (String format : new String[] {"qcow2", "qcow", "qed", "vmdk", "vhdx", "vdi"}) {
            reasons.put("." + format, format + ": " + RawImageAdvice.CONVERT);
        }
        reasons.put(".vhd", "vhd: " + RawImageAdvice.CONVERT_VHD);
        reasons.put(".ova", "ova: unpack it with tar -xf, then convert the disk in it");
        for (String suffix : new String[] {".tar.gz", ".tgz", ".tar"}) {
            reasons.put(suffix, "tar: " + RawImageAdvice.UNTAR);
        }
        reasons.put(".xz", "xz: " + RawImageAdvice.UNXZ);
        reasons.put(".zst", "zst: " + RawImageAdvice.UNZSTD);
        reasons.put(".bz2", "bz2: " + RawImageAdvice.UNBZIP2);
        reasons.put(".lz4", "lz4: " + RawImageAdvice.UNLZ4);
        reasons.put(".lzma", "lzma: " + RawImageAdvice.UNXZ);
        reasons.put(".zip", "zip: " + RawImageAdvice.UNZIP);
        reasons.put(".7z", "7z: " + RawImageAdvice.UN7ZIP);
        for (String suffix : new String[] {".wim", ".esd"}) {
            reasons.put(suffix, "WIM: " + RawImageAdvice.APPLY_WIM);
        }
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
