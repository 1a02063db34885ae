package dev.imageferry.settings;

import java.util.Locale;

/**
 * One setting.
 *
 * @param key e.g. {@code imageferry.drop.settle}
 * @param kind what its value has to look like
 * @param defaultValue as text; empty when there is none, and then the setting may be left empty too
 */
record KnownSetting(String key, ValueKind kind, String defaultValue) {
    /** A secret's value is shown nowhere, and not taken from where {@code ps} shows it. */
    boolean secret() {
        return key.endsWith(".token") || key.endsWith(".password");
    }

    boolean mayBeEmpty() {
        return defaultValue.isEmpty();
    }

    /** {@code IMAGEFERRY_DROP_SETTLE}, as MicroProfile Config says. */
    String environmentName() {
        return environmentName(key);
    }

    static String environmentName(String key) {
        return key.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }
}
