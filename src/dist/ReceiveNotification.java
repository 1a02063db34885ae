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

/** systemd's end of sd_notify(3) for check.sh: prints one message and the process that sent it, as SCM_CREDENTIALS says (unix(7)). */
final class ReceiveNotification {
    private static final int AF_UNIX = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOL_SOCKET = 1;
    private static final int SO_PASSCRED = 16;

    private ReceiveNotification() {}

    public static void main(String[] arguments) throws Throwable {
        byte[] path = arguments[0].getBytes(StandardCharsets.UTF_8);
        ByteBuffer address = ByteBuffer.allocate(2 + path.length).order(ByteOrder.nativeOrder());
        address.putShort((short) AF_UNIX).put(path);
        try (Arena arena = Arena.ofConfined()) {
            int socket = (int) function("socket", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)
                    .invokeExact(AF_UNIX, SOCK_DGRAM, 0);
            check((int) function("setsockopt", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT)
                    .invokeExact(socket, SOL_SOCKET, SO_PASSCRED, arena.allocateFrom(ValueLayout.JAVA_INT, 1), 4));
            check((int) function("bind", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT)
                    .invokeExact(socket, arena.allocateFrom(ValueLayout.JAVA_BYTE, address.array()), address.capacity()));
            MemorySegment content = arena.allocate(100);
            MemorySegment vector = arena.allocate(16, 8); // struct iovec
            vector.set(ValueLayout.ADDRESS, 0, content);
            vector.set(ValueLayout.JAVA_LONG, 8, content.byteSize());
            MemorySegment control = arena.allocate(64, 8);
            MemorySegment header = arena.allocate(56, 8); // struct msghdr
            header.set(ValueLayout.ADDRESS, 16, vector);
            header.set(ValueLayout.JAVA_LONG, 24, 1);
            header.set(ValueLayout.ADDRESS, 32, control);
            header.set(ValueLayout.JAVA_LONG, 40, control.byteSize());
            int count = (int) function("recvmsg", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT)
                    .invokeExact(socket, header, 0);
            check(count);
            // struct cmsghdr is 16 bytes; struct ucred begins with the process
            System.out.println(new String(content.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8) + " "
                    + control.get(ValueLayout.JAVA_INT, 16));
        }
    }

    private static void check(int result) {
        if (result < 0) {
            throw new IllegalStateException("a call of the C library failed");
        }
    }

    private static MethodHandle function(String name, MemoryLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
    }
}
