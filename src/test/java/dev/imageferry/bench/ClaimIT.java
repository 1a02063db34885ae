package dev.imageferry.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.database.DebianPostgres;
import dev.imageferry.database.TablesSchema;
import dev.imageferry.queue.Backlog;
import dev.imageferry.queue.Claim;
import dev.imageferry.queue.Claims;
import dev.imageferry.queue.Lane;
import dev.imageferry.queue.QueueAccess;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures a claim beside many ended jobs: {@code ./mvnw verify -Pbench -Dit.test=ClaimIT}. Defaults:
 * {@code -Dbench.claim.claims=2000} and {@code -Dbench.claim.ended=1000000} (the most).
 */
@Tag("bench")
class ClaimIT {
    private static final int CLAIMS = Integer.getInteger("bench.claim.claims", 2000);
    private static final int MOST_ENDED = Integer.getInteger("bench.claim.ended", 1_000_000);
    private static final int WARM_UP = 200;

    /** The percentile of all claims would be that of the few that wait for a busy disk. */
    private static final int BLOCK = 200;

    /** A claimed job ends before the next claim, because thousands of leases would slow down the claims. */
    private static final String END = """
            UPDATE job SET state = 'AVAILABLE', outcome_at = now(), archived_at = now(), instance = NULL, lease_until = NULL
            WHERE id = ?
            """;

    @TempDir
    Path directory;

    /** The queue of one database. */
    private record Filled(
            int ended, AgroalDataSource pool, QueueAccess access, Claims claims, List<Double> milliseconds) {}

    @Test
    void a_claim_beside_ended_jobs() throws Exception {
        BenchReport.measure("Claim", section -> {
            RealTools.require("initdb");
            section.about(
                    "%,d claims of one job out of several thousand open ones, with fsync, in turn in each database. The 99th percentile is that of %d claims, the median over all such blocks."
                            .formatted(CLAIMS, BLOCK));
            DebianPostgres postgres = DebianPostgres.start(directory.resolve("postgres"), List.of());
            List<Filled> databases = new ArrayList<>();
            try {
                for (int ended : new int[] {0, MOST_ENDED / 10, MOST_ENDED}) {
                    databases.add(filled(postgres, ended));
                }
                for (int i = -WARM_UP; i < CLAIMS; i++) {
                    for (Filled database : databases) {
                        claim(database, i);
                    }
                }
                double none = percentile(databases.getFirst().milliseconds());
                for (Filled database : databases.subList(1, databases.size())) {
                    section.row(Row.of(
                                    "99th percentile with %,d ended jobs".formatted(database.ended()),
                                    percentile(database.milliseconds()),
                                    "ms")
                            .beside("with none", none)
                            .aim(Aim.ratioAtMost(1.2)));
                    section.row(Row.of(
                                    "Median with %,d ended jobs".formatted(database.ended()),
                                    Figures.median(database.milliseconds()),
                                    "ms")
                            .beside(
                                    "with none",
                                    Figures.median(databases.getFirst().milliseconds())));
                }
            } finally {
                databases.forEach(database -> database.pool().close());
                postgres.stop();
            }
        });
    }

    private static double percentile(List<Double> milliseconds) {
        List<Double> blocks = new ArrayList<>();
        for (int from = 0; from < milliseconds.size(); from += BLOCK) {
            blocks.add(
                    Figures.percentile(milliseconds.subList(from, Math.min(from + BLOCK, milliseconds.size())), 0.99));
        }
        return Figures.median(blocks);
    }

    private static Filled filled(DebianPostgres postgres, int ended) throws Exception {
        String name = "ended_" + ended;
        postgres.sql("CREATE DATABASE " + name + " OWNER " + DebianPostgres.ROLE);
        DebianPostgres.migration(postgres.url(name), new TablesSchema()).migrateWhenReachable();
        AgroalDataSource pool = AgroalDataSource.from(new AgroalDataSourceConfigurationSupplier()
                .connectionPoolConfiguration(configuration -> configuration
                        .maxSize(1)
                        .connectionFactoryConfiguration(factory -> factory.jdbcUrl(postgres.url(name))
                                .principal(new NamePrincipal(DebianPostgres.ROLE)))));
        QueueAccess access = new QueueAccess(pool, "here", Duration.ofHours(1));
        // one open job in four is queued
        access.execute(Backlog.sql(ended, 4 * (CLAIMS + WARM_UP)));
        access.execute("VACUUM ANALYZE job");
        return new Filled(ended, pool, access, access.claims(), new ArrayList<>());
    }

    private static void claim(Filled database, int index) {
        long start = System.nanoTime();
        List<Claim> claimed = database.claims().claim(Lane.CHECK, Backlog.FOLDER, 1);
        long end = System.nanoTime();
        assertThat(claimed).hasSize(1);
        database.access().execute(END, claimed.getFirst().job().id());
        if (index >= 0) {
            database.milliseconds().add((end - start) / 1e6);
        }
    }
}
