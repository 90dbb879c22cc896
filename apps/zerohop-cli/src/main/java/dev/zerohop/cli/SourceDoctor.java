package dev.zerohop.cli;

import dev.zerohop.Balancer;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Target;
import dev.zerohop.config.Configurations;
import dev.zerohop.kubernetes.Diagnosis;
import dev.zerohop.kubernetes.Diagnosis.Finding;
import dev.zerohop.kubernetes.Diagnosis.State;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds out why a target of any scheme does not work: reads its source once, as a client does, and tries to connect to some of the endpoints. Changes
 * nothing.
 */
final class SourceDoctor {
    private static final int CONNECTED_TO = 5;
    private static final int CONNECT_MILLIS = 2_000;

    private final Target target;
    private final List<Finding> findings = new ArrayList<>();
    private final Observer observer = new Observer();

    private SourceDoctor(Target target) {
        this.target = target;
    }

    static Diagnosis examine(Target target, Duration patience) throws InterruptedException {
        return new SourceDoctor(target).examine(patience);
    }

    private Diagnosis examine(Duration patience) throws InterruptedException {
        try (Balancer balancer = Balancer.builder(target.text())
                .resolver(Targets.newResolver(target))
                .defaults(Configurations.defaults())
                .followSourceConfiguration(Checkless::of)
                .listener(observer)
                .build()) {
            balancer.start();
            boolean answered = observer.await(patience.toNanos());
            String error = observer.error();
            EndpointSet set = balancer.state().source().set();
            if (set == null) {
                add(
                        State.MISSING,
                        "source",
                        error != null
                                ? "cannot be read: " + error
                                : (answered ? "no answer" : "no answer within " + patience.toSeconds() + " s")
                                        + ", expected the endpoints: is it reachable from here, and is the name right?");
            } else {
                add(
                        set.stale() ? State.MISSING : State.OK,
                        "source",
                        set.source() + (set.stale() ? " returned its last known endpoints" : " answered") + ", version "
                                + set.version()
                                + (error == null ? "" : "; it cannot be read now: " + error));
                endpoints(set);
            }
            configuration(balancer);
        }
        return new Diagnosis(findings, "");
    }

    private void endpoints(EndpointSet set) throws InterruptedException {
        List<Endpoint> ready = set.endpoints().stream()
                .filter(endpoint -> endpoint.readiness() == Endpoint.Readiness.READY && endpoint.weight() > 0)
                .toList();
        String counts = set.endpoints().size() + " named, " + ready.size() + " take new calls";
        if (ready.isEmpty()) {
            add(
                    State.MISSING,
                    "endpoints",
                    counts
                            + (set.endpoints().isEmpty()
                                    ? ": check the name in the target, and that the service has endpoints there"
                                    : ": the others are not ready, draining or of weight 0"));
        } else {
            add(State.OK, "endpoints", counts);
        }
        if (set.unnumbered() != null) {
            add(State.OPTIONAL, "ordinals", set.unnumbered() + "; calls by key need them");
        }
        for (Endpoint endpoint : ready.subList(0, Math.min(CONNECTED_TO, ready.size()))) {
            String failure = connectionFailure(endpoint);
            add(
                    failure == null ? State.OK : State.MISSING,
                    "connection to " + endpoint,
                    failure == null
                            ? "made"
                            : failure + ": check that it listens there, and that no network policy is in between");
        }
        if (ready.size() > CONNECTED_TO) {
            add(State.OK, "connections", "to the other " + (ready.size() - CONNECTED_TO) + " were not tried");
        }
    }

    private void configuration(Balancer balancer) {
        String unconfigured = balancer.current().unconfigured();
        if (unconfigured != null) {
            add(State.MISSING, "configuration", "rejected, so every call fails: " + unconfigured);
        }
        for (String reason : observer.rejected().besides(unconfigured)) {
            add(State.OPTIONAL, "value of the source", "rejected: " + reason);
        }
    }

    private static @Nullable String connectionFailure(Endpoint endpoint) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        InetSocketAddress address = new InetSocketAddress(endpoint.host(), endpoint.port());
        if (address.isUnresolved()) {
            return "the name " + endpoint.host() + " has no address";
        }
        try (Socket socket = new Socket()) {
            socket.connect(address, CONNECT_MILLIS);
            return null;
        } catch (IOException failed) {
            return String.valueOf(failed.getMessage());
        }
    }

    private void add(State state, String what, String why) {
        findings.add(new Finding(state, what, why));
    }

    /** An error of the source counts as an answer too. */
    private static final class Observer extends FirstAnswer {
        @Override
        public void onStale(String service, Duration age, Throwable cause) {
            super.onStale(service, age, cause);
            end();
        }
    }
}
