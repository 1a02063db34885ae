package dev.imageferry.settings;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KnownSettingsTest {
    @Test
    void contains_all_documented_settings() {
        assertThat(KnownSettings.ALL)
                .extracting(setting -> setting.key() + "=" + setting.defaultValue())
                .containsExactlyInAnyOrder(
                        "imageferry.drop.directory=data/drop",
                        "imageferry.drop.names=.img.gz,.raw.gz,.bin.gz",
                        "imageferry.drop.settle=5s",
                        "imageferry.drop.scan-every=2s",
                        "imageferry.drop.incomplete-after=10m",
                        "imageferry.drop.when-done=move",
                        "imageferry.drop.deduplicate=true",
                        "imageferry.drop.convert=false",
                        "imageferry.drop.drop-free-blocks=false",
                        "imageferry.database.directory=data/postgres",
                        "quarkus.datasource.jdbc.url=",
                        "quarkus.datasource.username=",
                        "quarkus.datasource.password=",
                        "imageferry.linode.token=",
                        "imageferry.linode.token-file=",
                        "imageferry.linode.url=https://api.linode.com",
                        "imageferry.network.ca=",
                        "imageferry.network.proxy=",
                        "imageferry.network.no-proxy=",
                        "imageferry.image.label={name}",
                        "imageferry.image.region=",
                        "imageferry.image.tags=",
                        "imageferry.image.description={file}",
                        "imageferry.image.cloud-init=false",
                        "imageferry.image.replicate-to=",
                        "imageferry.image.family=",
                        "imageferry.image.keep=",
                        "imageferry.limits.compressed=5368709120",
                        "imageferry.limits.uncompressed=6442450944",
                        "imageferry.limits.price-per-gb=0.10",
                        "imageferry.check.concurrency=",
                        "imageferry.check.contents=strict",
                        "imageferry.upload.concurrency=4",
                        "imageferry.upload.bandwidth=off",
                        "imageferry.upload.time-zone=",
                        "imageferry.upload.stall-timeout=60s",
                        "imageferry.upload.answer-timeout=10m",
                        "imageferry.retry.max-attempts=8",
                        "imageferry.retry.initial-delay=2s",
                        "imageferry.retry.max-delay=10m",
                        "imageferry.poll.initial-delay=2s",
                        "imageferry.poll.max-delay=30s",
                        "imageferry.poll.timeout=2h",
                        "imageferry.lease.duration=120s",
                        "imageferry.shutdown.grace=20s",
                        "imageferry.history.keep=365d",
                        "imageferry.notify.url=",
                        "imageferry.notify.secret=",
                        "imageferry.instance=",
                        "imageferry.api.token=",
                        "imageferry.api.hosts=",
                        "quarkus.http.host=127.0.0.1",
                        "quarkus.http.port=8080");
    }

    @Test
    void defaults_are_valid() {
        assertThat(KnownSettings.ALL)
                .filteredOn(setting -> !setting.defaultValue().isEmpty())
                .allMatch(setting -> setting.kind().accepts().test(setting.defaultValue()));
    }

    @ParameterizedTest
    @CsvSource({
        "imageferry.drop.directroy, imageferry.drop.directory",
        "imageferry.bandwidth, imageferry.upload.bandwidth",
        "imageferry.linode.tokenfile, imageferry.linode.token-file",
        "imageferry.retry.attempts, imageferry.retry.max-attempts"
    })
    void suggests_the_nearest_key(String wrong, String meant) {
        assertThat(KnownSettings.nearestTo(wrong).key()).isEqualTo(meant);
    }

    @Test
    void recognises_elements_of_a_list() {
        assertThat(KnownSettings.byKey("imageferry.image.tags[0]")).isPresent();
        assertThat(KnownSettings.byEnvironmentName("IMAGEFERRY_IMAGE_TAGS_0_")).isPresent();
    }
}
