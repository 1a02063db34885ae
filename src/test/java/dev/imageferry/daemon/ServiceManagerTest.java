package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class ServiceManagerTest {
    private static final int AF_UNIX = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int MSG_DONTWAIT = 0x40;

    @TempDir
    Path directory;

    @Test
    void a_message_arrives_at_a_socket_with_a_path() throws Throwable {
        String path = directory.resolve("notify").toString();
        try (Receiver receiver = new Receiver(path)) {
            assertThat(ServiceManager.send(path, "READY=1")).isNull();

            assertThat(receiver.received()).isEqualTo("READY=1");
        }
    }

    @Test
    void a_message_arrives_at_an_abstract_socket() throws Throwable {
        String name = "imageferry-test-" + ProcessHandle.current().pid();
        try (Receiver receiver = new Receiver('\0' + name)) {
            assertThat(ServiceManager.send('@' + name, "READY=1")).isNull();

            assertThat(receiver.received()).isEqualTo("READY=1");
        }
    }

    @Test
    void without_systemd_nothing_is_sent() {
        assertThat(ServiceManager.send(null, "READY=1")).isNull();
        assertThat(ServiceManager.send("", "READY=1")).isNull();
    }

    @Test
    void a_message_that_nobody_receives_is_a_failure() {
        String missing = directory.resolve("missing").toString();

        assertThat(ServiceManager.send(missing, "READY=1")).isEqualTo("nothing receives at " + missing);
        assertThat(ServiceManager.send("vsock:2:1234", "READY=1")).contains("vsock:2:1234");
        assertThat(ServiceManager.send("/" + "x".repeat(107), "READY=1")).contains("not a socket");
    }

    /** The end of systemd, with the C library, because Java has no datagrams over Unix sockets. */
    private static final class Receiver implements AutoCloseable {
        private final Arena arena = Arena.ofConfined();
        private final int descriptor;

        Receiver(String path) throws Throwable {
            byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
            byte[] address = ByteBuffer.allocate(2 + bytes.length)
                    .order(ByteOrder.nativeOrder())
                    .putShort((short) AF_UNIX)
                    .put(bytes)
                    .array();
            MemorySegment segment = arena.allocateFrom(ValueLayout.JAVA_BYTE, address);
            descriptor = (int) function("socket", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)
                    .invokeExact(AF_UNIX, SOCK_DGRAM, 0);
            int bound = (int) function("bind", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT)
                    .invokeExact(descriptor, segment, address.length);
            assertThat(bound).isZero();
        }

        /** The message that has arrived; does not wait. */
        String received() throws Throwable {
            MemorySegment buffer = arena.allocate(100);
            int count = (int) function(
                            "recv",
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_INT)
                    .invokeExact(descriptor, buffer, buffer.byteSize(), MSG_DONTWAIT);
            assertThat(count).isPositive();
            return new String(buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        }

        @SuppressWarnings("restricted") // tests run with native access
        private static MethodHandle function(String name, MemoryLayout... arguments) {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(
                    linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
        }

        @Override
        public void close() {
            try {
                int closed = (int) function("close", ValueLayout.JAVA_INT).invokeExact(descriptor);
                assertThat(closed).isZero();
            } catch (Throwable e) {
                throw new AssertionError(e);
            } finally {
                arena.close();
            }
        }
    }
}
