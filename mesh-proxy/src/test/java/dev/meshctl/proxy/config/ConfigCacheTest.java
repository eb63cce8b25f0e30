package dev.meshctl.proxy.config;

import static dev.meshctl.proxy.config.ResourceType.SERVICE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.xds.Resource;
import dev.meshctl.runtime.daemon.Counters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigCacheTest {
    @TempDir
    Path directory;

    private final Counters counters = new Counters();

    private ConfigCache open(int maxFiles) throws IOException {
        return ConfigCache.open(
                directory, new ConfigCache.Limits(maxFiles, 1 << 20, 1 << 16), Duration.ofHours(1), counters);
    }

    private static Resource service(String name, String version) {
        return FakeControlPlane.resource(name, version, Service.newBuilder().setHost(name).build());
    }

    @Test
    void what_is_put_is_there_at_once_and_after_a_restart() throws Exception {
        try (ConfigCache cache = open(10)) {
            cache.put(SERVICE, service("a", "1"));
            cache.put(SERVICE, service("a", "2"));
            assertThat(cache.read(SERVICE, "a")).contains(service("a", "2"));
        }
        try (ConfigCache cache = open(10)) {
            assertThat(cache.read(SERVICE, "a")).contains(service("a", "2"));
            assertThat(cache.names(SERVICE)).containsExactly("a");
        }
    }

    @Test
    void what_is_removed_is_gone_at_once_and_after_a_restart() throws Exception {
        try (ConfigCache cache = open(10)) {
            cache.put(SERVICE, service("a", "1"));
            cache.flush();
            cache.remove(SERVICE, "a");
            assertThat(cache.read(SERVICE, "a")).isEmpty();
            assertThat(cache.names(SERVICE)).isEmpty();
        }
        try (ConfigCache cache = open(10)) {
            assertThat(cache.read(SERVICE, "a")).isEmpty();
        }
    }

    @Test
    void above_the_bound_the_oldest_change_goes_first() throws Exception {
        try (ConfigCache cache = open(2)) {
            cache.put(SERVICE, service("a", "1"));
            cache.put(SERVICE, service("b", "1"));
            cache.flush();
            cache.put(SERVICE, service("a", "2"));
            cache.put(SERVICE, service("c", "1"));
            cache.flush();
            assertThat(cache.names(SERVICE)).containsExactlyInAnyOrder("a", "c");
            assertThat(counters.count("cache_evicted")).isEqualTo(1);
        }
        try (var files = Files.list(directory)) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void a_directory_that_takes_no_files_costs_the_cache_only() throws Exception {
        try (ConfigCache cache = open(10)) {
            // The name of the file is taken by a directory that is not empty.
            Path file = directory.resolve(CacheRecord.fileName(SERVICE, "a"));
            Files.createDirectories(file.resolve("x"));
            cache.put(SERVICE, service("a", "1"));
            cache.flush();
            assertThat(counters.count("cache_write_failed")).isEqualTo(1);
        }
    }

    @Test
    void its_files_are_for_the_owner_alone() throws Exception {
        try (ConfigCache cache = open(10)) {
            cache.put(SERVICE, service("a", "1"));
            cache.flush();
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(
                directory.resolve(CacheRecord.fileName(SERVICE, "a"))))).isEqualTo("rw-------");
    }

    @Test
    void a_changed_byte_anywhere_makes_a_record_unreadable() {
        byte[] whole = CacheRecord.encode(service("a", "1"));
        assertThat(CacheRecord.decode(whole)).contains(service("a", "1"));
        for (int i = 0; i < whole.length; i++) {
            byte[] changed = whole.clone();
            changed[i] ^= 1;
            assertThat(CacheRecord.decode(changed)).as("byte %s", i).isEmpty();
        }
    }
}
