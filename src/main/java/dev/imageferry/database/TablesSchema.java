package dev.imageferry.database;

import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/**
 * The schema that contains the tables. It is determined once at the start and set in all later sessions, so that a changed
 * {@code search_path} of the role does not lead to other tables.
 */
@Singleton
public final class TablesSchema {
    private volatile @Nullable String name;

    /** Null until it is known. */
    public @Nullable String nameOrNull() {
        return name;
    }

    void found(String schema) {
        name = schema;
    }
}
