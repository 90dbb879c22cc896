package dev.zerohop.gateway;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Resolver;
import dev.zerohop.config.Configurations;
import dev.zerohop.etcd.GolbZone;
import dev.zerohop.okhttp.ZerohopOkHttp;
import dev.zerohop.picker.Pickers;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * The functions of the zone and the ways to their endpoints. A way is a client of one function: it is created with the function's first request and closed
 * when the function is deleted, or when there are too many ways and this one is the least recently used.
 */
final class Functions implements AutoCloseable {
    /** The logical host of every function's own client. */
    static final String HOST = "function";

    private final GolbZone zone;
    private final GatewaySettings settings;
    private final OkHttpClient base;
    private final BalancerSettings balancing;
    private final int limit;
    private final Map<Key, Way> ways = new ConcurrentHashMap<>();

    /** {@code direct} excludes gateways. */
    private record Key(String function, boolean direct) {}

    /** The way to a function's endpoints. */
    static final class Way {
        private static final int GIVEN_UP = -1;

        private final Balancer balancer;
        private final ZerohopOkHttp routing;
        private final OkHttpClient client;
        private final AtomicInteger users = new AtomicInteger();
        private volatile long leftNanos;

        Way(Balancer balancer, ZerohopOkHttp routing, OkHttpClient client, long nowNanos) {
            this.balancer = balancer;
            this.routing = routing;
            this.client = client;
            this.leftNanos = nowNanos;
        }

        /** A client whose calls to {@link #HOST} go to an endpoint of the function. */
        OkHttpClient client() {
            return client;
        }

        private boolean enter() {
            return users.getAndUpdate(count -> count == GIVEN_UP ? count : count + 1) != GIVEN_UP;
        }

        void leave() {
            leftNanos = System.nanoTime();
            users.decrementAndGet();
        }

        private boolean giveUp() {
            return users.compareAndSet(0, GIVEN_UP);
        }

        private void close() {
            routing.close();
            balancer.close();
        }
    }

    /** Keeps at most {@code limit} ways, unless more than that are in use. */
    Functions(GolbZone zone, GatewaySettings settings, OkHttpClient base, int limit) {
        this.limit = limit;
        this.zone = zone;
        this.settings = settings;
        this.base = base;
        this.balancing = switch (settings.handler()) {
            case WRR -> Configurations.defaults().withPolicy(Pickers.lvs());
            // FIRST picks the first endpoint even if it fails, and never another one. With DUMMY no request gets
            // here.
            case FIRST, DUMMY -> BalancerSettings.of(new FirstEndpoint());
        };
    }

    /** The functions that exist, or null if etcd has not answered yet. */
    @Nullable
    Set<String> known() {
        return zone.functions();
    }

    /** The way to the function's endpoints; with {@code direct} without gateways. The caller must leave it when the call has ended. */
    Way enter(String function, boolean direct) {
        // Without gateways there is nothing to exclude.
        Key key = new Key(function, direct && !settings.gateways().isEmpty());
        while (true) {
            Way way = ways.get(key);
            boolean fresh = way == null;
            if (way == null) {
                trim();
                way = ways.computeIfAbsent(key, this::open);
            }
            if (!way.enter()) {
                ways.remove(key, way);
                continue;
            }
            Set<String> now = fresh ? known() : null;
            if (fresh && (now == null || !now.contains(function))) {
                // The function was deleted meanwhile, so only this thread can close the new way.
                ways.remove(key, way);
                way.close();
            }
            return way;
        }
    }

    /** Makes room for one more: closes the least recently used ways. */
    private void trim() {
        while (ways.size() >= limit) {
            long now = System.nanoTime();
            Map.Entry<Key, Way> oldest = null;
            for (Map.Entry<Key, Way> entry : ways.entrySet()) {
                if (entry.getValue().users.get() == 0
                        && (oldest == null || now - entry.getValue().leftNanos > now - oldest.getValue().leftNanos)) {
                    oldest = entry;
                }
            }
            if (oldest == null) {
                return;
            }
            if (oldest.getValue().giveUp()) {
                ways.remove(oldest.getKey(), oldest.getValue());
                oldest.getValue().close();
            }
        }
    }

    private Way open(Key key) {
        Resolver all = zone.resolver(key.function());
        Balancer balancer = Balancer.builder(
                        settings.zone() + "/" + key.function() + (key.direct() ? " without gateways" : ""))
                .resolver(key.direct() ? new WithoutGateways(all, settings.gateways()) : all)
                .settings(balancing)
                .adapter("okhttp")
                .build();
        ZerohopOkHttp routing = ZerohopOkHttp.builder()
                .route(HOST, balancer)
                .keepDispatcherLimits()
                // Callers must not be able to get one another's answers.
                .strictReuse()
                .build();
        OkHttpClient client = routing.install(base.newBuilder())
                .addNetworkInterceptor(new ToEndpoint(settings))
                .build();
        balancer.start();
        return new Way(balancer, routing, client, System.nanoTime());
    }

    /** Closes the ways to deleted functions; calls under way can still complete. */
    void retain(Set<String> functions) {
        ways.forEach((key, way) -> {
            if (!functions.contains(key.function()) && ways.remove(key, way)) {
                way.close();
            }
        });
    }

    /** How many ways are open. */
    int open() {
        return ways.size();
    }

    @Override
    public void close() {
        retain(Set.of());
    }
}
