package dev.zerohop.sim;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerView;
import dev.zerohop.Endpoint;
import dev.zerohop.Lease;
import dev.zerohop.LoadReport;
import dev.zerohop.NoEndpointException;
import dev.zerohop.Outcome;
import dev.zerohop.RetryPolicy;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * One client: a real balancer, and around it what an adapter does: begins a lease for each attempt, ends it where the attempt ends, repeats what may be repeated within the retry budget, and waits for an
 * endpoint within the call's deadline where the refusal says so.
 */
final class Client {
    final int index;
    final @Nullable String zone;

    private final Balancer balancer;
    private final Feed feed;
    private final World world;
    private final BitSet connected = new BitSet();

    /** When the connection to each server is there; empty where connections take no time. */
    private long[] readyNanos = {};

    private boolean started;

    Client(int index, @Nullable String zone, Balancer balancer, Feed feed, World world) {
        this.index = index;
        this.zone = zone;
        this.balancer = balancer;
        this.feed = feed;
        this.world = world;
    }

    Feed feed() {
        return feed;
    }

    void start() {
        if (!started) {
            started = true;
            balancer.start();
        }
    }

    void close() {
        balancer.close();
    }

    void begin(Call call) {
        start();
        call.client = this;
        call.attempts = 0;
        attempt(call);
    }

    private void attempt(Call call) {
        Lease lease;
        try {
            lease = balancer.acquire(call.context);
        } catch (NoEndpointException none) {
            if (none.refusal().waits()) {
                await(call);
            } else {
                end(call, null);
            }
            return;
        }
        if (call.attempts++ == 0) {
            balancer.current().retryBudget().deposit();
        }
        // An endpoint's port is its server's number: no look-up by name.
        Server server = world.server(lease.endpoint().port());
        Attempt attempt = world.calls().newAttempt();
        attempt.begin(call, this, server, lease);
        call.attempt = attempt;
        world.recorder().picked(call, server);
        long delay = world.delayThere(attempt, zone, server.zone) + connecting(server);
        if (delay == 0) {
            server.arrive(attempt);
        } else {
            attempt.step = Attempt.Step.TO_SERVER;
            world.events().at(world.events().nowNanos() + delay, attempt);
        }
    }

    /** How long the connection to a server still takes: every call waits for it that comes before it is there. */
    private long connecting(Server server) {
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

    /** Tries again when there is another picker. */
    private void await(Call call) {
        long number = call.number;
        Event again = new Event() {
            @Override
            void fire() {
                if (call.number == number && call.client == Client.this && call.attempt == null) {
                    attempt(call);
                }
            }
        };
        balancer.nextChange().thenRun(() -> world.events().at(world.events().nowNanos(), again));
    }

    /** The server's answer sets out. */
    void reply(Attempt attempt) {
        Server server = attempt.server;
        long delay = server == null ? 0 : world.delayBack(attempt, server.zone, zone);
        if (delay == 0) {
            answered(attempt);
        } else {
            attempt.step = Attempt.Step.TO_CLIENT;
            world.events().at(world.events().nowNanos() + delay, attempt);
        }
    }

    /** The answer is here. */
    void answered(Attempt attempt) {
        Call call = attempt.call;
        Lease lease = attempt.lease;
        Outcome outcome = attempt.outcome;
        LoadReport report = attempt.report;
        attempt.end();
        if (call == null || lease == null) {
            return;
        }
        call.attempt = null;
        if (outcome == Outcome.SUCCESS) {
            lease.answered();
        }
        if (report != null) {
            lease.report(() -> report);
        }
        lease.complete(outcome);
        if (outcome.isFailure() && mayRepeat(call, outcome)) {
            Endpoint tried = lease.endpoint();
            call.context = call.context.retryAfter(tried);
            world.recorder().repeated(call);
            attempt(call);
        } else {
            end(call, outcome);
        }
    }

    private boolean mayRepeat(Call call, Outcome outcome) {
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
        return call.attempts < policy.maxAttempts() && view.retryBudget().tryWithdraw();
    }

    /** The call has reached its deadline. */
    void deadline(Call call) {
        Attempt attempt = call.attempt;
        if (attempt != null) {
            Server server = attempt.server;
            Lease lease = attempt.lease;
            attempt.call = null;
            attempt.lease = null;
            if (lease != null) {
                lease.complete(Outcome.TIMEOUT);
            }
            if (server != null) {
                server.abandon(attempt);
            }
        }
        end(call, Outcome.TIMEOUT);
    }

    private void end(Call call, @Nullable Outcome outcome) {
        world.recorder().ended(call, outcome);
        world.calls().end(call);
    }
}
