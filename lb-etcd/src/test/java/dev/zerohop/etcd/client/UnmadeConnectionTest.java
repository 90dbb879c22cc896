package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.HostAndPort;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.SourceFailure;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A process that has no file descriptor left cannot even make a channel. */
class UnmadeConnectionTest {
    private static final List<KeyRange> RANGES = List.of(KeyRange.under("a/"));

    private final FakeTime time = new FakeTime();

    private static ManagedChannel unmade(HostAndPort server) {
        throw new IllegalStateException("too many open files");
    }

    @Test
    void aConnectionThatCannotBeMadeIsAFailureLikeAnyOther() {
        try (EtcdConnection connection = new EtcdConnection(
                List.of(HostAndPort.fromString("10.0.0.1:2379")),
                Access.PLAIN,
                time.env(),
                UnmadeConnectionTest::unmade)) {
            GrpcKeyStore store = new GrpcKeyStore(connection);
            List<Throwable> failures = new ArrayList<>();
            store.read(RANGES).whenComplete((read, thrown) -> failures.add(thrown.getCause()));
            store.serializableRead(RANGES).whenComplete((read, thrown) -> failures.add(thrown.getCause()));
            store.summary(RANGES).whenComplete((read, thrown) -> failures.add(thrown.getCause()));
            store.watch(RANGES, new Version(0, 0, 0), new ListWatch.Watcher<>() {
                @Override
                public void onOpen() {}

                @Override
                public void onChanges(@Nullable Version upTo, List<ListWatch.Change<Entry, Version>> changes) {}

                @Override
                public void onBookmark(Version upTo) {}

                @Override
                public void onEnd(@Nullable SourceFailure cause) {
                    failures.add(cause);
                }
            });
            assertThat(failures)
                    .hasSize(4)
                    .allSatisfy(failure -> assertThat(failure)
                            .isInstanceOf(SourceFailure.class)
                            .hasMessageContaining("no connection to etcd 10.0.0.1:2379 can be made")
                            .hasMessageContaining("too many open files")
                            .extracting(cause -> ((SourceFailure) cause).kind())
                            .isEqualTo(SourceFailure.Kind.UNREACHABLE));
        }
    }
}
