package dev.imageferry.drop;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Which file names belong to images. Upper and lower case are equal. Thread-safe. */
public final class ImageNames {
    /** The default of {@code imageferry.drop.names}. */
    public static final String DEFAULT_ENDINGS = ".img.gz,.raw.gz,.bin.gz";

    /** Names of images that are converted first. */
    static final List<String> CONVERTIBLE_ENDINGS = List.of(
            ".img",
            ".raw",
            ".img.xz",
            ".raw.xz",
            ".img.zst",
            ".raw.zst",
            ".img.bz2",
            ".raw.bz2",
            ".qcow2",
            ".vmdk",
            ".vhd",
            ".vhdx",
            ".vdi");

    private static final Pattern ENDING = Pattern.compile("\\.[A-Za-z0-9]+(\\.[A-Za-z0-9]+)*");

    /** The ending of any image: that of a format, and that of a compression after the ending of a raw image. */
    private static final Pattern USUAL_ENDING =
            Pattern.compile("(\\.(img|raw|bin))?\\.[a-z0-9]{1,8}$", Pattern.CASE_INSENSITIVE);

    private final List<String> gzipEndings;
    private final List<String> convertibleEndings;

    /**
     * Creates the names of a configuration.
     *
     * @param gzipEndings {@code imageferry.drop.names}
     * @param convert {@code imageferry.drop.convert}
     * @throws IllegalArgumentException naming the setting, the value, the limit and what to do
     */
    public ImageNames(List<String> gzipEndings, boolean convert) {
        this.gzipEndings = gzipEndings.stream().map(ImageNames::checked).toList();
        this.convertibleEndings = convert ? CONVERTIBLE_ENDINGS : List.of();
    }

    private static String checked(String ending) {
        if (!ENDING.matcher(ending).matches()) {
            throw new IllegalArgumentException("imageferry.drop.names has the entry " + MetadataRules.shown(ending)
                    + ": use endings of file names, such as .img.gz (a dot, then letters and digits)");
        }
        String lower = ending.toLowerCase(Locale.ROOT);
        boolean isReserved = Stream.concat(Names.SIDECAR_SUFFIXES.stream(), CONVERTIBLE_ENDINGS.stream())
                .anyMatch(lower::endsWith);
        if (isReserved) {
            throw new IllegalArgumentException("imageferry.drop.names has the entry " + MetadataRules.shown(ending)
                    + ", which is the name of another kind of file: use endings of gzip files, such as .img.gz");
        }
        return lower;
    }

    /** Whether a file of this name is an image that becomes a job. */
    public boolean isImage(String name) {
        return endsInOneOf(gzipEndings, name) || endsInOneOf(convertibleEndings, name);
    }

    /** Whether an image of this name has to be converted before it is checked. */
    public boolean isConvertible(String name) {
        return !endsInOneOf(gzipEndings, name) && endsInOneOf(convertibleEndings, name);
    }

    /** Whether this name could be converted if {@code imageferry.drop.convert} were set. */
    static boolean couldBeConverted(String name) {
        return endsInOneOf(CONVERTIBLE_ENDINGS, name);
    }

    /** The name of an image without its ending. */
    String stem(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return Stream.concat(gzipEndings.stream(), CONVERTIBLE_ENDINGS.stream())
                .filter(lower::endsWith)
                .max(Comparator.comparingInt(String::length))
                .map(ending -> name.substring(0, name.length() - ending.length()))
                .orElse(name);
    }

    /** The endings of images that need no conversion, for a message: {@code .img.gz, .raw.gz or .bin.gz}. */
    String shown() {
        int last = gzipEndings.size() - 1;
        return last == 0
                ? gzipEndings.getFirst()
                : String.join(", ", gzipEndings.subList(0, last)) + " or " + gzipEndings.getLast();
    }

    /** The length of a name without the ending of an image, whatever the settings are. */
    static int stemLength(String name) {
        Matcher ending = USUAL_ENDING.matcher(name);
        return ending.find() && ending.start() > 0 ? ending.start() : name.length();
    }

    private static boolean endsInOneOf(List<String> endings, String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return endings.stream().anyMatch(lower::endsWith);
    }
}
