package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.JobView;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A page of jobs, the answer of {@code GET /jobs}.
 *
 * @param next value of {@code after} for the next page; null on the last page
 */
@Schema(description = "A page of jobs")
record JobPage(
        List<JobView> items,

        @Schema(nullable = true, description = "Value of `after` for the next page; null on the last page") @Nullable
        String next) {
    static JobPage of(QueueView.Page page) {
        return new JobPage(page.items(), page.nextOrNull() == null ? null : Cursor.of(page.nextOrNull()));
    }
}
