package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.queue.Leases.Held;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@TestProfile(QueueProfile.class)
class LeasesTest extends OnPostgres {
    private static final String LEFT = "SELECT lease_until > now() FROM job WHERE id = ?::uuid";

    @Test
    void heartbeat_renews_own_leases_and_returns_cancel_requests() throws Exception {
        Held one = held("one");
        Held two = held("two");
        table.expireLease(one.id());
        table.expireLease(two.id());
        table.set(two.id(), "cancel_requested = true");

        assertThat(leases.renew(FOLDER, List.of(one, two))).containsExactlyInAnyOrder(one.id(), two.id());
        assertThat(leases.cancelled(List.of(one, two))).containsExactly(two.id());

        assertThat(table.text("SELECT (lease_until > now() + interval '50 minutes')::text FROM job WHERE file = 'one'"))
                .isEqualTo("true");
        assertThat(job(one.id()).leaseEpoch()).isEqualTo(one.epoch());
    }

    @Test
    void a_cancelled_job_that_has_ended_is_archived_without_interruption() throws Exception {
        Job ended = held(JobState.CANCELLED);
        table.set(ended.id(), "cancel_requested = true");

        assertThat(leases.cancelled(List.of(new Held(ended.id(), ended.leaseEpoch(), -1))))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lease_epoch = lease_epoch + 1",
                "lease_epoch = lease_epoch + 1, instance = 'there'",
                "instance = 'there'",
                "instance = NULL, lease_until = NULL",
            })
    void lost_lease_is_not_renewed_and_its_progress_not_written(String lost) throws Exception {
        Held ours = held("ours");
        Held theirs = new Held(held("theirs").id(), 1, 500);
        table.expireLease(theirs.id());
        table.set(theirs.id(), lost);
        String before = table.row(theirs.id());

        assertThat(leases.renew(FOLDER, List.of(theirs, ours))).containsExactly(ours.id());
        if (!lost.equals("instance = 'there'")) { // cannot happen: each claim increments the epoch
            leases.progress(List.of(theirs));
        }

        assertThat(table.row(theirs.id())).isEqualTo(before);
    }

    @Test
    void heartbeat_registers_an_instance_without_jobs() throws Exception {
        assertThat(leases.renew(FOLDER, List.of())).isEmpty();
        table.execute(
                "UPDATE instance SET seen_at = now() - interval '1 hour', started_at = now() - interval '2 hours'");
        UUID moved = UUID.randomUUID();

        leases.renew(moved, List.of());

        assertThat(table.text("SELECT name || ' ' || folder_id FROM instance"))
                .isEqualTo(QueueProfile.INSTANCE + " " + moved);
        assertThat(table.text("SELECT (seen_at - started_at > interval '119 minutes')::text FROM instance"))
                .isEqualTo("true");
    }

    @Test
    void progress_of_all_running_puts_is_written_together() throws Exception {
        Held one = held("one");
        Held two = held("two");
        Held idle = held("idle");
        table.set(idle.id(), "bytes_sent = 7");
        table.execute("UPDATE job SET updated_at = now() - interval '1 hour'");
        String idleBefore = table.row(idle.id());

        leases.progress(List.of(
                new Held(one.id(), one.epoch(), 100),
                new Held(two.id(), two.epoch(), 200),
                new Held(idle.id(), 1, -1)));

        assertThat(job(one.id()).bytesSent()).isEqualTo(100);
        assertThat(job(two.id()).bytesSent()).isEqualTo(200);
        assertThat(table.row(idle.id())).isEqualTo(idleBefore);
        assertThat(table.number("SELECT count(*) FROM job WHERE updated_at > now() - interval '30 minutes'"))
                .isEqualTo(2);
    }

    @Test
    void unchanged_progress_is_not_written() throws Exception {
        Held one = held("one");
        table.set(one.id(), "bytes_sent = 100");
        String before = table.row(one.id());

        leases.progress(List.of(new Held(one.id(), one.epoch(), 100)));
        leases.progress(List.of());

        assertThat(table.row(one.id())).isEqualTo(before);
    }

    @Test
    void all_leases_expire_when_the_daemon_uses_the_database_alone() throws Exception {
        Held one = held("one");
        UUID free = table.put("free", JobState.PROCESSING);

        leases.letAllRunOut();

        assertThat(table.text(LEFT, one.id())).isEqualTo("f");
        assertThat(table.texts(LEFT, free)).containsOnlyNulls();
        assertThat(claims.claim(Lane.UPLOAD, FOLDER, 10))
                .extracting(Claim::lostInstanceOrNull)
                .containsExactly(QueueProfile.INSTANCE);
    }

    @Test
    void only_leases_of_dead_instances_expire() throws Exception {
        Held dead = held("dead");
        Held alive = held("alive");
        Held elsewhere = held("elsewhere");
        table.set(alive.id(), "instance = 'alive'");
        table.set(elsewhere.id(), "folder_id = gen_random_uuid()");

        leases.letRunOut(FOLDER, List.of(QueueProfile.INSTANCE));

        assertThat(table.text(LEFT, dead.id())).isEqualTo("f");
        assertThat(table.text(LEFT, alive.id())).isEqualTo("t");
        assertThat(table.text(LEFT, elsewhere.id())).isEqualTo("t");
    }

    @Test
    void broken_connection_is_replaced() throws Exception {
        Held one = held("one");
        leases.renew(FOLDER, List.of(one));

        table.texts(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'imageferry heartbeat'");

        assertThatThrownBy(() -> leases.renew(FOLDER, List.of(one))).isInstanceOf(SQLException.class);
        assertThat(leases.renew(FOLDER, List.of(one))).hasSize(1);
    }

    private Held held(String file) throws Exception {
        UUID id = table.put(file, JobState.UPLOADING);
        table.hold(id, QueueProfile.INSTANCE);
        Job job = job(id);
        return new Held(id, job.leaseEpoch(), -1);
    }
}
