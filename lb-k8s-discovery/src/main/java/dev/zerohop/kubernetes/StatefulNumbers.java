package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Numbers the pods of one service by the StatefulSets that they belong to, and says how many shards there are.
 *
 * <p>StatefulSets are asked for only when the target names some or a pod's name looks like a StatefulSet's: a plain service needs no permission for them.
 * While they cannot be asked, what they said last stays in force. Belongs to one resolver and is touched by its tasks only.
 */
final class StatefulNumbers {
    private final Copies copies;
    private final String namespace;
    private final String service;
    private final ServiceShards wish;
    private final Executor tasks;
    private final Runnable changed;
    private final Consumer<String> refused;

    /** By selection; an answer of null is still awaited. */
    private final Map<Selection<StatefulSet>, Answer> answers = new HashMap<>();

    private final List<Cancellable> following = new ArrayList<>();
    private GoverningSets sets = GoverningSets.NONE;
    private ShardCounting counting;
    private Epochs epochs = Epochs.NONE;
    private String told = "";

    private static final class Answer {
        private @Nullable Map<String, NumberedSet> sets;
        private @Nullable KubernetesFailure failure;

        boolean awaited() {
            return sets == null && failure == null;
        }
    }

    /**
     * Makes one that asks for nothing yet.
     *
     * @param wish what the target says about shards
     * @param tasks where answers are taken: the resolver's tasks
     * @param changed run as such a task when the numbers may have changed
     * @param refused learns of what cannot be used, once
     */
    StatefulNumbers(
            Copies copies,
            String namespace,
            String service,
            ServiceShards wish,
            Executor tasks,
            Runnable changed,
            Consumer<String> refused) {
        this.copies = copies;
        this.namespace = namespace;
        this.service = service;
        this.wish = wish;
        this.tasks = tasks;
        this.changed = changed;
        this.refused = refused;
        this.counting = ShardCounting.of(wish.mode());
    }

    /**
     * Takes in the pods of the service, with the host names that its slices state (empty for none). Until this is true, StatefulSets have been asked for
     * and did not answer yet: whoever publishes now would place keys by half of the truth.
     */
    boolean see(Map<String, String> pods) {
        if (following.isEmpty() && (!wish.statefulSets().isEmpty() || pods.keySet().stream().anyMatch(PodOrdinal::looksNumbered))) {
            follow();
        }
        Map<String, NumberedSet> all = new HashMap<>();
        for (Answer answer : answers.values()) {
            if (answer.awaited()) {
                return false;
            }
            if (answer.sets != null) {
                all.putAll(answer.sets);
            }
        }
        if (!following.isEmpty()) {
            GoverningSets found = GoverningSets.find(service, wish.statefulSets(), all.values(), pods);
            String problem = problem(found);
            if (found.sets().isEmpty() && !sets.sets().isEmpty()) {
                // Deleted, or not to be told apart any more: keys stay where they are until there is something better to follow.
                problem = (problem == null ? "StatefulSet " + sets.names() + " is gone" : problem)
                        + "; what it said last stays in force";
            } else {
                sets = found;
            }
            tell(problem);
        }
        return true;
    }

    /** The ordinal of a pod, or {@link Endpoint#NO_ORDINAL}. */
    int ordinal(String pod, @Nullable String hostname) {
        return sets.ordinal(pod, hostname);
    }

    /** Takes in which ordinals are ready, and gives what is known of the shards; null if the pods are not numbered or none is wanted. */
    @Nullable
    ShardMap shards(Set<Integer> ready) {
        if (sets.sets().isEmpty()) {
            return null;
        }
        if (wish.mode() == ShardCounting.Mode.EPOCH) {
            epochs = epochs.next(sets.sets());
            tell(epochs.problem());
            if (epochs.map() != null) {
                return epochs.map();
            }
        }
        counting = counting.next(sets.wanted(), ready);
        ShardCount count = counting.count();
        return count == null ? null : ShardMap.of(count);
    }

    /** Whether every StatefulSet is wanted to have no pods at all: an empty service is then what somebody meant. */
    boolean noneWanted() {
        return !sets.sets().isEmpty() && sets.wanted().isEmpty();
    }

    void close() {
        following.forEach(Cancellable::cancel);
        following.clear();
    }

    private void follow() {
        List<Selection<StatefulSet>> selections = new ArrayList<>();
        for (String name : wish.statefulSets()) {
            selections.add(Selection.statefulSet(namespace, name));
        }
        if (selections.isEmpty()) {
            selections.add(Selection.statefulSets(namespace));
        }
        for (Selection<StatefulSet> selection : selections) {
            Answer answer = new Answer();
            answers.put(selection, answer);
            following.add(copies.follow(selection, new Follower(answer)));
        }
    }

    private @Nullable String problem(GoverningSets found) {
        Set<String> problems = new TreeSet<>();
        for (Answer answer : answers.values()) {
            if (answer.failure != null && answer.failure.kind() != KubernetesFailure.Kind.UNREACHABLE) {
                problems.add(answer.failure.getMessage());
            }
        }
        // What could not be seen is not missing.
        if (problems.isEmpty() && found.problem() != null) {
            problems.add(found.problem());
        }
        return problems.isEmpty() ? null : String.join("; ", problems);
    }

    private void tell(@Nullable String problem) {
        String now = problem == null ? "" : problem;
        if (!now.equals(told)) {
            told = now;
            if (problem != null) {
                refused.accept(problem);
            }
        }
    }

    private final class Follower implements Reflector.Subscriber<StatefulSet> {
        private final Answer answer;

        Follower(Answer answer) {
            this.answer = answer;
        }

        @Override
        public void onState(Reflector.State<StatefulSet> state, boolean stale) {
            Map<String, NumberedSet> read = new HashMap<>();
            state.objects().forEach((name, set) -> read.put(name, NumberedSet.of(set)));
            tasks.execute(() -> {
                boolean news = !read.equals(answer.sets) || answer.failure != null;
                answer.sets = read;
                answer.failure = null;
                if (news) {
                    changed.run();
                }
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {}

        @Override
        public void onFailure(KubernetesFailure cause) {
            tasks.execute(() -> {
                boolean news = answer.failure == null || answer.failure.kind() != cause.kind();
                answer.failure = cause;
                if (news) {
                    changed.run();
                }
            });
        }
    }
}
