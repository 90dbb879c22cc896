package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.net.HostAndPort;
import dev.zerohop.Env;
import dev.zerohop.Target;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.Listening;
import dev.zerohop.watch.SourceFailure;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An etcd that asks for a user. */
class EtcdDeniedTest {
    @TempDir
    Path directory;

    @Test
    void aDenialIsToldApartFromAnOutage() throws Exception {
        try (EtcdServer etcd = EtcdServer.started(directory);
                EtcdConnection connection = new EtcdConnection(List.of(HostAndPort.fromString(etcd.address())))) {
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
            store.watch(ranges, 1, new KeyStore.Watcher() {
                @Override
                public void onCreated() {}

                @Override
                public void onEvents(long revision, List<KeyStore.Event> events) {}

                @Override
                public void onEnd(SourceFailure cause) {
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
