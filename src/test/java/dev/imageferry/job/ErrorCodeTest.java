package dev.imageferry.job;

import static dev.imageferry.job.ErrorCode.Consequence.CANCEL;
import static dev.imageferry.job.ErrorCode.Consequence.FAIL;
import static dev.imageferry.job.ErrorCode.Consequence.REJECT;
import static dev.imageferry.job.ErrorCode.Consequence.RETRY;
import static dev.imageferry.job.ErrorCode.Consequence.WAIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.job.ErrorCode.Consequence;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorCodeTest {
    /** The documented error codes by consequence. */
    private static final Map<Consequence, String> PROMISED = Map.of(
            REJECT,
            "not-gzip, gzip-truncated, gzip-corrupt, gzip-trailing-data, empty, too-large-compressed,"
                    + " too-large-uncompressed, not-raw-image, bad-metadata, checksum-mismatch, conversion-failed",
            FAIL,
            "linode-rejected, processing-failed, processing-timeout",
            RETRY,
            "upload-interrupted, upload-stalled, upload-refused, upload-corrupted, linode-error, replication-failed,"
                    + " unreadable, upload-url-expired",
            WAIT,
            "rate-limited, linode-unavailable, linode-unauthorized, quota-exceeded, bucket-unavailable,"
                    + " folder-unavailable, database-unavailable, instance-lost, duplicate-in-progress, no-space",
            CANCEL,
            "file-changed, file-removed, image-vanished, cancelled");

    @ParameterizedTest
    @EnumSource(Consequence.class)
    void codes_have_the_documented_consequences(Consequence consequence) {
        assertThat(Arrays.stream(ErrorCode.values())
                        .filter(code -> code.consequence() == consequence)
                        .map(ErrorCode::wireName)
                        .collect(Collectors.toSet()))
                .containsExactlyInAnyOrder(
                        PROMISED.getOrDefault(consequence, "").split(", "));
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void finds_a_code_by_its_wire_name(ErrorCode code) {
        assertThat(ErrorCode.ofWireName(code.wireName())).isEqualTo(code);
        assertThat(code).hasToString(code.wireName());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "NOT_GZIP", "not-a-code"})
    void rejects_an_unknown_wire_name(String name) {
        assertThatThrownBy(() -> ErrorCode.ofWireName(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith(name);
    }

    @Test
    void wire_names_are_unique() {
        assertThat(Arrays.stream(ErrorCode.values()).map(ErrorCode::wireName)).doesNotHaveDuplicates();
    }
}
