package dev.zerohop.etcd.client;

import com.google.common.net.HostAndPort;
import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.watch.Reflector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A client over a {@link FakeStore}; remembers what is said of each service. */
public final class FakeSource {
    public final FakeStore store = new FakeStore();
    public final Map<String, List<RejectedValue>> statuses = new HashMap<>();
    public final ClientSource source;
    public int uses;

    /** Why there is no client; null when there is one. */
    @Nullable
    public RuntimeException unopened;

    public FakeSource(Env env) {
        this.source =
                new ClientSource(List.of(HostAndPort.fromString("fake:2379")), new ClientId("client-1"), env, () -> {
                    RuntimeException unusable = unopened;
                    if (unusable != null) {
                        throw unusable;
                    }
                    return new Use(env);
                });
    }

    private final class Use implements ClientSource.Use {
        private final Env env;

        Use(Env env) {
            this.env = env;
            uses++;
        }

        @Override
        public Cancellable follow(List<KeyRange> ranges, Reflector.Subscriber<Entry, Version> subscriber) {
            Reflector<Entry, Version> reflector =
                    new Reflector<>(new RangeWatch(store, ranges), RangeWatch.POLICY, env);
            reflector.subscribe(subscriber);
            return reflector::close;
        }

        @Override
        public KeyStore store() {
            return store;
        }

        @Override
        public Consumer<List<RejectedValue>> zoneStatus(String zone) {
            return present -> statuses.put(zone, new ArrayList<>(present));
        }

        @Override
        public Consumer<List<RejectedValue>> status(ServiceKeys service) {
            return present -> statuses.put(service.service(), new ArrayList<>(present));
        }

        @Override
        public void close() {
            uses--;
        }
    }
}
