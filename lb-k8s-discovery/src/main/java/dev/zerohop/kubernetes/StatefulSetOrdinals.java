package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Endpoint.Readiness;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Numbers the pods of a service by the StatefulSets that they belong to, and says how many shards there are.
 *
 * <p>StatefulSets are asked for only when the target names some or a pod's name looks like a StatefulSet's: a plain service needs no permission for them.
 * Until they have answered, nothing is said: whoever placed keys by half of the truth would place them wrong. What they said last stays
 * in force while they cannot be read, and when they are gone.
 */
final class StatefulSetOrdinals implements OrdinalAssigner {
    private static final Log LOG = Log.of(StatefulSetOrdinals.class);

    private static final String NO_SET = "no pod's name ends in a number as a StatefulSet's do, and the target names no"
            + " StatefulSet (?statefulSet=NAME)";

    private final ServiceResolver.Source source;
    private final String namespace;
    private final String service;
    private final ServiceShards requested;

    /** Guards what is below. */
    private final Object lock = new Object();

    private final List<Answer> answers = new ArrayList<>();
    private final List<Cancellable> following = new ArrayList<>();
    private @Nullable Runnable changed;
    private GoverningStatefulSets sets = GoverningStatefulSets.NONE;
    private ShardCounting counting;
    private ShardEpochAnnotation epochs = ShardEpochAnnotation.NONE;
    private Map<String, Integer> known = Map.of();

    /** What growth waits for, as it was last said to people. */
    private @Nullable String waiting;

    /** What was said last of the shards. */
    private @Nullable ShardMap counted;

    /** What one selection answered last. */
    private static final class Answer {
        private @Nullable Map<String, StatefulSetView> sets;
        private @Nullable SourceFailure failure;

        /** Whether it may still say something soon: one that is only late is waited for, or keys would be placed without it. */
        boolean awaited() {
            return sets == null
                    && (failure == null
                            || (failure.kind() != SourceFailure.Kind.DENIED
                                    && failure.kind() != SourceFailure.Kind.MISSING));
        }
    }

    /** {@code target} with its namespace. */
    StatefulSetOrdinals(ServiceResolver.Source source, ServiceTarget target) {
        this.source = source;
        this.namespace = requireNonNull(target.namespace(), "namespace");
        this.service = target.service();
        this.requested = target.shards();
        this.counting = ShardCounting.of(requested.mode());
    }

    @Override
    public Cancellable follow(Runnable changed) {
        synchronized (lock) {
            this.changed = changed;
        }
        return () -> {
            List<Cancellable> ended;
            synchronized (lock) {
                this.changed = null;
                ended = List.copyOf(following);
                following.clear();
            }
            ended.forEach(Cancellable::cancel);
        };
    }

    @Override
    public @Nullable Assignment assign(List<Endpoint> endpoints) {
        Set<String> pods = new TreeSet<>();
        for (Endpoint endpoint : endpoints) {
            String pod = endpoint.attributes().get(SliceView.POD);
            if (pod != null) {
                pods.add(pod);
            }
        }
        synchronized (lock) {
            if (answers.isEmpty()) {
                if (requested.statefulSets().isEmpty() && pods.stream().noneMatch(PodOrdinal::looksNumbered)) {
                    return new Assignment(endpoints, null, lost -> false, null, endpoints.isEmpty() ? null : NO_SET);
                }
                ask();
            }
            return answers.stream().anyMatch(Answer::awaited) ? null : assignment(endpoints, pods);
        }
    }

    @Override
    public @Nullable Exception blockedBy() {
        synchronized (lock) {
            for (Answer answer : answers) {
                if (answer.awaited() && answer.failure != null) {
                    return answer.failure;
                }
            }
            return null;
        }
    }

    private void ask() {
        List<Selection<StatefulSet>> selections = new ArrayList<>();
        for (String name : requested.statefulSets()) {
            selections.add(Selection.statefulSet(namespace, name));
        }
        if (selections.isEmpty()) {
            selections.add(Selection.statefulSets(namespace));
        }
        for (Selection<StatefulSet> selection : selections) {
            Answer answer = new Answer();
            answers.add(answer);
            following.add(source.follow(selection, new Follower(answer)));
        }
    }

    // ---- under the lock ----

