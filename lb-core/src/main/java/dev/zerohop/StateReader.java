package dev.zerohop;

import static java.util.stream.Collectors.joining;

import dev.zerohop.internal.Durations;
import java.time.Instant;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what a balancer has published into a {@link BalancerState}, and renders that for people. Changes nothing. */
final class StateReader {
    private static final String NONE = "none";

    private final Balancer balancer;
    private final ControlPath control;
    private final Time time;

    StateReader(Balancer balancer, ControlPath control, Time time) {
        this.balancer = balancer;
        this.control = control;
        this.time = time;
    }

    BalancerState.Source source() {
        SourceState source = control.source();
        Throwable error = source.lastError();
        return new BalancerState.Source(
                control.sourceName(source),
                source.answers(),
                source.endpoints(),
                error == null ? null : SourceState.brief(error),
                source.erringSince());
    }

    BalancerState read(BalancerView view) {
        Moment moment = new Moment(time.now(), time.nanoTime());
        Snapshot snapshot = view.snapshot();
        IdentityHashMap<Node, Double> weights = new IdentityHashMap<>();
        for (Candidate candidate : snapshot.candidates()) {
            weights.put(candidate.node(), candidate.weight());
        }
        List<BalancerState.Member> members = new ArrayList<>();
        for (Node node : snapshot.members()) {
            members.add(member(node, weights.getOrDefault(node, 0.0), moment));
        }
        return new BalancerState(
                balancer.name(),
                balancer.adapter(),
                moment.now(),
                source(),
                new BalancerState.Configuration(
                        view.settings(), view.retryBudget(), control.rejectedConfiguration(), view.unconfigured()),
                members,
                new BalancerState.Routing(
                        snapshot.candidates().size(),
                        snapshot.steps(),
                        view.picker().shardEpoch(),
                        panic(snapshot, moment.now())));
    }

    /** The version is read before the time at which it came into force is noted. */
    private BalancerState.@Nullable Panic panic(Snapshot snapshot, Instant now) {
        String reason = snapshot.panic();
        Instant since = control.panickingSince();
        return reason == null ? null : new BalancerState.Panic(reason, since == null ? now : since);
    }

    /** One instant on both clocks. */
    private record Moment(Instant now, long nanos) {
        Instant at(long then) {
            return now.plusNanos(then - nanos);
        }

        @Nullable
        Instant end(long then) {
            return then == Health.OPEN_END ? null : at(then);
        }
    }

    private static BalancerState.Member member(Node node, double weight, Moment moment) {
        Health health = node.health();
        List<BalancerState.Belief> verdicts = new ArrayList<>();
        int failures = 0;
        if (node instanceof LiveNode live) {
            failures = live.consecutiveFailures();
            for (LiveNode.TimedVerdict standing : live.verdicts) {
                HealthSource.Verdict verdict = standing.verdict();
                verdicts.add(new BalancerState.Belief(
                        verdict.status(),
                        standing.source(),
                        verdict.reason(),
                        moment.at(standing.sinceNanos()),
                        moment.end(standing.endsNanos())));
            }
        }
        return new BalancerState.Member(
                node.endpoint(),
                new BalancerState.Belief(
                        health.status(),
                        health.source(),
                        health.reason(),
                        moment.at(health.sinceNanos()),
                        moment.end(health.untilNanos())),
                verdicts,
                weight,
                new BalancerState.Traffic(node.inFlight(), node.load(moment.nanos()), failures));
    }

    // ---- for people ----

    static String source(BalancerState.Source source, Instant now) {
        EndpointSet set = source.set();
        String answer = set == null
                ? ", no answer yet"
                : ", version " + set.version() + ", age "
                        + Durations.text(set.age(now).toNanos())
                        + (set.stale() && source.error() == null ? ", stale: not vouched for yet" : "")
                        + (set.note().isEmpty() ? "" : ", " + set.note());
        return "source " + source.name()
                + answer
                + (source.error() == null
                        ? ""
                        : ", stale: cannot be read since " + source.failingSince() + ": " + source.error());
    }

    static List<String> settings(BalancerState.Configuration configuration) {
        BalancerSettings settings = configuration.settings();
        List<String> lines = new ArrayList<>(List.of(
                "policy " + settings.policy(),
                "stages "
                        + (settings.stages().isEmpty()
                                ? NONE
                                : settings.stages().stream()
                                        .map(String::valueOf)
                                        .collect(joining(", "))),
                "ejection " + (settings.ejection() == EjectionPolicy.NONE ? NONE : settings.ejection()),
                "massRemoval " + (settings.guard() == MembershipGuard.NONE ? NONE : settings.guard()),
                "retry "
                        + (settings.retry() == RetryPolicy.NONE
                                ? NONE
                                : settings.retry() + "; budget: " + configuration.retryBudget()),
                "key " + (settings.key() == null ? "of the call only" : settings.key()),
                "leases end after " + Durations.text(settings.leaseAgeLimit().toNanos()) + " without progress"));
        if (settings.checks() != HealthCheckPolicy.NONE) {
            lines.add("checks " + settings.checks());
        }
        if (configuration.rejected() != null) {
            lines.add("the source's configuration was rejected: " + configuration.rejected());
        }
        return List.copyOf(lines);
    }

    static List<String> members(BalancerState state) {
        return state.members().stream().map(member -> line(member, state.at())).toList();
    }

    private static String line(BalancerState.Member member, Instant now) {
        Endpoint endpoint = member.endpoint();
        int failures = member.traffic().failuresInRow();
        return endpoint + " weight " + endpoint.weight() + (endpoint.zone() == null ? "" : " zone " + endpoint.zone())
                + (endpoint.hasOrdinal() ? " ordinal " + endpoint.ordinal() : "") + " "
                + member.health().describe(now) + ", in flight "
                + member.traffic().inFlight()
                + (failures == 0 ? "" : ", " + failures + " failures in a row");
    }
}
