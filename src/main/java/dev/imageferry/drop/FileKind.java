package dev.imageferry.drop;

import dev.imageferry.job.RawImageAdvice;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Recognises files by their names and advises how to make an image of those that cannot be uploaded as they are. */
public final class FileKind {
    /** In this order: {@code .img.tar.gz} before {@code .gz}. */
    private static final Map<String, String> ADVICE_BY_SUFFIX = adviceBySuffix();

    private FileKind() {}

    /**
     * The advice that the listing of the folder, {@code PUT /drop}, the status page and {@code inspect} show.
     *
     * @param name of a file, or its path
     * @return null for the name of an image or a sidecar
     */
    public static @Nullable String adviceFor(String name) {
        if (Names.isImage(name)) {
            return null;
        }
        for (String suffix : Names.SIDECAR_SUFFIXES) {
            if (name.endsWith(suffix) && Names.isImage(name.substring(0, name.length() - suffix.length()))) {
                return null;
            }
        }
        String lower = name.toLowerCase(Locale.ROOT);
        for (Map.Entry<String, String> advice : ADVICE_BY_SUFFIX.entrySet()) {
            if (lower.endsWith(advice.getKey())) {
                return advice.getValue();
            }
        }
        return "not an image: its name does not end in .img.gz";
    }

    private static Map<String, String> adviceBySuffix() {
        Map<String, String> advice = new LinkedHashMap<>();
        for (String suffix : new String[] {".img", ".raw", ".dd", ".wic", ".hdd"}) {
            advice.put(suffix, "raw image: compress it with gzip");
        }
        advice.put(".iso", "ISO image: " + RawImageAdvice.INSTALL);
        for (String format : new String[] {"qcow2", "qcow", "qed", "vmdk", "vhdx", "vdi"}) {
            advice.put("." + format, format + ": " + RawImageAdvice.CONVERT);
        }
        advice.put(".vhd", "vhd: " + RawImageAdvice.CONVERT_VHD);
        advice.put(".ova", "ova: unpack it with tar -xf, then convert the disk in it");
        for (String suffix : new String[] {".tar.gz", ".tgz", ".tar"}) {
            advice.put(suffix, "tar: " + RawImageAdvice.UNTAR);
        }
        advice.put(".xz", "xz: " + RawImageAdvice.UNXZ);
        advice.put(".zst", "zst: " + RawImageAdvice.UNZSTD);
        advice.put(".bz2", "bz2: " + RawImageAdvice.UNBZIP2);
        advice.put(".lz4", "lz4: " + RawImageAdvice.UNLZ4);
        advice.put(".lzma", "lzma: " + RawImageAdvice.UNXZ);
        advice.put(".zip", "zip: " + RawImageAdvice.UNZIP);
        advice.put(".7z", "7z: " + RawImageAdvice.UN7ZIP);
        for (String suffix : new String[] {".wim", ".esd"}) {
            advice.put(suffix, "WIM: " + RawImageAdvice.APPLY_WIM);
        }
        advice.put(".gz", "gzip: if it contains a raw disk image, rename it to end in .img.gz");
        for (String suffix : new String[] {".part", ".partial", ".filepart", ".crdownload", ".download", ".tmp"}) {
            advice.put(suffix, "unfinished copy: waiting for its final name");
        }
        for (String suffix : new String[] {".aria2", ".st"}) {
            advice.put(suffix, "control file of a download: delete it if the download was cancelled");
        }
        advice.put(".img.gz.receipt.json", "receipt of an ended job: not needed here");
        for (String suffix : new String[] {".img.gz.yml", ".img.gz.yaml", ".img.gz.json"}) {
            // the exact endings are handled above
            advice.put(suffix, "sidecar with an unsupported ending: rename it to end in .yaml or .json");
        }
        return advice;
    }
}
