package dev.zerohop.sim;

import dev.zerohop.Options;
import java.util.ArrayList;
import java.util.List;

/**
 * The calls that clients make, in an open loop: when the next one begins does not depend on how the last one went.
 *
 * @param clients who calls
 * @param phases the rates of arrival over time, the first from 0
 * @param evenly whether calls arrive at even distances instead of at random (Poisson)
 * @param demand how much work a call brings
 * @param keys what keys calls have
 * @param idempotent whether a call may be repeated although a server may have run it
 */
record Load(Clients clients, List<Phase> phases, boolean evenly, Demand demand, Keys keys, boolean idempotent) {
    private static final double MAX_RATE = 10_000_000;

    /** Each has a histogram of its own. */
    private static final int MAX_PHASES = 1_000;

    /** From an instant on, all clients together begin so many calls in a second. */
    record Phase(long atNanos, double perSecond) {}

    /**
     * The clients, each a balancer of its own.
     *
     * @param zones those in which the clients stand in turn; empty for none
     * @param startWithinNanos how far apart they start, by chance
     */
    record Clients(int count, List<String> zones, long startWithinNanos) {
        static Clients read(Options options) {
            return new Clients(
                    options.integer("count", 1, 1, 100_000),
                    Names.read(options, "zones", "the name of a zone"),
                    Times.read(options, "startWithin", 0, 0, Times.HOUR));
        }
    }

    /**
     * The keys of calls.
     *
     * @param count how many there are; 0 for calls without a key
     * @param exponent of Zipf's law: the key of rank r is used in proportion to 1 / r^exponent; 0 for all alike
     * @param integer whether they are integers instead of texts
     */
    record Keys(int count, double exponent, boolean integer) {
        static final Keys NONE = new Keys(0, 0, false);

        static Keys read(Options options) {
            return new Keys(
                    options.integer("count", 1, 1_000_000),
                    options.number("zipf", 0, 0, 10),
                    options.choice("as", "text", List.of("text", "integer")).equals("integer"));
        }
    }

    static Load read(Options root) {
        Options arrivals = root.object("arrivals", "rate", "process", "phases");
        if (!arrivals.has("rate")) {
            throw arrivals.rejected("rate", "calls per second of all clients together, a number above 0");
        }
        List<Phase> phases = new ArrayList<>();
        phases.add(new Phase(0, rate(arrivals)));
        if (arrivals.has("phases")) {
            if (arrivals.list("phases", "a list of objects with at and rate").size() > MAX_PHASES) {
                throw arrivals.rejected("phases", "at most " + MAX_PHASES + " phases");
            }
            for (Options phase : arrivals.objects("phases", "a list of objects with at and rate", "at", "rate")) {
                long at = Times.read(phase, "at", 1_000, 24 * Times.HOUR);
                if (at <= phases.get(phases.size() - 1).atNanos()) {
                    throw phase.rejected("at", "a time after the phase before");
                }
                phases.add(new Phase(at, rate(phase)));
            }
        }
        return new Load(
                Clients.read(root.object("clients", "count", "zones", "startWithin")),
                List.copyOf(phases),
                arrivals.choice("process", "poisson", List.of("poisson", "even"))
                        .equals("even"),
                Demand.read(root.object("demand", Demand.FIELDS)),
                root.has("keys") ? Keys.read(root.object("keys", "count", "zipf", "as")) : Keys.NONE,
                root.flag("idempotent", false));
    }

    private static double rate(Options options) {
        if (!options.has("rate")) {
            throw options.rejected("rate", "calls per second, a number above 0");
        }
        return options.number("rate", 0, 0.001, MAX_RATE);
    }
}