    private Assignment assignment(List<Endpoint> endpoints, Set<String> pods) {
        Set<String> problems = new TreeSet<>();
        choose(pods, problems);
        Set<Integer> ready = new HashSet<>();
        Map<String, Integer> numbers = new HashMap<>();
        List<Endpoint> result = new ArrayList<>(endpoints.size());
        for (Endpoint endpoint : endpoints) {
            String pod = endpoint.attributes().get(SliceView.POD);
            // Who had a number keeps it while he is there, although his set may have shrunk meanwhile.
            Integer before = pod == null ? null : known.get(pod);
            int ordinal = before != null ? before : pod == null ? Endpoint.NO_ORDINAL : sets.ordinal(pod);
            if (pod == null || ordinal == Endpoint.NO_ORDINAL) {
                result.add(endpoint);
                continue;
            }
            numbers.put(pod, ordinal);
            if (endpoint.readiness() == Readiness.READY) {
                ready.add(ordinal);
            }
            result.add(endpoint.toBuilder().ordinal(ordinal).build());
        }
        known = numbers;
        ShardMap shards = shards(ready, problems);
        OrdinalRange wanted = sets.wanted();
        boolean numbered = !sets.sets().isEmpty();
        return new Assignment(
                result,
                shards,
                lost -> numbered && lost.hasOrdinal() && !wanted.contains(lost.ordinal()),
                problems.isEmpty() ? null : new IOException(Printable.text(String.join("; ", problems))),
                numbered || endpoints.isEmpty() ? null : unnumbered(problems));
    }

    private String unnumbered(Collection<String> problems) {
        return problems.isEmpty()
                ? "no StatefulSet in namespace " + namespace + " has spec.serviceName '" + service
                        + "' or owns pods of this service, expected one, or one that the target names"
                        + " (?statefulSet=NAME)"
                : String.join("; ", problems);
    }

    private void choose(Set<String> pods, Collection<String> problems) {
        Map<String, StatefulSetView> all = new HashMap<>();
        boolean unseen = false;
        for (Answer answer : answers) {
            if (answer.sets != null) {
                all.putAll(answer.sets);
            }
            SourceFailure failure = answer.failure;
            if (failure != null) {
                unseen = true;
                // A server that is away is away for the slices as well, which say so.
                if (failure.kind() == SourceFailure.Kind.DENIED || failure.kind() == SourceFailure.Kind.MISSING) {
                    problems.add(failure.getMessage());
                }
            }
        }
        for (StatefulSetView before : sets.sets()) {
            if (requested.statefulSets().contains(before.name()) && all.putIfAbsent(before.name(), before) == null) {
                problems.add("StatefulSet " + before.name()
                        + " is gone; what it said last stays in force until the target no longer names it");
            }
        }
        GoverningStatefulSets found = GoverningStatefulSets.find(service, requested.statefulSets(), all.values(), pods);
        if (found.sets().isEmpty() && !sets.sets().isEmpty()) {
            problems.add("StatefulSet " + sets.names() + " is gone; what it said last stays in force");
        } else {
            sets = found;
        }
        // What could not be seen is not missing.
        if (found.problem() != null && !unseen) {
            problems.add(found.problem());
        }
    }

    private @Nullable ShardMap shards(Set<Integer> ready, Collection<String> problems) {
        if (sets.sets().isEmpty()) {
            return null;
        }
        counting = counting.next(sets.wanted(), ready);
        String waitsFor = counting.waitsFor(sets.wanted());
        if (waitsFor != null && !waitsFor.equals(waiting)) {
            LOG.info("{}/{}: {}", namespace, service, waitsFor);
        }
        waiting = waitsFor;
        if (requested.mode() == ShardCounting.Mode.EPOCH) {
            epochs = epochs.next(sets.sets());
            if (epochs.problem() != null) {
                problems.add(epochs.problem());
            }
            if (epochs.map() != null) {
                counted = epochs.map();
                return counted;
            }
        }
        try {
            ShardCount count = counting.count();
            if (count != null) {
                counted = ShardMap.of(count);
            }
        } catch (IllegalArgumentException tooMany) {
            problems.add("StatefulSet " + sets.names() + ": " + tooMany.getMessage());
        }
        // Scaled to zero, keys stay where they are for as long as there are pods.
        return counted;
    }

    private final class Follower implements Reflector.Subscriber<StatefulSet, String> {
        private final Answer answer;

        Follower(Answer answer) {
            this.answer = answer;
        }

        @Override
        public void onState(Reflector.State<StatefulSet, String> state, boolean stale) {
            Map<String, StatefulSetView> read = new HashMap<>();
            state.values().forEach((name, set) -> read.put(name, StatefulSetView.of(set)));
            Runnable callback;
            synchronized (lock) {
                boolean news = !read.equals(answer.sets) || (!stale && answer.failure != null);
                answer.sets = read;
                if (!stale) {
                    answer.failure = null;
                }
                callback = news ? changed : null;
            }
            if (callback != null) {
                callback.run();
            }
        }

        @Override
        public void onConfirmed(Instant asOf) {
            // Nothing is new.
        }

        @Override
        public void onFailure(SourceFailure cause) {
            Runnable callback;
            synchronized (lock) {
                SourceFailure before = answer.failure;
                callback = before == null || !before.isLike(cause) ? changed : null;
                answer.failure = cause;
            }
            if (callback != null) {
                callback.run();
            }
        }
    }
}
