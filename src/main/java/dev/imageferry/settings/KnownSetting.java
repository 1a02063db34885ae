package dev.imageferry.settings;

import java.util.Locale;

/**
 * One setting.
 *
 * @param key such as {@code imageferry.drop.settle}
 * @param kind the format of its value
 * @param defaultValue as text; empty if there is none, in which case the setting can also be empty
 */
record KnownSetting(String key, ValueKind kind, String defaultValue) {
    /** Whether the value must not be shown. The URL of a webhook or of a proxy often contains a secret. */
    boolean secret() {
        return key.endsWith(".token")
                || key.endsWith(".password")
                || key.endsWith(".proxy")
                || key.startsWith("imageferry.notify.");
    }

    boolean mayBeEmpty() {
        return defaultValue.isEmpty();
    }

    /** {@code IMAGEFERRY_DROP_SETTLE}, by the rules of MicroProfile Config. */
    String environmentName() {
        return environmentName(key);
    }

    static String environmentName(String key) {
        return key.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }
}
