package dev.imageferry.daemon;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells systemd that the daemon is ready, by the protocol of sd_notify(3). It needs a datagram to a Unix socket, which Java does not
 * have. The program {@code systemd-notify} is not used: its message comes from another process, which systemd accepts only with
 * {@code NotifyAccess=all}.
 */
final class ServiceManager {
    private static final Logger LOG = Logger.getLogger(ServiceManager.class);
    private static final int AF_UNIX = 1;
    private static final int SOCK_DGRAM_CLOEXEC = 0x2 | 0x80000;

    /** {@code sun_path} of {@code struct sockaddr_un}, unix(7). */
    private static final int PATH_BYTES = 108;

    private ServiceManager() {}

    /** Reports that the daemon is ready. Does nothing if systemd did not start it; a failure is logged. */
    static void ready() {
        String failure = send(System.getenv("NOTIFY_SOCKET"), "READY=1");
        if (failure != null) {
            LOG.warnf("systemd was not told that the daemon is ready: %s", failure);
        }
    }

    /**
     * Sends one message.
     *
     * @param socket a path, or {@code @} and an abstract name; null or empty sends nothing
     * @return why the message was not sent; null on success
     */
    static @Nullable String send(@Nullable String socket, String message) {
        if (socket == null || socket.isEmpty()) {
            return null;
        }
        byte[] path = socket.getBytes(StandardCharsets.UTF_8);
        if (path.length >= PATH_BYTES || (path[0] != '/' && path[0] != '@')) {
            return "NOTIFY_SOCKET is not a socket of this machine: " + socket;
        }
        if (path[0] == '@') {
            path[0] = 0;
        }
        ByteBuffer address = ByteBuffer.allocate(Short.BYTES + path.length).order(ByteOrder.nativeOrder());
        address.putShort((short) AF_UNIX).put(path);
        byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
        try {
            return sendTo(address.array(), bytes) ? null : "nothing receives at " + socket;
        } catch (Throwable e) { // MethodHandle.invokeExact declares it
            if (e instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException("calling the C library failed", e);
        }
    }

    @SuppressWarnings("restricted") // the manifest enables native access
    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }

    private static boolean sendTo(byte[] address, byte[] message) throws Throwable {
        MethodHandle socket = function(
                "socket",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        MethodHandle sendto = function(
                "sendto",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.JAVA_INT));
        MethodHandle close = function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        int descriptor = (int) socket.invokeExact(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
        if (descriptor < 0) {
            return false;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment to = arena.allocateFrom(ValueLayout.JAVA_BYTE, address);
            MemorySegment content = arena.allocateFrom(ValueLayout.JAVA_BYTE, message);
            long sent = (long) sendto.invokeExact(descriptor, content, (long) message.length, 0, to, address.length);
            return sent == message.length;
        } finally {
            int ignored = (int) close.invokeExact(descriptor);
        }
    }
}
