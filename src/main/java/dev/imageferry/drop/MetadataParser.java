package dev.imageferry.drop;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the text of one sidecar or folder file, token by token: there is no object mapper in between that could expand an
 * alias, take the last of two equal keys, or make a number of a text.
 */
final class MetadataParser {
    /** What is wrong, in words that follow the file's name. */
    static final class BadMetadataException extends Exception {
        private static final long serialVersionUID = 1L;

        BadMetadataException(String complaint) {
            super(complaint);
        }

        String complaint() {
            return String.valueOf(getMessage());
        }
    }

    private static final String KEYS = "label, description, region, tags, cloudInit, replicateTo, priority";
    private static final JsonFactory JSON = new JsonFactory();
    private static final YAMLFactory YAML = new YAMLFactory();

    private final JsonParser parser;
    /** Of the key that is being read, from 1. */
    private int keyLine;

    private @Nullable String label;
    private @Nullable String description;
    private @Nullable String region;
    private @Nullable List<String> tags;
    private @Nullable Boolean cloudInit;
    private @Nullable List<String> replicateTo;
    private @Nullable Integer priority;

    private MetadataParser(JsonParser parser) {
        this.parser = parser;
    }

    static PartialMetadata parse(String text, boolean json) throws BadMetadataException {
        String withoutMark = text.startsWith("\ufeff") ? text.substring(1) : text;
        try (JsonParser parser = json ? JSON.createParser(withoutMark) : YAML.createParser(withoutMark)) {
            return new MetadataParser(parser).document(json);
        } catch (JsonProcessingException e) {
            throw new BadMetadataException("is no valid " + (json ? "JSON" : "YAML") + where(e) + ": "
                    + String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("") + "; correct it");
        } catch (IOException e) {
            throw new IllegalStateException("reading from a string cannot fail", e);
        }
    }

    private PartialMetadata document(boolean json) throws IOException, BadMetadataException {
        JsonToken first = next();
        if (first == null && !json) {
            return PartialMetadata.NOTHING; // a YAML file of nothing but comments
        }
        if (first == JsonToken.VALUE_NULL && !json) {
            return PartialMetadata.NOTHING;
        }
        if (first != JsonToken.START_OBJECT) {
            throw new BadMetadataException("does not hold keys and values: write lines as region: us-ord");
        }
        Set<String> seen = new LinkedHashSet<>();
        while (next() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            keyLine = parser.currentTokenLocation().getLineNr();
            if (!seen.add(key)) {
                throw ofKey("has the key " + MetadataRules.shown(key) + " twice: keep one");
            }
            next();
            take(key, json);
        }
        if (next() != null) {
            throw new BadMetadataException("holds more than one document: keep the first");
        }
        return new PartialMetadata(label, description, region, tags, cloudInit, replicateTo, priority);
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
            case "cloudInit" -> cloudInit = truth(key);
            case "replicateTo" -> {
                replicateTo = texts(key, json);
                check(key, MetadataRules.regions(replicateTo));
            }
            case "priority" -> priority = wholeNumber(key);
            default -> throw ofKey("has the unknown key " + MetadataRules.shown(key) + ": the keys are " + KEYS);
        }
    }

    /** In YAML a plain {@code 12} or {@code true} is a text to the one who writes it; in JSON a text has quotes. */
    private String text(String key, boolean json) throws IOException, BadMetadataException {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_STRING || (!json && token != null && token.isScalarValue() && isPlain(token))) {
            return parser.getText();
        }
        throw unfit(key, "give a text");
    }

    private static boolean isPlain(JsonToken token) {
        return token.isNumeric() || token.isBoolean();
    }

    private List<String> texts(String key, boolean json) throws IOException, BadMetadataException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw unfit(key, "give a list, as [one, two]");
        }
        // the same twice says nothing new
        Set<String> texts = new LinkedHashSet<>();
        while (next() != JsonToken.END_ARRAY) {
            texts.add(text(key, json));
        }
        return new ArrayList<>(texts);
    }

    private boolean truth(String key) throws IOException, BadMetadataException {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
            return token == JsonToken.VALUE_TRUE;
        }
        throw unfit(key, "give true or false");
    }

    private int wholeNumber(String key) throws IOException, BadMetadataException {
        JsonToken token = parser.currentToken();
        String expected =
                "give a whole number from " + MetadataRules.MIN_PRIORITY + " to " + MetadataRules.MAX_PRIORITY;
        if (token != JsonToken.VALUE_NUMBER_INT || parser.getNumberType() != JsonParser.NumberType.INT) {
            throw unfit(key, expected);
        }
        int number = parser.getIntValue();
        check(key, MetadataRules.priority(number));
        return number;
    }

    private BadMetadataException unfit(String key, String expected) throws IOException {
        JsonToken token = parser.currentToken();
        String what;
        if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
            what = token == JsonToken.START_OBJECT ? "a group of keys" : "a list";
        } else if (token == null || token == JsonToken.VALUE_NULL || token == JsonToken.VALUE_EMBEDDED_OBJECT) {
            what = "without a value";
        } else {
            what = MetadataRules.shown(parser.getText());
        }
        return ofKey("key " + key + " is " + what + ": " + expected);
    }

    /** Names the line that the key at hand is in, also for a value that goes on over further lines. */
    private BadMetadataException ofKey(String complaint) {
        return new BadMetadataException("line " + keyLine + " " + complaint);
    }

    private void check(String key, @Nullable String complaint) throws BadMetadataException {
        if (complaint != null) {
            throw ofKey("key " + key + " " + complaint);
        }
    }

    private @Nullable JsonToken next() throws IOException, BadMetadataException {
        JsonToken token = parser.nextToken();
        // aliases are how a small file becomes a huge one, and the parser would give their name for their value
        if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
            throw new BadMetadataException("line "
                    + parser.currentTokenLocation().getLineNr() + " uses a YAML alias (*): write the value out");
        }
        return token;
    }

    private static String where(JsonProcessingException e) {
        return e.getLocation() == null ? "" : " in line " + e.getLocation().getLineNr();
    }
}
