package dev.zerohop.sim;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.BalancerView;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.HealthSource;
import dev.zerohop.Lease;
import dev.zerohop.LoadReport;
import dev.zerohop.NoEndpointException;
import dev.zerohop.Outcome;
import dev.zerohop.RetryPolicy;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A real balancer of zerohop, and around it what an adapter does: begins a lease for each attempt, ends it where the attempt ends, and repeats what may be repeated within the retry budget. */
final class ZerohopBalancer implements ClientBalancer {
    private final Balancer balancer;
    private final Feed feed;
    private final World world;
    private final BitSet connected = new BitSet();

    /** When the connection to each server is there; empty where connections take no time. */
    private long[] readyNanos = {};

    ZerohopBalancer(int index, BalancerSettings settings, Env env, World world) {
        this.world = world;
        this.feed = new Feed(env);
        this.balancer = Balancer.builder("client-" + index)
                .env(env)
                .resolver(feed)
                .settings(settings)
                .probeTransport(env.probes())
                .build();
    }

    @Override
    public void start() {
        balancer.start();
    }

    @Override
    public void update(EndpointSet endpoints) {
        feed.give(endpoints);
    }

    @Override
    public void update(Map<String, HealthSource.Verdict> verdicts) {
        feed.give(verdicts);
    }

    @Override
    public Pick pick(Call call) {
        Lease lease;
        try {
            lease = balancer.acquire(call.context);
        } catch (NoEndpointException none) {
            return none.refusal().waits() ? Pick.None.WAITS : Pick.None.FAILS;
        }
        if (call.attempts == 0) {
            balancer.current().retryBudget().deposit();
        }
        return new Leased(lease);
    }

    @Override
    public void onNextChange(Runnable changed) {
        balancer.nextChange().thenRun(changed);
    }

    /** A connection is made when the first call needs it, and calls that come meanwhile wait for the rest of that time. */
    @Override
    public long connectingNanos(Server server) {
        long now = world.events().nowNanos();
        if (!connected.get(server.index)) {
            connected.set(server.index);
            world.recorder().connected();
            if (world.connectNanos() > 0) {
                if (server.index >= readyNanos.length) {
                    readyNanos = Arrays.copyOf(readyNanos, Math.max(16, 2 * server.index + 1));
                }
                readyNanos[server.index] = now + world.connectNanos();
            }
        }
        return server.index < readyNanos.length ? Math.max(0, readyNanos[server.index] - now) : 0;
    }

    @Override
    public void close() {
        balancer.close();
    }

    private final class Leased implements Pick {
        private final Lease lease;

        Leased(Lease lease) {
            this.lease = lease;
        }

        /** An endpoint's port is its server's number: no look-up by name. */
        @Override
        public int server() {
            return lease.endpoint().port();
        }

        @Override
        public boolean wantsReport() {
            return lease.wantsLoadReport();
        }

        @Override
        public void ended(Outcome outcome, @Nullable LoadReport report) {
            if (outcome == Outcome.SUCCESS) {
                lease.answered();
            }
            if (report != null) {
                lease.report(() -> report);
            }
            lease.complete(outcome);
        }

        @Override
        public boolean repeats(Call call, Outcome outcome) {
            boolean allowed = switch (outcome) {
                case CONNECT_FAILURE, NOT_DISPATCHED -> true;
                case TRANSPORT_FAILURE, CONNECTION_LOST -> world.idempotent();
                default -> false;
            };
            if (!allowed) {
                return false;
            }
            BalancerView view = balancer.current();
            RetryPolicy policy = view.settings().retry();
            if (call.attempts >= policy.maxAttempts() || !view.retryBudget().tryWithdraw()) {
                return false;
            }
            call.context = call.context.retryAfter(lease.endpoint());
            return true;
        }
    }
}
