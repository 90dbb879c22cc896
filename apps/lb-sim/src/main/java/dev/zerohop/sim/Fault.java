package dev.zerohop.sim;

import dev.zerohop.Options;
import dev.zerohop.Outcome;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What is wrong with a server for a while.
 *
 * @param kind what it does
 * @param window when
 * @param share of the calls that meet it
 * @param afterNanos how long after its arrival a call fails
 * @param outcome as what a call fails
 * @param amount the speed, or the time that a call takes instead of its own, by kind
 */
record Fault(Kind kind, Window window, double share, long afterNanos, Outcome outcome, double amount) {
    /** Since when and until when. */
    record Window(long fromNanos, long toNanos) {}

    enum Kind {
        /** Answers with a failure, without any work. */
        FAIL,
        /** Works on calls, and then breaks their connections instead of answering. */
        BREAK,
        /** Takes calls and never answers. */
        HANG,
        /** Works at another speed, on calls under way too. */
        SLOW,
        /** Each call that it begins takes this time. */
        TAKES,
        /** Does not work at all; goes on where it stopped. */
        PAUSE;

        private String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The fields that only some kinds have. */
    private static final Map<String, List<Kind>> ONLY_WITH = Map.of(
            "share", List.of(Kind.BREAK, Kind.FAIL, Kind.HANG, Kind.TAKES),
            "after", List.of(Kind.FAIL),
            "outcome", List.of(Kind.FAIL),
            "speed", List.of(Kind.SLOW),
            "time", List.of(Kind.TAKES));

    private static final List<Outcome> FAILURES =
            List.of(Outcome.ERROR_RESPONSE, Outcome.OVERLOADED, Outcome.CONNECT_FAILURE, Outcome.TRANSPORT_FAILURE);

    static final String[] FIELDS = {"kind", "from", "to", "share", "after", "outcome", "speed", "time"};

    static Fault read(Options options) {
        if (!options.has("kind")) {
            throw options.rejected("kind", Options.oneOf(words()));
        }
        Kind kind = Kind.valueOf(options.choice("kind", "", words()).toUpperCase(Locale.ROOT));
        for (String field : FIELDS) {
            List<Kind> kinds = ONLY_WITH.get(field);
            if (kinds != null && options.has(field) && !kinds.contains(kind)) {
                throw options.rejected(
                        field,
                        "no such field with " + kind.word() + ": it is for "
                                + kinds.stream().map(Kind::word).collect(Collectors.joining(", ")));
            }
        }
        long from = Times.read(options, "from", 0, 0, 24 * Times.HOUR);
        long to = Times.read(options, "to", Long.MAX_VALUE, from + 1, 24 * Times.HOUR);
        Outcome outcome = Outcome.valueOf(options.choice(
                "outcome",
                Outcome.ERROR_RESPONSE.name(),
                FAILURES.stream().map(Enum::name).toList()));
        double amount = switch (kind) {
            case SLOW -> options.number("speed", 0.1, 0.0001, 1);
            case TAKES -> Times.read(options, "time", 1_000, Times.HOUR);
            case FAIL, BREAK, HANG, PAUSE -> 0;
        };
        return new Fault(
                kind,
                new Window(from, to),
                options.number("share", 1, 0, 1),
                Times.read(options, "after", Times.MILLISECOND, 0, Times.HOUR),
                outcome,
                amount);
    }

    private static List<String> words() {
        return List.of(Kind.values()).stream().map(Kind::word).toList();
    }

    /** The speed at which the server works while it lasts. */
    double speed() {
        return kind == Kind.PAUSE ? 0 : kind == Kind.SLOW ? amount : 1;
    }
}
