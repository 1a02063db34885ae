package dev.imageferry.convert;

import dev.imageferry.image.ImageLimits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Writes one raw disk as gzip. The calling thread reads the disk and writes the members in their order, and the workers compress
 * between these. What is written depends only on the disk.
 */
final class GzipOutput implements AutoCloseable {
    private final GzipWorkers workers;
    private final TargetFile target;
    private final ImageLimits limits;
    private final Deque<Pending> pending = new ArrayDeque<>();
    private volatile boolean closed;

    /** A member on its way. A block of zeroes has none, because its member is known. */
    private sealed interface Pending {
        record Zeroes() implements Pending {}

        record Compressing(GzipMember member, CompletableFuture<Void> done) implements Pending {}
    }

    GzipOutput(GzipWorkers workers, TargetFile target, ImageLimits limits) {
        this.workers = workers;
        this.target = target;
        this.limits = limits;
    }

    /**
     * Compresses the disk to its end.
     *
     * @throws UnfitSourceException if it is empty or exceeds the limit, or by the content itself
     */
    void write(RawContent disk) throws IOException, InterruptedException, UnfitSourceException {
        long total = 0;
        int count;
        do {
            GzipMember member = free();
            boolean handedOn = false;
            try {
                count = fill(disk, member.raw());
                total += count;
                if (total > limits.uncompressedBytes()) {
                    throw UnfitSourceException.overLimit(limits);
                }
                member.fill(count);
                if (count > 0 && !member.isZero()) {
                    compress(member);
                    handedOn = true;
                } else if (count > 0) {
                    pending.add(new Pending.Zeroes());
                }
            } finally {
                if (!handedOn) {
                    workers.giveBack(member);
                }
            }
            writeCompleted();
        } while (count == GzipMember.RAW_BYTES);
        if (total == 0) {
            throw UnfitSourceException.nothingInside();
        }
        while (!pending.isEmpty()) {
            writeOldest();
        }
    }

    private static int fill(RawContent disk, byte[] block) throws IOException, UnfitSourceException {
        int filled = 0;
        int count = 0;
        while (filled < block.length && count >= 0) {
            count = disk.read(block, filled, block.length - filled);
            filled += Math.max(0, count);
        }
        return filled;
    }

    /** A member to fill. Before it waits for one, it gives back its own. */
    private GzipMember free() throws IOException, InterruptedException {
        while (true) {
            Optional<GzipMember> member = workers.tryTake();
            if (member.isPresent()) {
                return member.get();
            }
            if (pending.isEmpty()) {
                return workers.take();
            }
            writeOldest();
        }
    }

    private void compress(GzipMember member) {
        Runnable task = () -> {
            if (!closed) {
                member.compress();
            }
        };
        pending.add(new Pending.Compressing(member, CompletableFuture.runAsync(task, workers)));
    }

    /** Writes what can be written without waiting. */
    private void writeCompleted() throws IOException, InterruptedException {
        while (!pending.isEmpty()
                && (pending.element() instanceof Pending.Zeroes
                        || (pending.element() instanceof Pending.Compressing compressing
                                && compressing.done().isDone()))) {
            writeOldest();
        }
    }

    private void writeOldest() throws IOException, InterruptedException {
        switch (pending.element()) {
            case Pending.Zeroes() -> {
                pending.remove();
                target.write(ByteBuffer.wrap(workers.zeroes()));
            }
            case Pending.Compressing(GzipMember member, CompletableFuture<Void> done) -> {
                await(done);
                pending.remove();
                try {
                    target.write(member.compressed());
                } finally {
                    workers.giveBack(member);
                }
            }
        }
    }

    private static void await(CompletableFuture<Void> done) throws InterruptedException {
        try {
            done.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("compressing failed", e.getCause());
        }
    }

    /** Gives back all members. Waits for the workers that use them, which takes milliseconds. */
    @Override
    public void close() {
        closed = true;
        for (Pending each : pending) {
            if (each instanceof Pending.Compressing(GzipMember member, CompletableFuture<Void> done)) {
                done.exceptionally(failure -> null).join();
                workers.giveBack(member);
            }
        }
        pending.clear();
    }
}
