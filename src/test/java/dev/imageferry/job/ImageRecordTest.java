package dev.imageferry.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageRecordTest {
    private static final int LINODE_TAG_LIMIT = 50;
    private static final Instant AT = Instant.parse("2026-11-24T02:10:08Z");
    private static final UploadUrl URL = new UploadUrl("https://bucket.example/1?Signature=s3cret");
    private static final List<ImageRecord.RegionCopy> COPIES =
            List.of(new ImageRecord.RegionCopy("us-ord", "available"));

    @Test
    void tag_contains_job_and_number_within_the_limit_of_linode() {
        UUID job = UUID.fromString("0f8fad5b-d9cb-469f-a165-70867728950e");

        assertThat(ImageRecord.tag(job, 1)).isEqualTo("imageferry-0f8fad5bd9cb469fa16570867728950e-1");
        assertThat(ImageRecord.tag(job, 999_999)).hasSizeLessThanOrEqualTo(LINODE_TAG_LIMIT);
        assertThat(ImageRecord.tag(job, 12)).startsWith(ImageRecord.tagPrefix(job));
    }

    @Test
    void records_intent_image_and_upload_and_then_removes_the_url() {
        ImageRecord intended = ImageRecord.NONE.intendingNext();
        ImageRecord created = intended.created("private/1", ImageRecord.PENDING_UPLOAD, COPIES, URL);
        ImageRecord sent = created.allBytesSent(AT);
        ImageRecord uploaded = sent.uploaded();

        assertThat(intended).isEqualTo(new ImageRecord(1, true, null, null, List.of(), null, null));
        assertThat(created).isEqualTo(new ImageRecord(1, false, "private/1", "pending_upload", COPIES, URL, null));
        assertThat(sent).isEqualTo(new ImageRecord(1, false, "private/1", "pending_upload", COPIES, URL, AT));
        assertThat(uploaded).isEqualTo(new ImageRecord(1, false, "private/1", "pending_upload", COPIES, null, AT));
        assertThat(uploaded.isAvailable()).isFalse();
        assertThat(uploaded.seen("available", COPIES).isAvailable()).isTrue();
    }

    @Test
    void number_of_a_deleted_image_is_never_reused() {
        ImageRecord gone = ImageRecord.NONE
                .intendingNext()
                .created("private/1", "pending_upload", COPIES, URL)
                .gone();

        assertThat(gone).isEqualTo(new ImageRecord(1, false, null, null, List.of(), null, null));
        assertThat(gone.intendingNext().number()).isEqualTo(2);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"creating", "pending_upload", "available"})
    void image_stays_available_whatever_status_follows(@Nullable String status) {
        ImageRecord available = ImageRecord.NONE
                .intendingNext()
                .created("private/1", "pending_upload", COPIES, URL)
                .seen("available", COPIES);

        assertThat(available.seen(status, List.of()).isAvailable()).isTrue();
        assertThat(available.uploaded().isCorrupted()).isFalse();
    }

    @Test
    void missing_fields_keep_their_known_values() {
        ImageRecord created = ImageRecord.NONE.intendingNext().created("private/1", "pending_upload", COPIES, URL);

        assertThat(created.seen(null, null)).isEqualTo(created);
        assertThat(created.seen("creating", null).regions()).isEqualTo(COPIES);
        assertThat(created.seen("creating", List.of()).regions()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "imageferry-0f8fad5bd9cb469fa16570867728950e-0",
                "imageferry-0f8fad5bd9cb469fa16570867728950e-01",
                "imageferry-0f8fad5bd9cb469fa16570867728950e-1234567",
                "Imageferry-0f8fad5bd9cb469fa16570867728950e-1",
                " imageferry-0f8fad5bd9cb469fa16570867728950e-1",
                "imageferry-0f8fad5b-d9cb-469f-a165-70867728950e-1"
            })
    void similar_tag_is_not_ours_but_reserved(String tag) {
        assertThat(ImageRecord.ofTag(tag)).isEmpty();
        assertThat(ImageRecord.isReservedTag(tag)).isTrue();
    }

    @Test
    void only_tags_of_our_form_are_reserved() {
        assertThat(ImageRecord.isReservedTag(ImageRecord.tag(UUID.randomUUID(), 3)))
                .isTrue();
        for (String tag : List.of("imageferry", "imageferry-nightly-1", "family-debian-12", "imageferry-0f8fad5b-1")) {
            assertThat(ImageRecord.isReservedTag(tag)).as(tag).isFalse();
        }
    }
}
