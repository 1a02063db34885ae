package dev.imageferry.convert;

/** Receives how far a conversion is, about once for each MiB, on the thread of the conversion. */
@FunctionalInterface
public interface Progress {
    /**
     * Reports how much has been read.
     *
     * @param done never more than the total
     * @param total bytes of the source; for a disk format, these and the bytes of the raw disk, which is read as well. It can change
     *     when the disk inside a compressed file turns out to need a second pass
     */
    void at(long done, long total);
}
