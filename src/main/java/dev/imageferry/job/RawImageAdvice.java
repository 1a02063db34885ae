package dev.imageferry.job;

/**
 * Advice for files that are not compressed raw disk images. The check of the file name and the check of the content share it.
 */
public final class RawImageAdvice {
    public static final String CONVERT = "convert it with qemu-img convert -O raw, then gzip";
    /** A fixed-size VHD is a raw disk with a footer. Without {@code -f vpc}, qemu-img reads it as a raw disk. */
    public static final String CONVERT_VHD = "convert it with qemu-img convert -f vpc -O raw, then gzip";

    public static final String INSTALL = "install from it into a raw disk image (qemu-system-x86_64 -cdrom FILE -drive"
            + " file=disk.img,format=raw), then gzip that";
    public static final String UNTAR = "unpack it with tar -xf, then gzip the raw image in it";
    public static final String UNZIP = "unpack it with unzip, then gzip the raw image in it";
    public static final String UN7ZIP = "unpack it with 7z x, then gzip the raw image in it";
    public static final String UNXZ = "unpack it with xz -d, then gzip";
    public static final String UNZSTD = "unpack it with zstd -d, then gzip";
    public static final String UNBZIP2 = "unpack it with bzip2 -d, then gzip";
    public static final String UNLZ4 = "unpack it with lz4 -d, then gzip";
    public static final String APPLY_WIM = "unpack it with wimapply FILE 1 DIRECTORY, make a disk of its files with"
            + " virt-make-fs --type=ext4 DIRECTORY disk.img, then gzip that";

    private RawImageAdvice() {}
}
