package dev.imageferry.drop;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Parses one sidecar or folder file token by token. An object mapper would expand aliases, accept repeated keys and convert
 * strings to numbers.
 */
final class MetadataParser {
    /** The metadata is invalid. The reason continues a message that begins with the file name. */
    static final class BadMetadataException extends Exception {
        private static final long serialVersionUID = 1L;

        BadMetadataException(String reason) {
            super(reason);
        }

        String reason() {
            return String.valueOf(getMessage());
        }
    }

    private static final String KEYS =
            "label, description, region, tags, cloudInit, replicateTo, priority, family, keep";
    private static final String CHECKSUM_KEY = "sha256";
    private static final JsonFactory JSON = new JsonFactory();
    private static final YAMLFactory YAML = new YAMLFactory();

    private final JsonParser parser;
    private final boolean ofImage;
    /** Line of the current key, from 1. */
    private int keyLine;

    private @Nullable String label;
    private @Nullable String description;
    private @Nullable String region;
    private @Nullable List<String> tags;
    private @Nullable Boolean cloudInit;
    private @Nullable List<String> replicateTo;
    private @Nullable Integer priority;
    private @Nullable String family;
    private @Nullable Integer keep;
    private @Nullable String sha256;

    private MetadataParser(JsonParser parser, boolean ofImage) {
        this.parser = parser;
        this.ofImage = ofImage;
    }

    /**
     * Parses the text of a file.
     *
     * @param json whether it is JSON, otherwise YAML
     * @param ofImage whether it is the sidecar of one image, otherwise the file of a folder
     */
    static PartialMetadata parse(String text, boolean json, boolean ofImage) throws BadMetadataException {
        String withoutBom = text.startsWith("\ufeff") ? text.substring(1) : text;
        try (JsonParser parser = json ? JSON.createParser(withoutBom) : YAML.createParser(withoutBom)) {
            return new MetadataParser(parser, ofImage).document(json);
        } catch (JsonProcessingException e) {
            throw new BadMetadataException("is not valid " + (json ? "JSON" : "YAML") + where(e) + ": "
                    + String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("") + "; fix it");
        } catch (IOException e) {
            throw new IllegalStateException("reading from a string cannot fail", e);
        }
    }

    private PartialMetadata document(boolean json) throws IOException, BadMetadataException {
        JsonToken first = next();
        if (first == null && !json) {
            return PartialMetadata.NOTHING; // only comments
        }
        if (first == JsonToken.VALUE_NULL && !json) {
            return PartialMetadata.NOTHING;
        }
        if (first != JsonToken.START_OBJECT) {
            throw new BadMetadataException("does not contain keys and values: write lines such as region: us-ord");
        }
        Map<String, String> places = new HashMap<>();
        while (next() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            keyLine = parser.currentTokenLocation().getLineNr();
            if (places.put(key, "line " + keyLine + " key " + key) != null) {
                throw ofKey("has the key " + MetadataRules.shown(key) + " twice: keep one");
            }
            next();
            take(key, json);
        }
        if (next() != null) {
            throw new BadMetadataException("contains more than one document: keep the first");
        }
        return new PartialMetadata(
                label, description, region, tags, cloudInit, replicateTo, priority, family, keep, sha256, places);
    }

    private void take(String key, boolean json) throws IOException, BadMetadataException {
        switch (key) {
            case "label" -> {
                label = text(key, json);
                check(key, MetadataRules.label(label));
            }
            case "description" -> {
                description = text(key, json);
                check(key, MetadataRules.description(description));
            }
            case "region" -> {
                region = text(key, json);
                check(key, MetadataRules.region(region));
            }
            case "tags" -> {
                tags = texts(key, json);
                check(key, MetadataRules.tags(tags));
            }
            case "cloudInit" -> cloudInit = bool(key);
            case "replicateTo" -> {
                replicateTo = texts(key, json);
                check(key, MetadataRules.regions(replicateTo));
            }
            case "priority" -> {
                priority = wholeNumber(key, MetadataRules.PRIORITY_RANGE);
                check(key, MetadataRules.priority(priority));
            }
            case "family" -> {
                family = text(key, json);
                check(key, MetadataRules.family(family));
            }
            case "keep" -> {
                keep = wholeNumber(key, MetadataRules.KEEP_RANGE);
                check(key, MetadataRules.keep(keep));
            }
            case CHECKSUM_KEY -> {
                if (!ofImage) {
                    throw ofKey("has the key sha256, which is that of one image: put it into the sidecar of the image");
                }
                sha256 = text(key, json).toLowerCase(Locale.ROOT);
                check(key, MetadataRules.sha256(sha256));
            }
            default ->
                throw ofKey("has the unknown key " + MetadataRules.shown(key) + ": use one of " + KEYS
                        + (ofImage ? ", " + CHECKSUM_KEY : ""));
        }
    }

    /** In YAML, an unquoted {@code 12} or {@code true} is accepted as a string. In JSON, strings have quotes. */
    private String text(String key, boolean json) throws IOException, BadMetadataException {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_STRING || (!json && token != null && token.isScalarValue() && isPlain(token))) {
            return parser.getText();
        }
        throw invalid(key, "use a string");
    }

    private static boolean isPlain(JsonToken token) {
        return token.isNumeric() || token.isBoolean();
    }

    private List<String> texts(String key, boolean json) throws IOException, BadMetadataException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw invalid(key, "use a list, such as [one, two]");
        }
        Set<String> texts = new LinkedHashSet<>();
        while (next() != JsonToken.END_ARRAY) {
            texts.add(text(key, json));
        }
        return new ArrayList<>(texts);
    }

    private boolean bool(String key) throws IOException, BadMetadataException {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
            return token == JsonToken.VALUE_TRUE;
        }
        throw invalid(key, "use true or false");
    }

    private int wholeNumber(String key, String range) throws IOException, BadMetadataException {
        JsonToken token = parser.currentToken();
        if (token != JsonToken.VALUE_NUMBER_INT || parser.getNumberType() != JsonParser.NumberType.INT) {
            throw invalid(key, "use a whole number from " + range);
        }
        return parser.getIntValue();
    }

    private BadMetadataException invalid(String key, String expected) throws IOException {
        JsonToken token = parser.currentToken();
        String what;
        if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
            what = token == JsonToken.START_OBJECT ? "a map" : "a list";
        } else if (token == null || token == JsonToken.VALUE_NULL || token == JsonToken.VALUE_EMBEDDED_OBJECT) {
            what = "without a value";
        } else {
            what = MetadataRules.shown(parser.getText());
        }
        return ofKey("key " + key + " is " + what + ": " + expected);
    }

    /** Names the line of the key, even if the value spans several lines. */
    private BadMetadataException ofKey(String reason) {
        return new BadMetadataException("line " + keyLine + " " + reason);
    }

    private void check(String key, @Nullable String error) throws BadMetadataException {
        if (error != null) {
            throw ofKey("key " + key + " " + error);
        }
    }

    private @Nullable JsonToken next() throws IOException, BadMetadataException {
        JsonToken token = parser.nextToken();
        // aliases can expand a small file to a huge one, and the parser returns the name of the alias as its value
        if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
            throw new BadMetadataException("line "
                    + parser.currentTokenLocation().getLineNr() + " uses a YAML alias (*): write the value instead");
        }
        return token;
    }

    private static String where(JsonProcessingException e) {
        return e.getLocation() == null ? "" : " in line " + e.getLocation().getLineNr();
    }
}
