import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Part of the release: replaces names in generated classes that differ from build to build. Takes generated-bytecode.jar. Quarkus 3.33
 * numbers the objects of its recorders in the order in which its build threads run ({@code proxykey42}), and Byte Buddy puts random
 * characters into the names of private fields ({@code cachedValue$Ph66kmr1$o23rrk2}).
 */
final class StableNames {
    private static final Pattern RECORDED = Pattern.compile("proxykey[0-9]+");
    private static final Pattern CACHED = Pattern.compile("cachedValue\\$[0-9A-Za-z]{8}(\\$[0-9a-z]+)");

    private final Map<String, String> recorded = new HashMap<>();

    private StableNames() {}

    public static void main(String[] arguments) throws IOException {
        new StableNames().rewrite(Path.of(arguments[0]));
    }

    private void rewrite(Path jar) throws IOException {
        Path draft = jar.resolveSibling(jar.getFileName() + ".draft");
        try (ZipFile from = new ZipFile(jar.toFile());
                ZipOutputStream to = new ZipOutputStream(Files.newOutputStream(draft))) {
            for (ZipEntry entry : from.stream().toList()) {
                ZipEntry copy = new ZipEntry(entry.getName());
                copy.setTimeLocal(entry.getTimeLocal());
                to.putNextEntry(copy);
                try (InputStream content = from.getInputStream(entry)) {
                    byte[] bytes = content.readAllBytes();
                    to.write(entry.getName().endsWith(".class") ? renamed(bytes) : bytes);
                }
                to.closeEntry();
            }
        }
        Files.move(draft, jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Rewrites the constant pool (JVMS 4.4). The rest of a class file refers to it by index. */
    private byte[] renamed(byte[] classFile) throws IOException {
        ByteArrayOutputStream result = new ByteArrayOutputStream(classFile.length);
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(classFile));
        DataOutputStream out = new DataOutputStream(result);
        out.writeLong(in.readLong()); // magic and version
        int count = in.readUnsignedShort();
        out.writeShort(count);
        for (int index = 1; index < count; index++) {
            int tag = in.readUnsignedByte();
            out.writeByte(tag);
            switch (tag) {
                case 1 -> out.writeUTF(renamed(in.readUTF()));
                case 5, 6 -> {
                    out.writeLong(in.readLong());
                    index++; // long and double take two places
                }
                case 3, 4, 9, 10, 11, 12, 17, 18 -> out.writeInt(in.readInt());
                case 7, 8, 16, 19, 20 -> out.writeShort(in.readUnsignedShort());
                case 15 -> {
                    out.writeByte(in.readUnsignedByte());
                    out.writeShort(in.readUnsignedShort());
                }
                default -> throw new IOException("unknown constant " + tag);
            }
        }
        in.transferTo(out);
        return result.toByteArray();
    }

    private String renamed(String text) {
        if (RECORDED.matcher(text).matches()) {
            return recorded.computeIfAbsent(text, key -> "proxykey" + (recorded.size() + 1));
        }
        Matcher cached = CACHED.matcher(text);
        return cached.matches() ? "cachedValue" + cached.group(1) : text;
    }
}
