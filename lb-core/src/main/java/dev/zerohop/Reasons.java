package dev.zerohop;

import java.util.ArrayList;
import java.util.List;

/** Says why there was no endpoint for an attempt, and why an attempt goes where it goes. Reads what the balancer has published and changes nothing. */
final class Reasons {
    private final Balancer balancer;
    private final ControlPath control;
    private final StateReader states;
    private final ForeignFaults faults;

    Reasons(Balancer balancer, ControlPath control, StateReader states, ForeignFaults faults) {
        this.faults = faults;
        this.balancer = balancer;
        this.control = control;
        this.states = states;
    }

    Refusal refusal(BalancerView now, PickContext context) {
        if (control.closed()) {
            return new Refusal(Refusal.Kind.CLOSED, false, balancer.name() + ": the balancer is closed");
        }
        try {
            return reason(now, context);
        } catch (Throwable thrown) {
            return faulty(now, context, thrown);
        }
    }

    private Refusal reason(BalancerView now, PickContext context) {
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
                    name + ": no endpoint known; source " + control.sourceName(source) + " has answered "
                            + source.answers()
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

    /** Whether the pick before a refusal saw an older version than the refusal does: then there may be an endpoint now, and no call is to fail for the difference. */
    private boolean outdated(BalancerView now, PickContext context) {
        return changing(now) || now.picker().pick(context) != null;
    }

    private boolean changing(BalancerView seen) {
        return control.rebuilding() || balancer.current() != seen;
    }

    Explanation explain(PickContext context) {
        BalancerView now = balancer.current();
        BalancerState state = states.read(now);
        List<String> pick = new ArrayList<>();
        pick.add((now.unconfigured() == null ? "policy " : "no configuration is in force, instead of the policy ")
                + now.settings().policy().name() + ", " + state.routing().candidates() + " of "
                + state.members().size() + " members are candidates, " + context);
        try {
            pick.addAll(
                    state.members().isEmpty()
                            ? List.of("refused: " + reason(now, context).message())
                            : now.picker().explain(context));
        } catch (Throwable thrown) {
            pick.add("refused: " + faulty(now, context, thrown).message());
        }
        return new Explanation(
                balancer.name(),
                state.source().describe(state.at()),
                state.configuration().describe(),
                StateReader.members(state),
                now.snapshot().trail(),
                pick);
    }
}
