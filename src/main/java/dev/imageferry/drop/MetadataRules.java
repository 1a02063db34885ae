package dev.imageferry.drop;

import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.ImageRecord;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The limits of Linode's OpenAPI specification for the properties of an image. Each rule returns null for a valid value, or
 * an error that names the value, the limit and what to do.
 */
final class MetadataRules {
    private static final int MIN_PRIORITY = -1000;
    private static final int MAX_PRIORITY = 1000;

    /** Linode has at most 25 images in a new account, and support can raise this limit. */
    private static final int MAX_KEEP = 1000;

    static final String PRIORITY_RANGE = MIN_PRIORITY + " to " + MAX_PRIORITY;
    static final String KEEP_RANGE = "1 to " + MAX_KEEP;

    private static final int MAX_LABEL_CHARACTERS = 50;
    private static final int MAX_DESCRIPTION_CHARACTERS = 65_000;
    private static final int MIN_TAG_CHARACTERS = 3;
    private static final int MAX_TAG_CHARACTERS = 100;

    /** Linode's limit of 500, less the tag with the id of the job. */
    private static final int MAX_TAGS = 499;

    private static final int SHOWN_CHARACTERS = 80;

    private static final Pattern LABEL = Pattern.compile("[a-zA-Z0-9,.?\\-_\\s']+");
    private static final Pattern REGION = Pattern.compile("[a-z0-9-]+");

    /** With the prefix of its tag, a family has at most 50 characters, Linode's limit for a tag. */
    private static final int MAX_FAMILY_CHARACTERS = 50 - ImageMetadata.FAMILY_TAG_PREFIX.length();

    private static final Pattern FAMILY = Pattern.compile("[a-z0-9][a-z0-9._-]*");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    private MetadataRules() {}

    static @Nullable String label(String label) {
        int characters = characters(label);
        if (label.isBlank() || characters > MAX_LABEL_CHARACTERS) {
            return "is " + shown(label) + " with " + characters + " characters: use 1 to " + MAX_LABEL_CHARACTERS;
        }
        return LABEL.matcher(label).matches()
                ? null
                : "is " + shown(label) + ": use only letters a-z and A-Z, digits, spaces and , . ? - _ '";
    }

    static @Nullable String description(String description) {
        int characters = characters(description);
        if (characters > MAX_DESCRIPTION_CHARACTERS) {
            return "has " + characters + " characters: shorten it to at most " + MAX_DESCRIPTION_CHARACTERS;
        }
        return text(description);
    }

    static @Nullable String region(String region) {
        return REGION.matcher(region).matches()
                ? null
                : "is " + shown(region) + ": use the id of a region, such as us-ord (a-z, 0-9 and -)";
    }

    static @Nullable String regions(List<String> regions) {
        for (String region : regions) {
            String error = region(region);
            if (error != null) {
                return "has an entry that " + error;
            }
        }
        return null;
    }

    static @Nullable String tags(List<String> tags) {
        if (tags.size() > MAX_TAGS) {
            return "has " + tags.size() + " entries: use at most " + MAX_TAGS;
        }
        for (String tag : tags) {
            int characters = characters(tag);
            if (characters < MIN_TAG_CHARACTERS || characters > MAX_TAG_CHARACTERS) {
                return "has the entry " + shown(tag) + " with " + characters + " characters: use " + MIN_TAG_CHARACTERS
                        + " to " + MAX_TAG_CHARACTERS;
            }
            String error = text(tag);
            if (error != null) {
                return "has an entry that " + error;
            }
            if (ImageRecord.isReservedTag(tag)) {
                return "has the entry " + shown(tag)
                        + ", which is reserved for the tags that Imageferry sets itself: choose another tag";
            }
        }
        return null;
    }

    static @Nullable String priority(int priority) {
        return priority >= MIN_PRIORITY && priority <= MAX_PRIORITY
                ? null
                : "is " + priority + ": use a whole number from " + PRIORITY_RANGE;
    }

    static @Nullable String keep(int keep) {
        return keep >= 1 && keep <= MAX_KEEP ? null : "is " + keep + ": use a whole number from " + KEEP_RANGE;
    }

    static @Nullable String family(String family) {
        if (family.length() > MAX_FAMILY_CHARACTERS) {
            return "is " + shown(family) + " with " + characters(family) + " characters: use at most "
                    + MAX_FAMILY_CHARACTERS;
        }
        return FAMILY.matcher(family).matches()
                ? null
                : "is " + shown(family)
                        + ": use a-z, 0-9, dots, dashes and underscores, beginning with a letter or a digit";
    }

    static @Nullable String sha256(String digits) {
        return SHA256.matcher(digits).matches() ? null : "is " + shown(digits) + ": use 64 hexadecimal digits";
    }

    /** A value for a message: quoted, shortened and on one line. */
    static String shown(String value) {
        String shortened = characters(value) <= SHOWN_CHARACTERS
                ? value
                : value.substring(0, value.offsetByCodePoints(0, SHOWN_CHARACTERS)) + "…";
        StringBuilder line = new StringBuilder(shortened.length() + 2).append('"');
        shortened.codePoints().forEach(character -> {
            if (Character.isISOControl(character) || Character.getType(character) == Character.SURROGATE) {
                line.append(String.format("\\u%04x", character));
            } else {
                line.appendCodePoint(character);
            }
        });
        return line.append('"').toString();
    }

    /** JSON and YAML can escape characters that UTF-8 or PostgreSQL cannot store. */
    private static @Nullable String text(String value) {
        boolean invalid = value.codePoints()
                .anyMatch(character -> character == 0 || Character.getType(character) == Character.SURROGATE);
        return invalid ? "contains a NUL character or an unpaired surrogate: remove it" : null;
    }

    private static int characters(String text) {
        return text.codePointCount(0, text.length());
    }
}
