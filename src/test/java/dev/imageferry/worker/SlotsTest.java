package dev.imageferry.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.queue.Lane;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SlotsTest {
    private final Slots slots = new Slots(Map.of(Lane.CHECK, 2, Lane.UPLOAD, 1));

    @Test
    void gives_out_each_slot_once() {
        assertThat(slots.takeAll(Lane.CHECK)).isEqualTo(2);
        assertThat(slots.takeAll(Lane.CHECK)).isZero();
        assertThat(slots.take(Lane.CHECK)).isFalse();
        assertThat(slots.take(Lane.UPLOAD)).isTrue();
        assertThat(slots.take(Lane.UPLOAD)).isFalse();

        slots.release(Lane.CHECK);

        assertThat(slots.take(Lane.CHECK)).isTrue();
    }

    @Test
    void a_free_slot_is_for_another_claim_until_a_claim_finds_too_few_jobs() {
        slots.takeAll(Lane.CHECK);
        assertThat(slots.release(Lane.CHECK)).as("the claim filled all slots").isTrue();

        slots.takeAll(Lane.CHECK);
        slots.returnUnused(Lane.CHECK, 1);

        assertThat(slots.release(Lane.CHECK)).as("nothing more was due").isFalse();
        assertThat(slots.takeAll(Lane.CHECK)).isEqualTo(2);
    }

    @Test
    void a_request_without_a_free_slot_is_remembered() {
        assertThat(slots.take(Lane.UPLOAD)).isTrue();
        assertThat(slots.takeAll(Lane.UPLOAD)).isZero();

        assertThat(slots.release(Lane.UPLOAD)).isTrue();
    }

    @Test
    void a_job_that_is_due_has_precedence_over_the_next_step_of_another() {
        assertThat(slots.takeIfNoneWait(Lane.UPLOAD)).as("nothing is due").isTrue();
        slots.release(Lane.UPLOAD);

        slots.due(Lane.UPLOAD);
        assertThat(slots.takeIfNoneWait(Lane.UPLOAD)).as("a job is due").isFalse();

        slots.takeAll(Lane.UPLOAD);
        slots.returnUnused(Lane.UPLOAD, 1);
        assertThat(slots.takeIfNoneWait(Lane.UPLOAD)).as("the claim found none").isTrue();
        assertThat(slots.takeIfNoneWait(Lane.UPLOAD)).as("no slot is free").isFalse();
    }

    @Test
    void gives_out_nothing_after_it_is_closed() {
        slots.close();

        assertThat(slots.takeAll(Lane.CHECK)).isZero();
        assertThat(slots.take(Lane.UPLOAD)).isFalse();
    }
}
