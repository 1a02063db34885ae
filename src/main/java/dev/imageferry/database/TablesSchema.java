package dev.imageferry.database;

import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/**
 * The schema that holds the tables. Found once, at the start; later sessions are set to it, so that a changed
 * {@code search_path} of the role cannot lead to other tables.
 */
@Singleton
public final class TablesSchema {
    private volatile @Nullable String name;

    /** Null until the start has found it. */
    public @Nullable String nameOrNull() {
        return name;
    }

    void found(String schema) {
        name = schema;
    }
}
