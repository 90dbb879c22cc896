package dev.zerohop.sim;

import dev.zerohop.Options;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

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

    /** Each takes 16 bytes. */
    private static final long MAX_BLOCKS = 4_000_000;

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
     * @param as what they are
     * @param conversations for keys that are beginnings of texts
     */
    record Keys(int count, double exponent, As as, Conversations.Spec conversations) {
        static final Keys NONE = new Keys(0, 0, As.TEXT, Conversations.Spec.NONE);

        /** What a key is. */
        enum As {
            TEXT,
            INTEGER,
            PREFIX
        }

        static Keys read(Options options) {
            As as = As.valueOf(options.choice("as", "text", List.of("text", "integer", "prefix"))
                    .toUpperCase(Locale.ROOT));
            for (String field : List.of("turns", "turnBlocks", "sharedBlocks")) {
                if (as != As.PREFIX && options.has(field)) {
                    throw options.rejected(field, "no such field unless keys are \"as\": \"prefix\"");
                }
            }
            int count = options.integer("count", 1, 1_000_000);
            Conversations.Spec conversations =
                    as == As.PREFIX ? Conversations.Spec.read(options) : Conversations.Spec.NONE;
            long blocks = (long) count * conversations.blocks();
            if (blocks > MAX_BLOCKS) {
                throw new IllegalArgumentException(options.path() + ": was " + blocks
                        + " blocks in the last turns of all conversations, expected at most " + MAX_BLOCKS);
            }
            return new Keys(count, options.number("zipf", 0, 0, 10), as, conversations);
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
                root.has("keys")
                        ? Keys.read(root.object("keys", "count", "zipf", "as", "turns", "turnBlocks", "sharedBlocks"))
                        : Keys.NONE,
                root.flag("idempotent", false));
    }

    private static double rate(Options options) {
        if (!options.has("rate")) {
            throw options.rejected("rate", "calls per second, a number above 0");
        }
        return options.number("rate", 0, 0.001, MAX_RATE);
    }
}
