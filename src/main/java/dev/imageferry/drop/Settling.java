package dev.imageferry.drop;

import dev.imageferry.job.DroppedFile;
import java.util.List;

/**
 * The candidates of one scan.
 *
 * @param settled unchanged for long enough, in the order of the scan
 * @param settling not unchanged for long enough yet
 */
public record Settling(List<DroppedFile> settled, List<DroppedFile> settling) {
    public Settling {
        settled = List.copyOf(settled);
        settling = List.copyOf(settling);
    }
}
