package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.drop.ArchiveOrder.Treatment;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.JobState;
import dev.imageferry.job.Problem;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ArchiveOrderTest {
    private static final UUID JOB = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");
    private static final FileFingerprint FINGERPRINT = new FileFingerprint(1, 2, 3, 1);

    @ParameterizedTest
    @CsvSource({
        "AVAILABLE, , MOVE, DONE, MOVE",
        "AVAILABLE, , DELETE, DONE, DELETE",
        "AVAILABLE, , KEEP, DONE, RECEIPT_ONLY",
        "REJECTED, NOT_GZIP, MOVE, FAILED, MOVE",
        "REJECTED, NOT_GZIP, DELETE, FAILED, MOVE",
        "REJECTED, NOT_GZIP, KEEP, FAILED, RECEIPT_ONLY",
        "FAILED, LINODE_REJECTED, MOVE, FAILED, MOVE",
        "FAILED, LINODE_REJECTED, DELETE, FAILED, MOVE",
        "FAILED, LINODE_REJECTED, KEEP, FAILED, RECEIPT_ONLY",
        "CANCELLED, CANCELLED, DELETE, FAILED, MOVE",
        "CANCELLED, IMAGE_VANISHED, DELETE, FAILED, MOVE",
        "CANCELLED, FILE_CHANGED, MOVE, FAILED, RECEIPT_ONLY",
        "CANCELLED, FILE_REMOVED, DELETE, FAILED, RECEIPT_ONLY"
    })
    void outcome_and_setting_determine_section_and_treatment(
            JobState outcome, @Nullable ErrorCode error, WhenDone whenDone, Section section, Treatment treatment) {
        Problem problem = error == null ? null : new Problem(error, "message");

        ArchiveOrder order =
                ArchiveOrder.of(JOB, "x.img.gz", FINGERPRINT, null, outcome, problem, whenDone, receipt(JOB));

        assertThat(order.section()).isEqualTo(section);
        assertThat(order.treatment()).isEqualTo(treatment);
    }

    @ParameterizedTest
    @EnumSource(names = {"QUEUED", "CHECKING", "READY", "UPLOADING", "PROCESSING", "REPLICATING"})
    void a_job_without_an_outcome_is_never_archived(JobState state) {
        assertThatThrownBy(() ->
                        ArchiveOrder.of(JOB, "x.img.gz", FINGERPRINT, null, state, null, WhenDone.MOVE, receipt(JOB)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(JOB.toString());
    }

    @Test
    void nothing_in_failed_can_be_deleted() {
        assertThatThrownBy(() -> new ArchiveOrder(
                        JOB, "x.img.gz", FINGERPRINT, null, Section.FAILED, Treatment.DELETE, receipt(JOB)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"id\": \"00000000-0000-0000-0000-000000000000\"}",
                "{\"job\": {\"id\": \"01234567-89ab-cdef-0123-456789abcdef\"}}",
                "{\"id\": 5}",
                "[]",
                "no json"
            })
    void a_receipt_must_have_the_id_of_the_job(String receipt) {
        assertThatThrownBy(() ->
                        new ArchiveOrder(JOB, "x.img.gz", FINGERPRINT, null, Section.DONE, Treatment.MOVE, receipt))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("id");
    }

    private static String receipt(UUID id) {
        return "{\"file\": \"x.img.gz\", \"image\": {\"id\": \"private/1\"}, \"id\": \"" + id + "\"}";
    }
}
