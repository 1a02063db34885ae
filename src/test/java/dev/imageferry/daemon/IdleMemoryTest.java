package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class IdleMemoryTest {
    private static final long MEBIBYTE = 1024 * 1024;

    private long heap = 1000 * MEBIBYTE;
    private long inUse = 100 * MEBIBYTE;
    private int collections;

    private final IdleMemory idleMemory = new IdleMemory(() -> heap, () -> {
        collections++;
        heap = inUse;
    });

    @Test
    void shrinks_once_after_a_busy_time() {
        idleMemory.look(false);
        idleMemory.look(true);
        assertThat(collections).as("just became idle").isZero();

        idleMemory.look(true);
        idleMemory.look(true);

        assertThat(collections).isOne();
        assertThat(heap).isEqualTo(inUse);
    }

    @Test
    void does_not_disturb_a_busy_daemon() {
        for (int look = 0; look < 5; look++) {
            idleMemory.look(false);
            idleMemory.look(look % 2 == 0);
        }

        assertThat(collections).isZero();
    }

    @Test
    void shrinks_again_only_when_the_heap_has_grown_by_half() {
        idleMemory.look(true);
        idleMemory.look(true);
        heap = 150 * MEBIBYTE;
        idleMemory.look(true);
        assertThat(collections).isOne();

        heap = 151 * MEBIBYTE;
        idleMemory.look(true);

        assertThat(collections).isEqualTo(2);
    }
}
