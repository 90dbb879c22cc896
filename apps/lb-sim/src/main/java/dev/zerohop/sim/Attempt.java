package dev.zerohop.sim;

import dev.zerohop.LoadReport;
import dev.zerohop.Outcome;
import dev.zerohop.PrefixKey;
import dev.zerohop.server.LoadReporter;
import org.jspecify.annotations.Nullable;

/** One attempt of a call at a server, and the event of its next step. Outlives its call where the caller has given up and the server does not know. Used again after its end. */
final class Attempt extends Event {
    /** Where it is. */
    enum Step {
        UNUSED,
        TO_SERVER,
        WAITING,
        WORKING,
        /** Ends without any work. */
        FAILING,
        /** Is never answered. */
        HANGING,
        TO_CLIENT
    }

    private final CallList list;
    Step step = Step.UNUSED;
    Outcome outcome = Outcome.SUCCESS;

    /** Null when the caller has given up. */
    @Nullable
    Call call;

    @Nullable
    Pick pick;

    @Nullable
    Server server;

    @Nullable
    Client client;

    /** What the server counts it by; null where servers report nothing. */
    LoadReporter.@Nullable Request request;

    /** What its answer brings. */
    @Nullable
    LoadReport report;

    /** The beginning that it goes on from; null if its key is none. */
    @Nullable
    PrefixKey prefix;

    /** The work that is left, at speed 1. */
    double leftNanos;

    /** When {@link #leftNanos} was true. */
    long asOfNanos;

    /** Where several share a speed: what each of them has been given when this one is done. */
    double doneAt;

    /** Its place among those that the server works on. */
    int place;

    /** Which attempt of its call it is, from 1. */
    int number;

    long luck;

    Attempt(CallList list) {
        this.list = list;
    }

    void begin(Call of, Client from, Server at, Pick chosen) {
        call = of;
        client = from;
        server = at;
        pick = chosen;
        number = of.attempts;
        luck = of.luck;
        leftNanos = of.demandNanos;
        prefix = of.context.selector() instanceof PrefixKey key ? key : null;
        outcome = Outcome.SUCCESS;
        at.sent();
    }

    /** A number in [0, 1) that depends on the call, on which of its attempts this is, and on what it is for: the same under every policy. */
    double chance(long purpose) {
        return Stream.unit(Stream.mixed(Stream.mixed(luck + number) ^ Stream.mixed(purpose)));
    }

    void end() {
        step = Step.UNUSED;
        call = null;
        pick = null;
        server = null;
        client = null;
        request = null;
        report = null;
        list.giveBack(this);
    }

    @Override
    void fire() {
        Server at = server;
        Client by = client;
        if (at == null || by == null) {
            throw new IllegalStateException("an attempt that has ended is under way");
        }
        switch (step) {
            case TO_SERVER -> at.arrive(this);
            case WORKING -> at.finish(this);
            case FAILING -> at.fail(this);
            case TO_CLIENT -> by.answered(this);
            default -> throw new IllegalStateException("nothing is due while " + step);
        }
    }
}
