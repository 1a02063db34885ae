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
     * @return null for the name of an image, a sidecar or a file with checksums
     */
    public static @Nullable String adviceFor(String name, ImageNames images) {
        if (images.isImage(name)
                || Names.isSidecar(name, images)
                || Names.lastPart(name).equals(Names.CHECKSUMS)) {
            return null;
        }
        String lower = name.toLowerCase(Locale.ROOT);
        for (Map.Entry<String, String> advice : ADVICE_BY_SUFFIX.entrySet()) {
            if (lower.endsWith(advice.getKey())) {
                return ImageNames.couldBeConverted(name)
                        ? advice.getValue() + ", or set imageferry.drop.convert=true"
                        : advice.getValue();
            }
        }
        for (String suffix : new String[] {".yml", ".yaml", ".json"}) {
            // the exact endings are sidecars
            if (lower.endsWith(suffix) && images.isImage(lower.substring(0, lower.length() - suffix.length()))) {
                return "sidecar with an unsupported ending: rename it to end in .yaml or .json";
            }
        }
        return "not an image: its name does not end in " + images.shown();
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
        advice.put(Names.RECEIPT_SUFFIX, "receipt of an ended job: not needed here");
        for (String suffix : new String[] {".asc", ".sig", ".sign", ".gpg", ".minisig"}) {
            advice.put(suffix, "signature: not checked, check it with gpg --verify before you drop the image");
        }
        for (String suffix : new String[] {".md5", "md5sums", ".sha1", "sha1sums", ".sha512", "sha512sums", "b2sums"}) {
            advice.put(
                    suffix,
                    "checksums of another kind: not compared, use " + Names.CHECKSUMS + " or IMAGE"
                            + Names.CHECKSUM_SUFFIX);
        }
        advice.put(Names.CHECKSUM_SUFFIX, "checksum of a file that is not an image");
        return advice;
    }
}
