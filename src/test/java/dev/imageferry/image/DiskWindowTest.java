package dev.imageferry.image;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DiskWindowTest {
    private static final byte[] COUNTING = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

    @Test
    void captures_its_range_from_overlapping_chunks() {
        DiskWindow window = new DiskWindow(4, 8);

        window.absorb(0, COUNTING, 6);
        window.absorb(0, COUNTING, 16);

        assertThat(window.isFull()).isTrue();
        assertThat(window.bytesAt(0, 8)).containsExactly(4, 5, 6, 7, 8, 9, 10, 11);
    }

    @Test
    void captures_nothing_after_its_start_was_missed() {
        DiskWindow window = new DiskWindow(4, 8);

        window.absorb(6, COUNTING, 16);

        assertThat(window.capturedBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 16, 1L << 31, 1L << 32, Long.MAX_VALUE - 1, Long.MAX_VALUE})
    void reads_zeroes_where_nothing_was_captured(long offset) {
        DiskWindow window = new DiskWindow(0, 32);
        window.absorb(0, COUNTING, 16);

        assertThat(window.unsignedByte(offset)).isZero();
        assertThat(window.unsignedShort(offset)).isZero();
        assertThat(window.unsignedInt(offset)).isZero();
        assertThat(window.longAt(offset)).isZero();
        assertThat(window.bytesAt(offset, 4)).containsOnly(0);
        assertThat(window.has(offset, "\0")).isFalse();
    }
}
