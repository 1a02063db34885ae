package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.daemon.QueueBandwidth;
import dev.imageferry.daemon.QueueView;
import dev.imageferry.queue.QueueCounts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ActivityTest {
    @Test
    void the_chart_rises_to_its_peak_and_has_a_point_for_every_second() {
        List<Long> seconds = new ArrayList<>(Collections.nCopies(117, 0L));
        seconds.addAll(List.of(3_000_000L, 3_000_000L, 3_000_000L));

        Activity activity = activity(seconds);

        assertThat(activity.line()).startsWith("M1 39.0L2 39.0").endsWith("L118 27.0L119 15.0L120 3.0");
        assertThat(activity.area()).startsWith("M1 40L1 39.0").endsWith("L120 3.0L120 40Z");
        assertThat(activity.peak()).isEqualTo("3.0 MB/s");
        assertThat(activity.rate()).isEqualTo("3.0 MB/s");
        assertThat(activity.cost()).isEqualTo("$12.50 a month");
    }

    @Test
    void an_idle_queue_has_a_flat_chart() {
        assertThat(activity(Collections.nCopies(120, 0L)).line())
                .doesNotContain("NaN")
                .endsWith("L120 39.0");
    }

    private static Activity activity(List<Long> throughput) {
        return Activity.of(new QueueView.Summary(
                Map.of(),
                new QueueCounts.Totals(0, 0, Map.of()),
                12.5,
                0,
                throughput.getLast(),
                throughput,
                0,
                false,
                List.of(),
                List.of(),
                new QueueBandwidth("off", null),
                false,
                "1",
                "/srv/drop"));
    }
}
