package dev.zerohop.sim;

import dev.zerohop.EndpointSet;
import dev.zerohop.HealthSource;
import dev.zerohop.LoadReport;
import dev.zerohop.Outcome;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One client: its balancer, and around it the way of each attempt to its server and back. A call for which there is no endpoint yet waits for one within its deadline. */
final class Client {
    final int index;
    final @Nullable String zone;

    private final ClientBalancer balancer;
    private final World world;

    private boolean started;

    Client(int index, @Nullable String zone, ClientBalancer balancer, World world) {
        this.index = index;
        this.zone = zone;
        this.balancer = balancer;
        this.world = world;
    }

    /** The source names these endpoints from now on. */
    void update(EndpointSet endpoints) {
        balancer.update(endpoints);
    }

    /** An orchestrator has published these verdicts. */
    void update(Map<String, HealthSource.Verdict> verdicts) {
        balancer.update(verdicts);
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
        Pick pick = balancer.pick(call);
        if (pick == Pick.None.WAITS) {
            await(call);
            return;
        }
        if (pick == Pick.None.FAILS) {
            end(call, null);
            return;
        }
        call.attempts++;
        Server server = world.server(pick.server());
        Attempt attempt = world.calls().newAttempt();
        attempt.begin(call, this, server, pick);
        call.attempt = attempt;
        world.recorder().picked(call, server);
        long delay = world.delayThere(attempt, zone, server.zone) + balancer.connectingNanos(server);
        if (delay == 0) {
            server.arrive(attempt);
        } else {
            attempt.step = Attempt.Step.TO_SERVER;
            world.events().at(world.events().nowNanos() + delay, attempt);
        }
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
        balancer.onNextChange(() -> world.events().at(world.events().nowNanos(), again));
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
        Pick pick = attempt.pick;
        Outcome outcome = attempt.outcome;
        LoadReport report = attempt.report;
        attempt.end();
        if (call == null || pick == null) {
            return;
        }
        call.attempt = null;
        pick.ended(outcome, report);
        if (outcome.isFailure() && pick.repeats(call, outcome)) {
            world.recorder().repeated(call);
            attempt(call);
        } else {
            end(call, outcome);
        }
    }

    /** The call has reached its deadline. */
    void deadline(Call call) {
        Attempt attempt = call.attempt;
        if (attempt != null) {
            Server server = attempt.server;
            Pick pick = attempt.pick;
            attempt.call = null;
            attempt.pick = null;
            if (pick != null) {
                pick.ended(Outcome.TIMEOUT, null);
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
