package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.HostAndPort;
import dev.zerohop.Env;
import dev.zerohop.Target;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.SourceFailure;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An etcd that asks for a user. */
class EtcdDeniedTest {
    @TempDir
    Path directory;

    @Test
    void aDenialIsToldApartFromAnOutage() throws Exception {
        try (EtcdServer etcd = EtcdServer.started(directory);
                EtcdConnection connection = new EtcdConnection(
                        List.of(HostAndPort.fromString(etcd.address())), Access.PLAIN, Env.system())) {
            etcd.enableAuth("secret");
            GrpcKeyStore store = new GrpcKeyStore(connection);
            List<KeyRange> ranges = List.of(KeyRange.under("a/"));
            assertThatThrownBy(() -> store.read(ranges).get(60, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOfSatisfying(
                            SourceFailure.class,
                            failure -> assertThat(failure.kind()).isEqualTo(SourceFailure.Kind.DENIED))
                    .hasMessageContaining("etcdserver: user name is empty");
            CompletableFuture<SourceFailure> ended = new CompletableFuture<>();
            store.watch(ranges, new Version(0, 0, 0), new ListWatch.Watcher<>() {
                @Override
                public void onOpen() {}

                @Override
                public void onChanges(@Nullable Version upTo, List<ListWatch.Change<Entry, Version>> changes) {}

                @Override
                public void onBookmark(Version upTo) {}

                @Override
                public void onEnd(@Nullable SourceFailure cause) {
                    ended.complete(cause);
                }
            });
            assertThat(ended.get(60, TimeUnit.SECONDS).kind()).isEqualTo(SourceFailure.Kind.DENIED);
            Listening heard = new Listening();
            var resolver = Target.parse("etcd://" + etcd.address() + "/orders").newResolver(Env.system());
            resolver.start(heard);
            EtcdServer.await().until(() -> !heard.errors.isEmpty());
            assertThat(heard.errors.get(0)).hasMessageContaining("user name is empty");
            resolver.close();
        }
    }
}
