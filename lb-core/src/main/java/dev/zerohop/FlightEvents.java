package dev.zerohop;

import java.time.Duration;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** Events of a balancer for JDK Flight Recorder. Without a recording that asks for them they cost a look at a flag; a call that succeeds makes none. */
final class FlightEvents implements BalancerListener {
    private static final BalancerListener LISTENER = listenerOfThisRuntime();

    private FlightEvents() {}

    /** {@link BalancerListener#NOOP} in a runtime without Flight Recorder. */
    static BalancerListener listener() {
        return LISTENER;
    }

    private static BalancerListener listenerOfThisRuntime() {
        try {
            Class.forName("jdk.jfr.Event");
            return new FlightEvents();
        } catch (ClassNotFoundException | LinkageError absent) {
            return NOOP;
        }
    }

    @Override
    public boolean observesAttempts() {
        return false;
    }

    @Override
    public void onRefusal(String service, Refusal refusal) {
        RefusalEvent event = new RefusalEvent();
        if (event.isEnabled()) {
            event.service = service;
            event.kind = refusal.kind().name();
            event.message = refusal.message();
            event.commit();
        }
    }

    @Override
    public void onHealth(String service, Endpoint endpoint, Health before, Health after) {
        HealthEvent event = new HealthEvent();
        if (event.isEnabled()) {
            event.service = service;
            event.endpoint = endpoint.toString();
            event.status = after.status().name();
            event.before = before.status().name();
            event.reason = after.reason();
            event.commit();
        }
    }

    @Override
    public void onRebuild(String service, Snapshot snapshot, Duration took) {
        RebuildEvent event = new RebuildEvent();
        if (event.isEnabled()) {
            event.service = service;
            event.members = snapshot.members().size();
            event.candidates = snapshot.candidates().size();
            event.took = took.toNanos();
            event.panic = snapshot.panic();
            event.commit();
        }
    }

    @Override
    public void onStale(String service, Duration age, Throwable cause) {
        StaleEvent event = new StaleEvent();
        if (event.isEnabled()) {
            event.service = service;
            event.age = age.toNanos();
            event.cause = SourceState.brief(cause);
            event.commit();
        }
    }

    /** A call that ended without an endpoint. Off unless a recording asks for it: in an outage there is one, with its stack trace, for each call. */
    @Name("dev.zerohop.Refusal")
    @Label("Pick refused")
    @Category("zerohop")
    @Description("A call ended because there was no endpoint for it")
    @Enabled(false)
    static final class RefusalEvent extends Event {
        @Label("Service")
        @Nullable
        String service;

        @Label("Kind")
        @Nullable
        String kind;

        @Label("Message")
        @Nullable
        String message;
    }

    /** Another status of an endpoint. */
    @Name("dev.zerohop.Health")
    @Label("Endpoint health")
    @Category("zerohop")
    @Description("What is believed of an endpoint changed, such as by an ejection")
    @StackTrace(false)
    static final class HealthEvent extends Event {
        @Label("Service")
        @Nullable
        String service;

        @Label("Endpoint")
        @Nullable
        String endpoint;

        @Label("Status")
        @Nullable
        String status;

        @Label("Status before")
        @Nullable
        String before;

        @Label("Reason")
        @Nullable
        String reason;
    }

    /** Another version in force. */
    @Name("dev.zerohop.Rebuild")
    @Label("Picker rebuilt")
    @Category("zerohop")
    @Description("Another version of the endpoints was published to the calls")
    @StackTrace(false)
    static final class RebuildEvent extends Event {
        @Label("Service")
        @Nullable
        String service;

        @Label("Members")
        int members;

        @Label("Candidates")
        int candidates;

        @Label("Took")
        @Timespan
        long took;

        @Label("Panic")
        @Nullable
        String panic;
    }

    /** A source that cannot be read, or that has not vouched for its endpoints yet. */
    @Name("dev.zerohop.Stale")
    @Label("Source stale")
    @Category("zerohop")
    @Description("The source of endpoints cannot be read, or has not vouched for them yet")
    @StackTrace(false)
    static final class StaleEvent extends Event {
        @Label("Service")
        @Nullable
        String service;

        @Label("Age")
        @Timespan
        long age;

        @Label("Cause")
        @Nullable
        String cause;
    }
}
