package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.Endpoint.Readiness;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.kubernetes.WatchingResolver.Subscription;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Numbers the pods of a service by the StatefulSets that they belong to, and finds out how many shards there are.
 *
 * <p>StatefulSets are read only if the target names some or a pod's name looks like a StatefulSet's, so a plain service needs no permission for them. Until
 * they were read, nothing is assigned, since incomplete data would place keys on wrong shards. Their last state stays in force while they cannot be read, and
 * when they are deleted.
 */
final class StatefulSetOrdinals implements OrdinalAssigner {
    private static final Log LOG = Log.of(StatefulSetOrdinals.class);

    private static final String NO_SET = "no pod's name ends in a number as a StatefulSet's do, and the target names no"
            + " StatefulSet (?statefulSet=NAME)";

    private final String namespace;
    private final String service;
    private final ServiceShards requested;
    private final List<Selection<StatefulSet>> selections;

    /** The subscriptions of the selections that are followed. */
    private final List<Subscription<StatefulSet>> answers = new ArrayList<>();

    private @Nullable WatchingResolver resolver;
    private GoverningStatefulSets sets = GoverningStatefulSets.NONE;
    private ShardCounting counting;
    private ShardEpochAnnotation epochs = ShardEpochAnnotation.NONE;
    private Map<String, Integer> known = Map.of();

    /** What growth waits for, as last logged. */
    private @Nullable String waiting;

    /** The last good shard map. */
    private @Nullable ShardMap counted;

    /** {@code target} with its namespace. */
    StatefulSetOrdinals(ServiceTarget target) {
        this.namespace = requireNonNull(target.namespace(), "namespace");
        this.service = target.service();
        this.requested = target.shards();
        this.selections = Selection.statefulSets(namespace, requested.statefulSets());
        this.counting = ShardCounting.of(requested.mode());
    }

    @Override
    public void start(WatchingResolver owner) {
        resolver = owner;
    }

    @Override
    public @Nullable Assignment assign(List<Endpoint> endpoints) {
        Set<String> pods = endpoints.stream()
                .map(StatefulSetOrdinals::pod)
                .filter(Objects::nonNull)
                .collect(Collectors.toCollection(TreeSet::new));
        if (answers.isEmpty()
                && requested.statefulSets().isEmpty()
                && pods.stream().noneMatch(PodOrdinal::looksNumbered)) {
            return new Assignment(endpoints, null, lost -> false, null, endpoints.isEmpty() ? null : NO_SET);
        }
        // A set that could not be followed is retried at the next call: keys must not be placed without it.
        while (answers.size() < selections.size()) {
            answers.add(requireNonNull(resolver, "resolver").subscribe(selections.get(answers.size())));
        }
        return answers.stream().anyMatch(StatefulSetOrdinals::isAwaited) ? null : assignment(endpoints, pods);
    }

    private static @Nullable String pod(Endpoint endpoint) {
        return endpoint.attributes().get(SliceView.POD);
    }

    /** Whether an answer is still expected. Assignments wait for a late answer, since keys must not be placed without it. */
    private static boolean isAwaited(Subscription<StatefulSet> answer) {
        return answer.state() == null && !answer.isUnavailable();
    }

    @Override
    public @Nullable Exception blockedBy() {
        for (Subscription<StatefulSet> answer : answers) {
            if (isAwaited(answer) && answer.failure() != null) {
                return answer.failure();
            }
        }
        return null;
    }

    private Assignment assignment(List<Endpoint> endpoints, Set<String> pods) {
        Set<String> problems = new TreeSet<>();
        choose(pods, problems);
        Set<Integer> ready = new HashSet<>();
        Map<String, Integer> numbers = new HashMap<>();
        List<Endpoint> result = new ArrayList<>(endpoints.size());
        for (Endpoint endpoint : endpoints) {
            String pod = pod(endpoint);
            // A pod that had an ordinal keeps it, even if its set was scaled down meanwhile.
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
        for (Subscription<StatefulSet> answer : answers) {
            answer.objects().forEach(set -> all.put(set.getMetadata().getName(), StatefulSetView.of(set)));
            // If the server is unreachable, it is so for the slices too, and their failure is published.
            if (answer.isUnavailable()) {
                problems.add(requireNonNull(answer.failure(), "failure").getMessage());
            }
        }
        for (StatefulSetView before : sets.sets()) {
            if (requested.statefulSets().contains(before.name()) && all.putIfAbsent(before.name(), before) == null) {
                problems.add("StatefulSet " + before.name()
                        + " is gone; its last known state stays in force until the target no longer names it");
            }
        }
        GoverningStatefulSets found = GoverningStatefulSets.find(service, requested.statefulSets(), all.values(), pods);
        if (found.sets().isEmpty() && !sets.sets().isEmpty()) {
            problems.add("StatefulSet " + sets.names() + " is gone; its last known state stays in force");
        } else {
            sets = found;
        }
        // Reported only if all sets could be read; a set that could not be read may exist.
        if (found.problem() != null && answers.stream().allMatch(answer -> answer.failure() == null)) {
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
        // Scaled to zero: keys stay where they are while there are pods.
        return counted;
    }
}
