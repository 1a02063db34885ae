package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.JobView;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A page of jobs.
 *
 * @param next for the parameter {@code after} of the next call; null behind the last page
 */
@Schema(description = "A page of jobs.")
record JobPage(
        List<JobView> items,

        @Schema(nullable = true, description = "value of `after` for the next page; null behind the last") @Nullable
        String next) {
    static JobPage of(QueueView.Page page) {
        return new JobPage(page.items(), page.nextOrNull() == null ? null : Cursor.of(page.nextOrNull()));
    }
}
