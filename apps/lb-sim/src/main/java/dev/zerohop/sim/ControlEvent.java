package dev.zerohop.sim;

import dev.zerohop.Options;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happens to the servers, or to what clients learn of them.
 *
 * @param action what happens
 * @param atNanos when
 * @param ids of the servers it happens to; for {@code KILL_ZONE} the zone
 * @param server the servers that are added; null for other actions
 * @param shards the number of shards from then on; 0 for other actions
 * @param times how long its parts take
 */
record ControlEvent(
        Action action,
        long atNanos,
        List<String> ids,
        @Nullable ServerSpec server,
        int shards,
        Spans times) {
    /** What happens, and the times that it has. */
    enum Action {
        ADD("add", "startsFor"),
        REMOVE("remove", "worksFor, finishes"),
        KILL("kill", "noticedAfter"),
        KILL_ZONE("killZone", "noticedAfter"),
        EMPTY("empty", "lasts"),
        REPLACE("replace", "startsFor, worksFor, finishes, every"),
        SHARDS("shards", ""),
        ORCHESTRATOR_LOSS("orchestratorLoss", "lasts");

        private final String field;
        private final String times;

        String field() {
            return field;
        }

        Action(String field, String times) {
            this.field = field;
            this.times = times;
        }
    }

    /**
     * How long parts of an event take.
     *
     * @param startsFor from the start of a server until it is announced
     * @param worksFor from the announcement that a server goes until it is gone
     * @param finishes how long a server that takes no new calls goes on with those that it has
     * @param noticedAfter from the end of a server until it is announced
     * @param lasts how long a wrong answer stands
     * @param every from one server to the next
     */
    record Spans(long startsFor, long worksFor, long finishes, long noticedAfter, long lasts, long every) {
        private static final List<String> FIELDS =
                List.of("startsFor", "worksFor", "finishes", "noticedAfter", "lasts", "every");

        private static Spans read(Options event, Action action) {
            for (String field : FIELDS) {
                if (event.has(field) && !List.of(action.times.split(", ")).contains(field)) {
                    throw event.rejected(field, "of the times only " + action.times + " with " + action.field);
                }
            }
            return new Spans(
                    Times.read(event, "startsFor", 0, 0, Times.HOUR),
                    Times.read(event, "worksFor", 5 * Times.SECOND, 0, Times.HOUR),
                    Times.read(event, "finishes", 0, 0, Times.HOUR),
                    Times.read(event, "noticedAfter", 10 * Times.SECOND, 0, Times.HOUR),
                    Times.read(event, "lasts", 30 * Times.SECOND, 0, Times.HOUR),
                    Times.read(event, "every", 10 * Times.SECOND, 0, Times.HOUR));
        }
    }

    static List<ControlEvent> readAll(Options root) {
        List<ControlEvent> events = new ArrayList<>();
        if (root.has("events")) {
            List<String> fields = new ArrayList<>(List.of("at"));
            for (Action action : Action.values()) {
                fields.add(action.field);
            }
            fields.addAll(Spans.FIELDS);
            for (Options event : root.objects("events", "a list of events", fields.toArray(String[]::new))) {
                events.add(read(event));
            }
        }
        return List.copyOf(events);
    }

    private static ControlEvent read(Options event) {
        long at = Times.read(event, "at", 0, 24 * Times.HOUR);
        List<Action> given = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (Action action : Action.values()) {
            names.add(action.field);
            if (event.has(action.field)) {
                given.add(action);
            }
        }
        if (given.size() != 1) {
            throw new IllegalArgumentException(event.path() + ": was " + given.size()
                    + " events, expected exactly one of " + String.join(", ", names));
        }
        Action action = given.get(0);
        List<String> ids = switch (action) {
            case ADD, EMPTY, SHARDS, ORCHESTRATOR_LOSS -> List.of();
            case KILL_ZONE -> List.of(event.string("killZone", "the name of a zone"));
            case REMOVE, KILL, REPLACE -> Names.read(event, action.field, "the id of a server");
        };
        ServerSpec server = action == Action.ADD ? ServerSpec.read(event.object("add", ServerSpec.FIELDS)) : null;
        boolean flag = action == Action.EMPTY || action == Action.ORCHESTRATOR_LOSS;
        if (flag && !event.flag(action.field, false)) {
            throw event.rejected(action.field, "true");
        }
        int shards = action == Action.SHARDS ? event.integer("shards", 1, 1_000_000) : 0;
        return new ControlEvent(action, at, ids, server, shards, Spans.read(event, action));
    }
}
