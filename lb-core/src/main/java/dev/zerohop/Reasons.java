package dev.zerohop;

import static java.util.stream.Collectors.joining;

import dev.zerohop.internal.Durations;
import java.util.ArrayList;
import java.util.List;

/** Says why: why there was nobody for an attempt, and why an attempt goes where it goes. Reads what the balancer has published and changes nothing. */
final class Reasons {
    private static final String NONE = "none";

    private final Balancer balancer;
    private final ControlPath control;
    private final Time time;
    private final ForeignFaults faults;

    Reasons(Balancer balancer, ControlPath control, Time time, ForeignFaults faults) {
        this.faults = faults;
        this.balancer = balancer;
        this.control = control;
        this.time = time;
    }

    Refusal refusal(PickContext context) {
        String name = balancer.name();
        if (control.closed()) {
            return new Refusal(Refusal.Kind.CLOSED, false, name + ": the balancer is closed");
        }
        BalancerView now = balancer.view();
        try {
            return refusal(now, context);
        } catch (Throwable thrown) {
            return faulty(now, context, thrown);
        }
    }

    private Refusal refusal(BalancerView now, PickContext context) {
        String name = balancer.name();
        SourceState source = control.source();
        if (now.unconfigured() != null) {
            Refusal refusal = now.picker().refusal(context);
            return new Refusal(refusal.kind(), false, name + ": " + refusal.message());
        }
        if (now.snapshot().members().isEmpty()) {
            return new Refusal(
                    Refusal.Kind.NONE_KNOWN,
                    source.silent() || changing(now) || now.waits(context),
                    name + ": no endpoint known; " + control.sourceName(source) + " has answered " + source.answers()
                            + " times" + source.error(", last error since ")
                            + (source.silent() || source.erring()
                                    ? ""
                                    : "; check the target, and that the service has endpoints there"));
        }
        // Asked first, since a pick that throws is to be reported also where the picker would have the call wait.
        boolean outdated = outdated(now, context);
        Refusal refusal = now.picker().refusal(context);
        // Asked again, for the picker's words are of what is believed by now, which may have changed meanwhile.
        if (!refusal.waits() && (outdated || changing(now))) {
            return new Refusal(Refusal.Kind.CONNECTING, true, name + ": the endpoints are changing at this moment");
        }
        return new Refusal(refusal.kind(), refusal.waits(), name + ": " + refusal.message());
    }

    /** A fault of others is one error of the call, which waits for nothing: the next pick would meet it again. */
    Refusal faulty(BalancerView view, PickContext context, Throwable thrown) {
        EndpointSelector key = context.selector();
        boolean byKey = key != null && throwing(key);
        String part = byKey
                ? "the EndpointSelector of the call"
                : "the policy " + view.settings().policy().name();
        faults.report(part, "its calls fail with that", thrown);
        String what = thrown.getClass().getSimpleName() + ": " + thrown.getMessage();
        return byKey
                ? new Refusal(
                        Refusal.Kind.BAD_KEY,
                        false,
                        balancer.name() + ": " + part + " threw " + what + ", expected a key")
                : new Refusal(Refusal.Kind.NONE_USABLE, false, balancer.name() + ": " + part + " threw " + what);
    }

    private static boolean throwing(EndpointSelector key) {
        try {
            if (key.text() == null) {
                key.number();
            }
            key.hash();
            return false;
        } catch (Throwable thrown) {
            return true;
        }
    }

    /** Whether the pick before a refusal saw an older version than the refusal does: then there may be somebody now, and no call is to fail for the difference. */
    private boolean outdated(BalancerView now, PickContext context) {
        return changing(now) || now.picker().pick(context) != null;
    }

    private boolean changing(BalancerView seen) {
        return control.rebuilding() || balancer.view() != seen;
    }

    Explanation explain(PickContext context) {
        BalancerView now = balancer.view();
        Snapshot snapshot = now.snapshot();
        long nanos = time.nanoTime();
        List<String> members = new ArrayList<>();
        for (Node node : snapshot.members()) {
            members.add(describe(node, nanos));
        }
        List<String> pick = new ArrayList<>();
        pick.add((now.unconfigured() == null ? "policy " : "no configuration is in force, instead of the policy ")
                + now.settings().policy().name() + ", "
                + snapshot.candidates().size() + " of " + snapshot.members().size() + " members are candidates, "
                + context);
        try {
            pick.addAll(
                    snapshot.members().isEmpty()
                            ? List.of("refused: " + refusal(now, context).message())
                            : now.picker().explain(context));
        } catch (Throwable thrown) {
            pick.add("refused: " + faulty(now, context, thrown).message());
        }
        return new Explanation(balancer.name(), origin(), settings(now), members, snapshot.trail(), pick);
    }

    private static String describe(Node node, long nanos) {
        Endpoint endpoint = node.endpoint();
        int failures = node instanceof LiveNode live ? live.consecutiveFailures() : 0;
        return endpoint + " weight " + endpoint.weight() + (endpoint.zone() == null ? "" : " zone " + endpoint.zone())
                + (endpoint.hasOrdinal() ? " ordinal " + endpoint.ordinal() : "") + " "
                + node.health().describe(nanos) + ", in flight " + node.inFlight()
                + (failures == 0 ? "" : ", " + failures + " failures in a row");
    }

    private List<String> settings(BalancerView view) {
        BalancerSettings settings = view.settings();
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
                                : settings.retry() + "; budget: " + view.retryBudget()),
                "key " + (settings.key() == null ? "of the call only" : settings.key()),
                "leases end after " + Durations.text(settings.leaseAgeLimit().toNanos()) + " without progress"));
        String rejected = control.rejectedConfiguration();
        if (rejected != null) {
            lines.add("the source's configuration was rejected: " + rejected);
        }
        return lines;
    }

    private String origin() {
        SourceState source = control.source();
        EndpointSet set = source.set();
        String answer = set == null
                ? ", no answer yet"
                : ", version " + set.version() + ", age "
                        + Durations.text(set.age(time.now()).toNanos())
                        + (set.stale() && !source.erring() ? ", stale: not vouched for yet" : "")
                        + (set.note().isEmpty() ? "" : ", " + set.note());
        return control.sourceName(source) + answer + source.error(", stale: cannot be asked since ");
    }
}
