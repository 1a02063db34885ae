package dev.imageferry.database;

import java.util.List;
import java.util.regex.Pattern;

/**
 * What a backup contains. It is the entry {@code manifest.json} of the file; each table is an entry {@code NAME.jsonl} with
 * one JSON object for each row.
 *
 * @param format version of the format of the file
 * @param schemaVersion the migration up to which the tables were migrated
 * @param createdAt by the clock of the database, RFC 3339
 * @param tables in an order in which they can be filled
 * @param sequences of the identity columns
 */
record BackupManifest(
        int format, String schemaVersion, String createdAt, List<TableContent> tables, List<SequenceState> sequences) {
    static final int FORMAT = 1;
    static final String ENTRY = "manifest.json";

    /** The tables of a queue. {@code instance} is not among them: no daemon runs on a restored database. */
    static final List<String> TABLES =
            List.of("job", "job_history", "total", "control", "known_folder", "notification");

    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]*");

    BackupManifest {
        tables = List.copyOf(tables);
        sequences = List.copyOf(sequences);
    }

    /** A table and the number of its rows. */
    record TableContent(String name, long rows) {
        TableContent {
            if (!TABLES.contains(name)) {
                throw new IllegalArgumentException("there is no table " + name);
            }
        }

        String entry() {
            return name + ".jsonl";
        }
    }

    /** The last value of the sequence of an identity column. */
    record SequenceState(String table, String column, long lastValue, boolean called) {
        SequenceState {
            // names become part of statements
            if (!TABLES.contains(table) || !NAME.matcher(column).matches()) {
                throw new IllegalArgumentException("there is no sequence of " + table + "." + column);
            }
        }

        /** The name that PostgreSQL gives to the sequence of an identity column. */
        String name() {
            return table + "_" + column + "_seq";
        }
    }

    long rows(String table) {
        return tables.stream()
                .filter(each -> each.name().equals(table))
                .mapToLong(TableContent::rows)
                .sum();
    }
}
