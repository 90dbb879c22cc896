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
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * The functions of the zone and the ways to their endpoints. A way is made with a function's first request and closed when the function is deleted, so
 * there are never more than there are functions.
 */
final class Functions implements AutoCloseable {
    /** The logical host of every function's own client. */
    static final String HOST = "function";

    private final GolbZone zone;
    private final GatewaySettings settings;
    private final OkHttpClient base;
    private final BalancerSettings balancing;
    private final Map<Key, Way> ways = new ConcurrentHashMap<>();

    /** {@code direct} leaves gateways out. */
    private record Key(String function, boolean direct) {}

    private record Way(Balancer balancer, ZerohopOkHttp routing, OkHttpClient client) {
        void close() {
            routing.close();
            balancer.close();
        }
    }

    Functions(GolbZone zone, GatewaySettings settings, OkHttpClient base) {
        this.zone = zone;
        this.settings = settings;
        this.base = base;
        this.balancing = switch (settings.handler()) {
            case WRR -> Configurations.defaults().withPolicy(Pickers.lvs());
            // Always the first means: also when it fails, and never another one. Under DUMMY no request comes here.
            case FIRST, DUMMY -> BalancerSettings.of(new FirstEndpoint());
        };
    }

    /** The functions that exist, or null if etcd has not answered yet. */
    @Nullable
    Set<String> known() {
        return zone.functions();
    }

    /** A client whose calls to {@link #HOST} go to an endpoint of the function; with {@code direct} to none that is a gateway. */
    OkHttpClient client(String function, boolean direct) {
        // Without gateways there is nobody to leave out.
        Key key = new Key(function, direct && !settings.gateways().isEmpty());
        Way way = ways.get(key);
        if (way == null) {
            way = ways.computeIfAbsent(key, this::open);
            Set<String> now = known();
            if (now == null || !now.contains(function)) {
                // It was deleted meanwhile, and nobody else would close this.
                ways.remove(key, way);
                way.close();
            }
        }
        return way.client();
    }

    private Way open(Key key) {
        Resolver all = zone.resolver(key.function());
        Balancer balancer = Balancer.builder(
                        settings.zone() + "/" + key.function() + (key.direct() ? " without gateways" : ""))
                .resolver(key.direct() ? new WithoutGateways(all, settings.gateways()) : all)
                .settings(balancing)
                .build();
        ZerohopOkHttp routing = ZerohopOkHttp.builder()
                .route(HOST, balancer)
                .keepDispatcherLimits()
                .build();
        OkHttpClient client = routing.install(base.newBuilder())
                .addNetworkInterceptor(new ToEndpoint(settings))
                .build();
        balancer.start();
        return new Way(balancer, routing, client);
    }

    /** Closes the ways to functions that are gone; calls under way end in peace. */
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
