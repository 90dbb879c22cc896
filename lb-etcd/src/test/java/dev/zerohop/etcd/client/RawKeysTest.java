package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** etcd's keys are bytes, and some are no text. */
class RawKeysTest {
    private static final ByteString FIRST = key(0xff);
    private static final ByteString SECOND = key(0xfe);

    /** What both would be without more. */
    private static final String REPLACEMENT = "a/\uFFFD";

    @TempDir
    Path directory;

    private static ByteString key(int last) {
        return ByteString.copyFromUtf8("a/").concat(ByteString.copyFrom(new byte[] {(byte) last}));
    }

    @Test
    void keysThatAreNoTextStayApart() {
        AtomicReference<Set<String>> values = new AtomicReference<>(Set.of());
        try (EtcdServer etcd = EtcdServer.started(directory);
                EtcdClient client = EtcdClient.of(etcd.address())) {
            etcd.putRaw(FIRST, "first");
            etcd.put(REPLACEMENT, "replacement");
            var following = client.cluster()
                    .follow(List.of(KeyRange.under("a/")), new Reflector.Subscriber<Entry, Version>() {
                        @Override
                        public void onState(Reflector.State<Entry, Version> state, boolean stale) {
                            Set<String> now = new TreeSet<>();
                            state.values()
                                    .values()
                                    .forEach(entry -> now.add(entry.value().toStringUtf8()));
                            assertThat(state.values().keySet()).allMatch(key -> key.startsWith("a/"));
                            values.set(now);
                        }

                        @Override
                        public void onConfirmed(Instant asOf) {}

                        @Override
                        public void onFailure(SourceFailure cause) {}
                    });
            EtcdServer.await().until(values::get, Set.of("first", "replacement")::equals);
            etcd.putRaw(SECOND, "second");
            EtcdServer.await().until(values::get, Set.of("first", "second", "replacement")::equals);
            etcd.deleteRaw(FIRST);
            EtcdServer.await().until(values::get, Set.of("second", "replacement")::equals);
            following.cancel();
        }
    }
}
